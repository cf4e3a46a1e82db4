"""Declined cards rest for an hour, tries are limited to five in 24 hours, and retries keep two for the payer (C-14)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from saldo_contracts.events import (
    AdviceKey,
    DeclineReason,
    PaymentAttemptLimitReached,
    PaymentFailed,
    PaymentInitiated,
    PaymentOrigin,
    PaymentSucceeded,
)
from saldo_testkit.harness import Harness

from services.payments.tests.component.business_time import BusinessTime
from services.payments.tests.component.customer import Customer
from services.payments.tests.simulator import Simulator

HOUR = timedelta(hours=1)


@pytest.mark.requirement("GOTO-52", "GOTO-57")
async def test_a_declined_card_may_be_tried_again_after_one_hour_and_another_at_once(
    service: Harness, customer: Customer, simulator: Simulator, time: BusinessTime
) -> None:
    card, other = await customer.adds_card(), await customer.adds_card("pm_card_mastercard")
    await simulator.behaves(await customer.stored_token(card), "card_velocity_exceeded")
    declined = await customer.pays(1000, payment_method_id=card, surplus_confirmed=True)
    assert (declined.status_code, declined.json()["status"]) == (200, "failed")
    failed = await service.observer.one(PaymentFailed, where=lambda e: e.account_id == customer.account_id)
    until = await time.now() + HOUR
    assert (failed.reason, failed.advice) == (DeclineReason.CREDIT_LIMIT_REACHED, AdviceKey.CONTACT_ISSUER)
    assert failed.retry_not_before == until
    shown = await customer.payment(declined.json()["payment_id"])
    assert datetime.fromisoformat(shown["earliest_next_try_at"]) == until

    assert (await customer.pays(1000, payment_method_id=other, surplus_confirmed=True)).json()["status"] == "succeeded"
    await time.passes(timedelta(minutes=59))
    refused = await customer.pays(1000, payment_method_id=card, surplus_confirmed=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "method-declined-lately")
    assert datetime.fromisoformat(refused.json()["earliest_next_try_at"]) == until
    await time.passes(timedelta(minutes=1))
    assert (await customer.pays(1000, payment_method_id=card, surplus_confirmed=True)).json()["status"] == "failed"


@pytest.mark.requirement("GOTO-62")
async def test_the_sixth_try_of_a_day_is_refused_until_a_day_after_the_fifth(
    service: Harness, customer: Customer, time: BusinessTime
) -> None:
    for minute in range(5):
        card = "pm_card_chargeDeclined" if minute < 4 else "pm_card_visa"
        await customer.pays(1000, processor_token=card, surplus_confirmed=True)
        fifth_at = await time.now()
        await time.passes(timedelta(minutes=10))
    told = await service.observer.one(PaymentAttemptLimitReached, where=lambda e: e.account_id == customer.account_id)
    assert (told.until, told.attempts_max) == (fifth_at + timedelta(hours=24), 5)
    refused = await customer.pays(1000, processor_token="pm_card_visa", surplus_confirmed=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "attempt-limit-reached")
    assert datetime.fromisoformat(refused.json()["earliest_next_try_at"]) == told.until
    await time.moves_to(told.until - timedelta(minutes=1))
    assert (await customer.pays(1000, processor_token="pm_card_visa", surplus_confirmed=True)).status_code == 409
    await time.moves_to(told.until)
    paid = await customer.pays(1000, processor_token="pm_card_visa", surplus_confirmed=True)
    assert paid.json()["status"] == "succeeded"


async def test_a_retryable_decline_is_tried_again_after_an_hour_a_day_three_and_five(
    service: Harness, customer: Customer, simulator: Simulator, time: BusinessTime
) -> None:
    card = await customer.adds_card()
    token = await customer.stored_token(card)
    await simulator.behaves(token, "insufficient_funds")
    await customer.is_invoiced(3300)
    await service.settled()
    first_at = await time.now()
    for after in (HOUR, timedelta(days=1), timedelta(days=3), timedelta(days=5)):
        (*_, failed) = await service.observer.expect(PaymentFailed, where=lambda e: e.account_id == customer.account_id)
        assert (failed.retryable, failed.next_automatic_try_at) == (True, first_at + after)
        await time.moves_to(first_at + after)
    failures = await service.observer.expect(
        PaymentFailed, where=lambda e: e.account_id == customer.account_id, count=5
    )
    assert failures[-1].next_automatic_try_at is None
    assert [e.origin for e in failures] == [PaymentOrigin.AUTOPAY, *[PaymentOrigin.RETRY] * 4]
    assert len({e.attempt_id for e in failures}) == 5
    assert service.observer.of(PaymentAttemptLimitReached, where=lambda e: e.account_id == customer.account_id) == []


async def test_a_debt_paid_meanwhile_is_not_collected_by_the_retry(
    service: Harness, customer: Customer, simulator: Simulator, time: BusinessTime
) -> None:
    card = await customer.adds_card()
    await simulator.behaves(await customer.stored_token(card), "insufficient_funds")
    invoice = await customer.is_invoiced(3300)
    await service.observer.one(PaymentFailed, where=lambda e: e.account_id == customer.account_id)
    paid = await customer.pays(3300, processor_token="pm_card_visa", invoice_id=invoice.invoice_id)
    assert paid.json()["status"] == "succeeded"
    await time.passes(HOUR)
    statuses = {
        p["origin"]: p["status"] for p in (await customer.http.get(f"{customer.path}/payments")).json()["items"]
    }
    assert statuses == {"autopay": "no_longer_owed", "one_time": "succeeded"}
    begun = service.observer.of(PaymentInitiated, where=lambda e: e.account_id == customer.account_id)
    assert len(begun) == 2
    assert len(service.observer.of(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)) == 1


async def test_an_automatic_try_waits_where_it_would_leave_the_payer_less_than_two(
    service: Harness, customer: Customer, time: BusinessTime
) -> None:
    await customer.adds_card()
    for _ in range(3):
        await customer.pays(100, processor_token="pm_card_chargeDeclined", surplus_confirmed=True)
    third_at = await time.now()
    await customer.is_invoiced(900)
    await service.settled()
    (waiting,) = [
        p for p in (await customer.http.get(f"{customer.path}/payments")).json()["items"] if p["origin"] == "autopay"
    ]
    assert waiting["status"] == "requested"
    assert datetime.fromisoformat(waiting["held_until"]) == third_at + timedelta(hours=24)
    await time.moves_to(third_at + timedelta(hours=24))
    paid = await service.observer.one(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)
    assert paid.amount.minor_units == 900
