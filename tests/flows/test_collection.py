"""How money is collected by itself: renewals, declined cards, autopay, and who is told of a card."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from saldo_contracts import events as told
from saldo_contracts.events import (
    AutopayChanged,
    BalanceChanged,
    ChargesFinalized,
    DefaultPaymentMethodChanged,
    InvoiceIssued,
    InvoicePaid,
    NotificationSent,
    OrderPlaced,
    OrderRejected,
    PaymentApplied,
    PaymentFailed,
    PaymentInitiated,
    PaymentMethodRejected,
    PaymentMethodRemoved,
    PaymentMethodSubmitted,
    PaymentMethodValidated,
    PaymentSucceeded,
    SubscriptionActivated,
)
from saldo_local.suite import Shape

from tests.flows.billing import Billing
from tests.flows.customer import Customer, Refused
from tests.flows.processor import EMPTY_CARD, OTHER_GOOD_CARD

COLLECTED = (
    ChargesFinalized,
    InvoiceIssued,
    PaymentInitiated,
    PaymentSucceeded,
    PaymentApplied,
    InvoicePaid,
)
RETRIES_AFTER = (timedelta(hours=1), timedelta(days=1), timedelta(days=3), timedelta(days=5))


@pytest.fixture(scope="module")
def shape() -> Shape:
    """31 January 2026, a Saturday: the day that no other month before March has."""
    return Shape(clock_starts_at=datetime(2026, 1, 31, 9, tzinfo=UTC), split=False)


@pytest.mark.requirement("GOTO-40", "GOTO-141", "SL-04", "SL-05", "SL-14")
async def test_a_renewal_of_31_january_is_collected_and_receipted_on_28_february(billing: Billing) -> None:
    dora = await billing.open_account("Dora")
    await dora.add_card()
    async with dora.expect(*COLLECTED):
        await dora.subscribe("connect-monthly")
    await billing.clock.move_to(datetime(2026, 2, 27, 23, 59, 59, tzinfo=UTC))
    assert len(await dora.invoices()) == 1
    async with dora.expect(*COLLECTED):
        await billing.clock.move_to(date(2026, 2, 28))
    assert await dora.mailed("payment-succeeded") == await dora.mailed("invoice-issued") == 2
    async with dora.expect(*COLLECTED):
        await billing.clock.move_to(date(2026, 3, 31))  # computed from the anchor: 31 again, not 28
    invoices = await dora.invoices()
    assert [(one["issued_on"], one["kind"], one["status"]) for one in invoices] == [
        ("2026-01-31", "new", "paid"),
        ("2026-02-28", "recurring", "paid"),
        ("2026-03-31", "recurring", "paid"),
    ]
    assert [one.service_period and one.service_period.ends_before for one in dora.told(InvoiceIssued)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    assert await dora.owed() == dora.money("0.00")


@pytest.mark.requirement("GOTO-52")
async def test_a_declined_card_is_tried_again_after_an_hour_and_by_the_schedule(billing: Billing) -> None:
    erik = await billing.open_account("Erik")
    method = await erik.add_card(EMPTY_CARD)
    declined_at = billing.clock.now
    async with erik.expect(ChargesFinalized, InvoiceIssued, PaymentInitiated, PaymentFailed):
        await erik.subscribe("connect-monthly")
    await billing.clock.forward(minutes=59)
    with pytest.raises(Refused) as refused:
        await erik.pay("60.00", method=method)
    assert (refused.value.status, refused.value.code) == (409, "method-declined-lately")
    await billing.clock.move_to(declined_at + timedelta(days=6))
    failures = erik.told(PaymentFailed)
    assert _told_after(erik, declined_at) == [timedelta(0), *RETRIES_AFTER]
    assert [failure.origin.value for failure in failures] == ["autopay", *["retry"] * len(RETRIES_AFTER)]
    assert all(failure.retryable and failure.advice is told.AdviceKey.CONTACT_ISSUER for failure in failures)
    assert failures[0].retry_not_before == declined_at + timedelta(hours=1)
    assert [failure.next_automatic_try_at for failure in failures] == [
        *(declined_at + later for later in RETRIES_AFTER),
        None,
    ]
    assert await erik.mailed("payment-failed") == len(failures)
    assert await erik.owed() == erik.money("60.00")
    await erik.pay("60.00")
    assert await erik.owed() == erik.money("0.00")


@pytest.mark.requirement("GOTO-49", "GOTO-50", "GOTO-51")
async def test_without_autopay_an_invoice_waits_for_the_customer_to_choose_a_card(billing: Billing) -> None:
    hugo = await billing.open_account("Hugo")
    first = await hugo.add_card()
    second = await hugo.add_card(OTHER_GOOD_CARD)
    async with hugo.expect(AutopayChanged, DefaultPaymentMethodChanged):
        await hugo.autopay(enabled=False)
        await hugo.call("PUT", "payments", f"payment-methods/{second}/default")
    assert {method["payment_method_id"]: method["is_default"] for method in await hugo.methods()} == {
        first: False,
        second: True,
    }
    await hugo.subscribe("connect-monthly")
    await billing.clock.forward(days=2)
    (invoice,) = await hugo.invoices()
    assert (invoice["status"], invoice["overdue"]) == ("unpaid", True)
    assert not hugo.told(PaymentInitiated)
    async with hugo.expect(PaymentInitiated, PaymentSucceeded, PaymentApplied, InvoicePaid, BalanceChanged):
        await hugo.pay("60.00", method=first)
    (invoice,) = await hugo.invoices()
    assert (invoice["status"], await hugo.owed()) == ("paid", hugo.money("0.00"))


@pytest.mark.requirement("IBM-10", "IBM-12", "IBM-25", "SL-25")
async def test_what_becomes_of_a_card_is_mailed_to_the_contact_of_its_billing_address(billing: Billing) -> None:
    ina = await billing.open_account("Ina")
    holder = "accounts.payable@holder.example.org"
    async with ina.expect(PaymentMethodSubmitted, PaymentMethodValidated, NotificationSent):
        await ina.add_card(holder=holder)
    async with ina.expect(PaymentMethodSubmitted, PaymentMethodRejected, NotificationSent):
        refused = await ina.add_card("pm_card_chargeDeclined", holder=holder)
    assert {method["payment_method_id"]: method["status"] for method in await ina.methods()}[refused] == "rejected"
    with pytest.raises(Refused):
        await ina.pay("10.00", method=refused, surplus_confirmed=True)
    assert [sent.template for sent in ina.told(NotificationSent)] == [
        "payment-method-validated",
        "payment-method-rejected",
    ]
    assert len(await billing.mails_to(holder)) == 2
    assert await ina.mails() == []


@pytest.mark.requirement("IBM-07", "IBM-21")
async def test_an_account_cannot_become_or_stay_billable_without_a_card(billing: Billing) -> None:
    jill = await billing.open_account("Jill")
    async with jill.expect(OrderRejected):
        with pytest.raises(Refused) as refused:
            await jill.subscribe("connect-monthly")
    assert (refused.value.status, refused.value.code) == (409, "no-payment-method")
    async with jill.expect(PaymentMethodValidated, OrderPlaced, SubscriptionActivated):
        last = await jill.add_card()
        await jill.subscribe("connect-monthly")
    with pytest.raises(Refused) as kept:
        await jill.call("DELETE", "payments", f"payment-methods/{last}")
    assert (kept.value.status, kept.value.code) == (409, "last-method-needed")
    async with jill.expect(PaymentMethodValidated, PaymentMethodRemoved, DefaultPaymentMethodChanged):
        await jill.add_card(OTHER_GOOD_CARD)
        await jill.call("DELETE", "payments", f"payment-methods/{last}")


@pytest.mark.requirement("GOTO-139", "IBM-11", "IBM-24", "SL-21", "SL-24")
async def test_a_first_card_is_charged_at_once_and_then_every_thirty_days(billing: Billing) -> None:
    karl = await billing.open_account("Karl")
    began = billing.clock.today
    async with karl.expect(PaymentMethodSubmitted, DefaultPaymentMethodChanged, PaymentMethodValidated):
        card = await karl.add_card()
    async with karl.expect(*COLLECTED):
        await karl.subscribe("connect-30d")
    async with karl.expect(*COLLECTED, *COLLECTED):
        await billing.clock.forward(days=60)
    assert [one["issued_on"] for one in await karl.invoices()] == [
        (began + timedelta(days=days)).isoformat() for days in (0, 30, 60)
    ]
    assert {one.payment_method_id for one in karl.told(PaymentSucceeded)} == {card}


def _told_after(customer: Customer, start: datetime) -> list[timedelta]:
    """How long after the start each failure was told, in business time."""
    story = customer.billing.witness.story_of(customer.account_id)
    return [one.envelope.time - start for one in story if isinstance(one.event, PaymentFailed)]
