"""The processor's clock stands where it is put, and what waits for it happens when it is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import stripe
from saldo_local.stack import Stack


@pytest.fixture
def doors(lone_processor: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=lone_processor.processor_url) as client:
        yield client
        client.delete("/simulator/faults").raise_for_status()


@pytest.fixture
def start(doors: httpx2.Client) -> datetime:
    """The clock stands here, a day after whatever the test before left."""
    now = datetime.fromisoformat(doors.get("/simulator/clock").json()["now"]).replace(microsecond=0)
    move(doors, now + timedelta(days=1))
    return now + timedelta(days=1)


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    return client.v1.customers.create({}).id


@pytest.fixture
def client(lone_processor: Stack) -> stripe.StripeClient:
    return stripe.StripeClient(
        lone_processor.processor_api_key,
        base_addresses={"api": lone_processor.processor_url},
        max_network_retries=0,
    )


def move(doors: httpx2.Client, moment: datetime) -> None:
    doors.put("/simulator/clock", json={"now": moment.isoformat()}).raise_for_status()


def quiescence(doors: httpx2.Client) -> dict[str, object]:
    answer: dict[str, object] = doors.get("/simulator/quiescence").json()
    return answer


def test_a_moved_clock_stands_still_and_never_goes_back(
    doors: httpx2.Client, client: stripe.StripeClient, start: datetime
) -> None:
    assert client.v1.customers.create({}).created == int(start.timestamp())
    assert doors.put("/simulator/clock", json={"now": (start - timedelta(days=1)).isoformat()}).status_code == 409
    move(doors, start + timedelta(days=28))
    assert doors.get("/simulator/clock").json() == {"now": (start + timedelta(days=28)).isoformat()}


def test_a_card_expires_by_the_processors_clock(
    doors: httpx2.Client, client: stripe.StripeClient, start: datetime, customer: str
) -> None:
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    assert card.card is not None
    wanted: stripe.params.PaymentIntentCreateParams = {
        "amount": 100,
        "currency": "eur",
        "customer": customer,
        "payment_method": card.id,
        "confirm": True,
        "off_session": True,
    }
    move(doors, datetime(card.card.exp_year, card.card.exp_month + 1, 1, tzinfo=UTC) - timedelta(seconds=1))
    assert client.v1.payment_intents.create(wanted).status == "succeeded"
    move(doors, datetime(card.card.exp_year, card.card.exp_month + 1, 1, tzinfo=UTC))
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(wanted)
    assert refused.value.code == "expired_card"


def test_a_silent_processor_answers_again_after_its_time(
    doors: httpx2.Client, client: stripe.StripeClient, start: datetime, customer: str, eventually: Callable[..., None]
) -> None:
    doors.post("/simulator/faults", json={"kind": "silent", "seconds": 86_400}).raise_for_status()
    wanted: stripe.params.PaymentIntentCreateParams = {"amount": 100, "currency": "eur", "customer": customer}
    begun = int(str(quiescence(doors)["begun"]))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.v1.payment_intents.create, wanted)
        eventually(lambda: int(str(quiescence(doors)["finished"])) == begun + 1)
        assert quiescence(doors)["quiet"] is True
        move(doors, start + timedelta(hours=23))
        assert not waiting.done()
        move(doors, start + timedelta(days=1))
        with pytest.raises(stripe.APIConnectionError):
            waiting.result()
    assert client.v1.payment_intents.list({"customer": customer}).data == []
    assert client.v1.payment_intents.create(wanted).id


def test_a_delayed_event_waits_for_the_clock(
    doors: httpx2.Client, client: stripe.StripeClient, start: datetime, eventually: Callable[..., None]
) -> None:
    endpoint = client.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/nobody", "enabled_events": ["customer.created"]}
    )
    doors.post("/simulator/faults", json={"kind": "webhook_delayed", "seconds": 3600}).raise_for_status()
    client.v1.customers.create({})
    eventually(lambda: quiescence(doors)["quiet"])
    assert quiescence(doors)["next_due_at"] == (start + timedelta(hours=1)).isoformat()
    move(doors, start + timedelta(hours=1))
    state = quiescence(doors)
    assert (state["quiet"], state["next_due_at"], state["webhooks_waiting"]) == (False, None, 1)
    client.v1.webhook_endpoints.delete(endpoint.id)


def test_the_ledger_tells_what_was_really_charged(
    doors: httpx2.Client, client: stripe.StripeClient, start: datetime, customer: str
) -> None:
    for card, amount in (("pm_card_visa", 1000), ("pm_card_chargeDeclined", 500), ("pm_card_mastercard", 250)):
        try:
            intent = client.v1.payment_intents.create(
                {
                    "amount": amount,
                    "currency": "chf",
                    "customer": customer,
                    "payment_method": card,
                    "confirm": True,
                    "metadata": {"attempt_id": card},
                },
                {"idempotency_key": card},
            )
        except stripe.CardError:
            continue
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 50}, {"idempotency_key": "refund-1"})
    told = doors.get("/simulator/ledger").json()
    assert [
        (c["amount_captured"], c["idempotency_key"], c["metadata"])
        for c in told["charges"]
        if c["customer"] == customer
    ] == [
        (1000, "pm_card_visa", {"attempt_id": "pm_card_visa"}),
        (250, "pm_card_mastercard", {"attempt_id": "pm_card_mastercard"}),
    ]
    assert [(r["amount"], r["idempotency_key"]) for r in told["refunds"]] == [(50, "refund-1")]
    assert (told["captured_by_currency"]["chf"], told["refunded_by_currency"]["chf"]) == (1250, 50)
