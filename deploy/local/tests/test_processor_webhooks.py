"""Events reach their endpoints signed, again after a refusal, and as badly as a test asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
import stripe
from saldo_local.stack import Stack

Eventually = Callable[[Callable[[], object]], None]


@dataclass
class Receiver:
    """A service's webhook door. `answers` are given in turn, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)

    def events(self, secret: str) -> list[stripe.Event]:
        """Raises if any signature is wrong."""
        return [stripe.Webhook.construct_event(body, header, secret) for body, header in self.received]

    def types(self) -> list[str]:
        return [str(json.loads(body)["type"]) for body, _ in self.received]


@pytest.fixture
def receiver(processor: stripe.StripeClient) -> Iterator[Receiver]:
    """Registered for customers' events alone, of which each test makes exactly what it wants."""
    mine = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mine.received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(mine.answers.pop(0) if mine.answers else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    mine.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    endpoint = processor.v1.webhook_endpoints.create(
        {"url": mine.url, "enabled_events": ["customer.created", "customer.deleted"]}
    )
    yield mine
    processor.v1.webhook_endpoints.delete(endpoint.id)
    server.shutdown()
    server.server_close()


def fault(simulator: httpx2.Client, **fields: object) -> None:
    simulator.put("/simulator/faults", json={"faults": [fields]}).raise_for_status()


def quiet(simulator: httpx2.Client) -> bool:
    return bool(simulator.get("/simulator/quiescence").json()["quiet"])


def test_an_event_arrives_signed(
    stack: Stack, processor: stripe.StripeClient, receiver: Receiver, eventually: Eventually
) -> None:
    customer = processor.v1.customers.create({"email": "ada@example.org"})
    eventually(lambda: receiver.received)
    [event] = receiver.events(stack.processor_webhook_secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    assert processor.v1.events.retrieve(event.id).type == "customer.created"
    body, header = receiver.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", header, stack.processor_webhook_secret)


def test_a_refused_event_comes_again(
    processor: stripe.StripeClient, receiver: Receiver, simulator: httpx2.Client, eventually: Eventually
) -> None:
    receiver.answers = [500, 503]
    processor.v1.customers.create({})
    eventually(lambda: len(receiver.received) == 3)
    assert len({body for body, _ in receiver.received}) == 1
    eventually(lambda: quiet(simulator))


def test_an_event_can_arrive_twice(
    processor: stripe.StripeClient, receiver: Receiver, simulator: httpx2.Client, eventually: Eventually
) -> None:
    fault(simulator, kind="webhook_duplicate", event_type="customer.")
    processor.v1.customers.create({})
    eventually(lambda: len(receiver.received) == 2)
    assert receiver.received[0][0] == receiver.received[1][0]


def test_an_event_can_be_overtaken(
    processor: stripe.StripeClient, receiver: Receiver, simulator: httpx2.Client, eventually: Eventually
) -> None:
    fault(simulator, kind="webhook_out_of_order", event_type="customer.created")
    customer = processor.v1.customers.create({})
    processor.v1.customers.delete(customer.id)
    eventually(lambda: len(receiver.received) == 2)
    assert receiver.types() == ["customer.deleted", "customer.created"]


def test_an_event_can_carry_a_wrong_signature_once(
    stack: Stack, processor: stripe.StripeClient, receiver: Receiver, simulator: httpx2.Client, eventually: Eventually
) -> None:
    receiver.answers = [400]
    fault(simulator, kind="webhook_wrong_signature")
    processor.v1.customers.create({})
    eventually(lambda: len(receiver.received) == 2)
    body, header = receiver.received.pop(0)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, stack.processor_webhook_secret)
    assert len(receiver.events(stack.processor_webhook_secret)) == 1


def test_an_endpoint_hears_only_what_it_asked_for(
    processor: stripe.StripeClient, receiver: Receiver, simulator: httpx2.Client, eventually: Eventually
) -> None:
    processor.v1.payment_intents.create({"amount": 100, "currency": "eur"})
    processor.v1.customers.create({})
    eventually(lambda: receiver.received and quiet(simulator))
    assert receiver.types() == ["customer.created"]
