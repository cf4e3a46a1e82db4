"""One idempotency key charges once, whatever happens to the answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import stripe
from saldo_local.children import ChildFailed
from saldo_local.ports import free_port
from saldo_local.stack import Stack


@pytest.fixture
def card(processor: stripe.StripeClient, customer: str) -> str:
    return processor.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id


def charge(
    processor: stripe.StripeClient, customer: str, card: str, *, key: str, amount: int = 700
) -> stripe.PaymentIntent:
    return processor.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "eur",
            "customer": customer,
            "payment_method": card,
            "confirm": True,
            "off_session": True,
            "metadata": {"attempt_id": key},
        },
        {"idempotency_key": key},
    )


def charged_with(simulator: httpx2.Client, key: str) -> list[dict[str, object]]:
    """What the processor's ledger says, whatever the client believes."""
    charges = simulator.get("/simulator/ledger").json()["charges"]
    return [charge for charge in charges if charge["idempotency_key"] == key]


def fault(simulator: httpx2.Client, kind: str, **fields: object) -> None:
    simulator.put("/simulator/faults", json={"faults": [{"kind": kind, **fields}]}).raise_for_status()


def test_the_same_key_gets_the_same_answer(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, card: str
) -> None:
    key = str(uuid.uuid4())
    first, second = (charge(processor, customer, card, key=key) for _ in range(2))
    assert first.id == second.id
    assert first.last_response is not None
    assert second.last_response is not None
    assert "idempotent-replayed" not in first.last_response.headers
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert len(charged_with(simulator, key)) == 1


def test_a_refusal_is_repeated_too(processor: stripe.StripeClient, customer: str) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            charge(processor, customer, "pm_card_chargeDeclined", key=key)
    assert len(processor.v1.payment_intents.list({"customer": customer}).data) == 1


def test_the_same_key_with_another_amount_is_refused(processor: stripe.StripeClient, customer: str, card: str) -> None:
    key = str(uuid.uuid4())
    charge(processor, customer, card, key=key)
    with pytest.raises(stripe.IdempotencyError):
        charge(processor, customer, card, key=key, amount=701)


def test_a_wrong_request_does_not_use_its_key_up(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, card: str
) -> None:
    key = str(uuid.uuid4())
    with pytest.raises(stripe.InvalidRequestError):
        charge(processor, customer, card, key=key, amount=0)
    assert charge(processor, customer, card, key=key).status == "succeeded"


def test_a_second_request_while_the_first_runs_is_told_so(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, card: str, eventually: Callable[..., None]
) -> None:
    key = str(uuid.uuid4())
    fault(simulator, "slow", ms=1000, metadata={"attempt_id": key})
    with ThreadPoolExecutor() as pool:
        first = pool.submit(charge, processor, customer, card, key=key)
        eventually(lambda: not simulator.get("/simulator/faults").json()["faults"])  # used up: the first is inside
        with pytest.raises(stripe.APIError) as refused:
            charge(processor, customer, card, key=key)
        assert refused.value.http_status == 409
        assert first.result().status == "succeeded"
    assert len(charged_with(simulator, key)) == 1


@pytest.mark.parametrize(
    ("kind", "charges"),
    [
        ("no_answer_after_charging", 1),
        ("no_answer_before_charging", 0),
        ("error_500_after_charging", 1),
        ("error_500", 0),
        ("error_429", 0),
    ],
)
def test_after_no_answer_the_truth_can_be_looked_up_and_the_key_repeated(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, card: str, kind: str, charges: int
) -> None:
    key = str(uuid.uuid4())
    fault(simulator, kind)
    with pytest.raises((stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)):
        charge(processor, customer, card, key=key)
    found = processor.v1.payment_intents.search({"query": f"metadata['attempt_id']:'{key}'"}).data
    assert [intent.status for intent in found] == ["succeeded"] * charges
    assert len(charged_with(simulator, key)) == charges
    assert charge(processor, customer, card, key=key).status == "succeeded"
    assert len(charged_with(simulator, key)) == 1


def test_the_librarys_own_retry_charges_once(stack: Stack, simulator: httpx2.Client, customer: str, card: str) -> None:
    patient = stripe.StripeClient(
        stack.processor_api_key, base_addresses={"api": stack.processor_url}, max_network_retries=2
    )
    key = str(uuid.uuid4())
    fault(simulator, "no_answer_after_charging")
    assert charge(patient, customer, card, key=key).status == "succeeded"
    assert len(charged_with(simulator, key)) == 1


def test_a_search_may_lag_behind(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, card: str
) -> None:
    key = str(uuid.uuid4())
    charge(processor, customer, card, key=key)
    fault(simulator, "search_finds_nothing")
    query = f"metadata['attempt_id']:'{key}'"
    assert processor.v1.payment_intents.search({"query": query}).data == []
    assert len(processor.v1.payment_intents.search({"query": query}).data) == 1


def test_a_fault_hits_only_what_it_names(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, card: str
) -> None:
    fault(simulator, "error_500", metadata={"attempt_id": "another"})
    assert charge(processor, customer, card, key=str(uuid.uuid4())).status == "succeeded"
    with pytest.raises(stripe.APIError):
        charge(processor, customer, card, key="another")


def test_an_unknown_fault_is_refused(simulator: httpx2.Client) -> None:
    answer = simulator.put("/simulator/faults", json={"faults": [{"kind": "explode"}]})
    assert answer.status_code == 400
    assert "no_answer_after_charging" in answer.json()["kinds"]


def test_what_was_charged_survives_a_kill(tmp_path: Path) -> None:
    port, key = free_port(), str(uuid.uuid4())
    ready = tmp_path / "ready.json"
    words = [sys.executable, "-m", "saldo_local", "processor", "--data", str(tmp_path), "--port", str(port)]
    words += ["--api-key", "sk_test_kept", "--ready-file", str(ready)]
    client = stripe.StripeClient("sk_test_kept", base_addresses={"api": f"http://127.0.0.1:{port}"})
    found = []
    for ending in (signal.SIGKILL, signal.SIGTERM):
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise ChildFailed("the simulator did not start")
            found.append(charge(client, "", "pm_card_visa", key=key).id)
            os.kill(process.pid, ending)
    assert found[0] == found[1]
