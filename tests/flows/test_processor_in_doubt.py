"""The processor charges and does not answer: the payment is in doubt, asked about, and never charged again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from saldo_contracts.events import (
    BalanceChanged,
    InvoiceIssued,
    InvoicePaid,
    PaymentApplied,
    PaymentFailed,
    PaymentInitiated,
    PaymentSucceeded,
)
from saldo_local.suite import Shape

from tests.flows.billing import Billing
from tests.flows.customer import Refused

DAY_SECONDS = 24 * 60 * 60
SILENCE = timedelta(days=3)

# What was asked for is done, no request is answered, and the news of it come late. 0 seconds: until troubles end.
CHARGES_WITHOUT_A_WORD = {"kind": "silent_after_charging", "path": "/v1/payment_intents"}
ANSWERS_NO_QUESTION = {"kind": "silent", "method": "GET", "path": "/v1/payment_intents"}
TELLS_LATE = {"kind": "webhook_delayed", "event_type": "payment_intent.", "next": -1}


@pytest.fixture(scope="module")
def shape() -> Shape:
    """A Monday in May; a call to the processor is given up after one second of machine time."""
    return Shape(
        clock_starts_at=datetime(2026, 5, 4, 9, tzinfo=UTC),
        split=False,
        environment={"PAYMENTS_PROCESSOR_TIMEOUT_SECONDS": "1"},
    )


async def test_a_charge_that_nobody_answered_is_found_by_asking_and_stands_once(billing: Billing) -> None:
    mona = await billing.open_account("Mona")
    await mona.add_card()
    await mona.autopay(enabled=False)
    await mona.subscribe("connect-monthly")
    await billing.processor.trouble(
        CHARGES_WITHOUT_A_WORD, ANSWERS_NO_QUESTION, {**TELLS_LATE, "seconds": 30 * DAY_SECONDS}
    )
    async with mona.expect(PaymentInitiated):
        payment_id = await mona.pay("60.00")
    assert (await mona.payment(payment_id))["status"] == "in_doubt"
    assert await mona.owed() == mona.money("60.00")
    with pytest.raises(Refused) as refused:
        await mona.pay("60.00")
    assert refused.value.code == "more-than-owed"  # what is in doubt is not free to be collected a second time
    async with mona.expect(PaymentSucceeded, PaymentApplied, InvoicePaid, BalanceChanged):
        await billing.processor.trouble()
    assert len(await billing.processor.charges(account_id=mona.account_id)) == 1
    assert await mona.owed() == mona.money("0.00")


async def test_three_days_of_silence_leave_a_payment_in_doubt_alarmed_and_charged_once(billing: Billing) -> None:
    nico = await billing.open_account("Nico")
    await nico.add_card()
    began = billing.clock.now
    seconds = int(SILENCE.total_seconds())
    await billing.processor.trouble(
        {**CHARGES_WITHOUT_A_WORD, "seconds": seconds},
        {**ANSWERS_NO_QUESTION, "seconds": seconds},
        {**TELLS_LATE, "seconds": seconds},
    )
    async with nico.expect(InvoiceIssued, PaymentInitiated):
        await nico.subscribe("connect-monthly")
        await billing.clock.move_to(began + timedelta(hours=3))
    (payment,) = await nico.payments()
    assert (payment["status"], payment["needs_operator"]) == ("in_doubt", False)
    await billing.clock.move_to(began + SILENCE - timedelta(minutes=1))
    (payment,) = await nico.payments()
    assert (payment["status"], payment["needs_operator"]) == ("in_doubt", True)
    assert (await nico.owed(), nico.told(PaymentFailed)) == (nico.money("60.00"), [])
    (charge,) = await billing.processor.charges(account_id=nico.account_id)
    assert charge.idempotency_key == charge.attempt_id
    async with nico.expect(PaymentSucceeded, PaymentApplied, InvoicePaid, BalanceChanged):
        await billing.clock.move_to(began + SILENCE + timedelta(minutes=1))
    assert await billing.processor.charges(account_id=nico.account_id) == [charge]
    assert len(nico.told(PaymentInitiated)) == 1
    assert await nico.owed() == nico.money("0.00")
