"""E2E-16 and E2E-18 in their heart: who does not pay for thirty days is cancelled, credited, and asked to pay first."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from saldo_contracts.events import (
    BalanceChanged,
    BalanceCleared,
    ChargesFinalized,
    CreditIssued,
    InvoiceIssued,
    InvoiceOverdue,
    InvoicePaid,
    OrderPlaced,
    OrderRejected,
    PaymentSucceeded,
    RefundIssued,
    ServiceReactivated,
    ServiceSuspended,
    SubscriptionActivated,
    SubscriptionDowngraded,
)
from saldo_local.suite import Shape

from tests.flows.billing import Billing
from tests.flows.customer import Customer, Refused


@pytest.fixture(scope="module")
def shape() -> Shape:
    """1 June 2026: an invoice of 300.00 for the thirty days of June."""
    return Shape(clock_starts_at=datetime(2026, 6, 1, 9, tzinfo=UTC), split=False)


async def _who_pays_by_hand(billing: Billing, name: str) -> Customer:
    customer = await billing.open_account(name)
    await customer.add_card()
    await customer.autopay(enabled=False)
    return customer


@pytest.mark.requirement("ZOOM-01", "ZOOM-03", "ZOOM-04", "ZOOM-05", "ZOOM-21")
async def test_thirty_days_without_payment_cancel_and_leave_only_the_days_with_access_due(billing: Billing) -> None:
    kurt = await _who_pays_by_hand(billing, "Kurt")
    await kurt.subscribe("suite-monthly")
    async with kurt.expect(InvoiceOverdue, ServiceSuspended):
        await billing.clock.move_to(date(2026, 6, 8))  # seven days after the due date: access on 1 to 7 June
    await billing.clock.move_to(date(2026, 6, 30))
    assert (await kurt.service_state(), await kurt.owed()) == ("suspended", kurt.money("300.00"))
    async with kurt.expect(SubscriptionDowngraded, CreditIssued, BalanceChanged):
        await billing.clock.move_to(date(2026, 7, 1))  # thirty days after it; July is not charged any more
    assert len(kurt.told(ChargesFinalized)) == 1
    (downgraded,), (note,) = kurt.told(SubscriptionDowngraded), kurt.told(CreditIssued)
    assert (downgraded.access_ended_on, downgraded.downgraded_on) == (date(2026, 6, 7), date(2026, 7, 1))
    assert (note.amount.minor_units, note.remaining.minor_units) == (230_00, 0)
    assert (await kurt.service_state(), await kurt.owed()) == ("cancelled_non_payment", kurt.money("70.00"))
    await _only_full_payment_opens_the_door_again(billing, kurt)
    (_, new) = kurt.told(InvoiceIssued)
    assert new.service_period is not None
    assert new.service_period.starts_on == date(2026, 7, 1) > downgraded.access_ended_on
    assert not kurt.told(RefundIssued)


async def _only_full_payment_opens_the_door_again(billing: Billing, kurt: Customer) -> None:
    async with kurt.expect(OrderRejected):
        with pytest.raises(Refused) as refused:
            await kurt.subscribe("connect-monthly")
    assert (refused.value.status, refused.value.code) == (409, "unpaid-invoices")
    await kurt.pay("69.99")
    with pytest.raises(Refused):
        await kurt.subscribe("connect-monthly")
    async with kurt.expect(PaymentSucceeded, InvoicePaid, BalanceCleared):
        await kurt.pay("0.01")
    assert not kurt.told(ServiceReactivated)  # a cancellation is final: it takes a new order
    async with kurt.expect(OrderPlaced, SubscriptionActivated, ChargesFinalized, InvoiceIssued):
        await kurt.subscribe("connect-monthly")
    assert await kurt.service_state() == "active"


@pytest.mark.requirement("GOTO-131")
async def test_an_overdue_invoice_blocks_growth_but_neither_reading_nor_paying(billing: Billing) -> None:
    lena = await _who_pays_by_hand(billing, "Lena")
    await lena.subscribe("connect-monthly")
    async with lena.expect(OrderPlaced):
        await lena.subscribe("vault-monthly")  # open, not yet due: does not block (C-23)
    await billing.clock.forward(days=2)
    async with lena.expect(OrderRejected):
        with pytest.raises(Refused) as refused:
            await lena.subscribe("support-monthly")
    assert (refused.value.status, refused.value.code) == (409, "overdue")
    assert refused.value.body["oldest_overdue_invoice_id"] == (await lena.payments_due())[0]["invoice_id"]
    async with lena.expect(PaymentSucceeded, InvoicePaid, InvoicePaid, BalanceCleared):
        await lena.pay("70.00")
    async with lena.expect(OrderPlaced, SubscriptionActivated, ChargesFinalized, InvoiceIssued):
        await lena.subscribe("support-monthly")
