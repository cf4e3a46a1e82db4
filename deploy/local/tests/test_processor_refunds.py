"""Money goes back, never more than was taken; and a bank may take it back itself."""

from __future__ import annotations

import uuid

import httpx2
import pytest
import stripe


def paid(processor: stripe.StripeClient, customer: str, card: str = "pm_card_visa", amount: int = 1000) -> str:
    return processor.v1.payment_intents.create(
        {"amount": amount, "currency": "eur", "customer": customer, "payment_method": card, "confirm": True}
    ).id


def refund(processor: stripe.StripeClient, intent: str, amount: int, key: str = "") -> stripe.Refund:
    options: stripe.RequestOptions = {"idempotency_key": key or str(uuid.uuid4())}
    return processor.v1.refunds.create({"payment_intent": intent, "amount": amount}, options)


def test_parts_are_refunded_until_nothing_is_left(processor: stripe.StripeClient, customer: str) -> None:
    intent = paid(processor, customer)
    assert refund(processor, intent, 400).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        refund(processor, intent, 601)
    rest = processor.v1.refunds.create({"payment_intent": intent})
    assert rest.amount == 600
    with pytest.raises(stripe.InvalidRequestError) as refused:
        refund(processor, intent, 1)
    assert refused.value.code == "charge_already_refunded"
    assert [one.amount for one in processor.v1.refunds.list({"payment_intent": intent}).data] == [600, 400]
    charge = processor.v1.charges.list({"payment_intent": intent}).data[0]
    assert (charge.refunded, charge.amount_refunded) == (True, 1000)


def test_a_repeated_refund_is_made_once(processor: stripe.StripeClient, customer: str) -> None:
    intent, key = paid(processor, customer), str(uuid.uuid4())
    assert refund(processor, intent, 300, key).id == refund(processor, intent, 300, key).id
    assert len(processor.v1.refunds.list({"payment_intent": intent}).data) == 1


def test_what_was_not_paid_cannot_be_refunded(processor: stripe.StripeClient, customer: str) -> None:
    opened = processor.v1.payment_intents.create({"amount": 500, "currency": "eur", "customer": customer})
    with pytest.raises(stripe.InvalidRequestError):
        refund(processor, opened.id, 500)


def test_a_refund_may_fail_afterwards(processor: stripe.StripeClient, customer: str) -> None:
    failed = refund(processor, paid(processor, customer, "pm_card_refundFail"), 1000)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")


@pytest.mark.parametrize(("ending", "refunded"), [("succeeded", 1000), ("failed", 0)])
def test_a_pending_refund_ends_when_told(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, ending: str, refunded: int
) -> None:
    intent = paid(processor, customer, "pm_card_pendingRefund")
    pending = refund(processor, intent, 1000)
    assert pending.status == "pending"
    simulator.post(f"/simulator/refunds/{pending.id}/settle", json={"status": ending}).raise_for_status()
    assert processor.v1.refunds.retrieve(pending.id).status == ending
    assert processor.v1.charges.list({"payment_intent": intent}).data[0].amount_refunded == refunded


def test_a_test_card_is_disputed_at_once(processor: stripe.StripeClient, customer: str) -> None:
    intent = paid(processor, customer, "pm_card_createDispute")
    [dispute] = processor.v1.disputes.list({"payment_intent": intent}).data
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 1000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        refund(processor, intent, 1000)
    assert refused.value.code == "charge_disputed"


@pytest.mark.parametrize("ending", ["won", "lost"])
def test_any_charge_can_be_disputed_and_the_dispute_ended(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str, ending: str
) -> None:
    intent = paid(processor, customer)
    wanted = {"payment_intent": intent, "reason": "product_not_received"}
    opened = simulator.post("/simulator/disputes", json=wanted).json()
    assert simulator.post("/simulator/disputes", json=wanted).status_code == 400
    simulator.post(f"/simulator/disputes/{opened['id']}/close", json={"status": ending}).raise_for_status()
    assert processor.v1.disputes.retrieve(opened["id"]).status == ending
    assert processor.v1.charges.list({"payment_intent": intent}).data[0].disputed is (ending == "lost")
