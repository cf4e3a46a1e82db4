"""E2E-14: late payment disables the service, and only a balance of 0.00 restores it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from saldo_contracts.events import (
    BalanceChanged,
    BalanceCleared,
    ChargesFinalized,
    InvoiceIssued,
    InvoiceOverdue,
    InvoicePaid,
    InvoicePartiallyPaid,
    NotificationSent,
    PaymentApplied,
    PaymentInitiated,
    PaymentSucceeded,
    ServiceReactivated,
    ServiceSuspended,
)
from saldo_local.suite import Shape

from tests.flows.billing import Billing
from tests.flows.customer import Customer


@pytest.fixture(scope="module")
def shape() -> Shape:
    """Monday, 2 March 2026; the seller of the scenarios counts in UTC days."""
    return Shape(clock_starts_at=datetime(2026, 3, 2, 9, tzinfo=UTC), split=False)


@pytest.mark.requirement("GOTO-13", "GOTO-53", "GOTO-54", "GOTO-192")
async def test_late_payment_disables_the_service_and_only_the_last_cent_restores_it(billing: Billing) -> None:
    carla = await _customer_who_pays_by_hand(billing)
    await _two_invoices_become_overdue(billing, carla)
    await _the_service_is_suspended_seven_days_after_the_first_due_date(billing, carla)
    due = await carla.payments_due()
    assert [(one["total"]["minor_units"], one["due_on"]) for one in due] == [
        (60_00, "2026-03-02"),
        (40_00, "2026-03-05"),
    ]
    await billing.clock.move_to(date(2026, 3, 10))
    await _parts_are_paid_and_it_stays_suspended(carla)
    async with carla.expect(
        PaymentInitiated,
        PaymentSucceeded,
        PaymentApplied,
        InvoicePaid,
        BalanceChanged,
        BalanceCleared,
        ServiceReactivated,
    ):
        await carla.pay("0.01")
    assert await carla.owed() == carla.money("0.00")
    assert await carla.service_state() == "active"
    assert await carla.payments_due() == []
    await _mails_tell_the_same_story(carla)


async def _customer_who_pays_by_hand(billing: Billing) -> Customer:
    carla = await billing.open_account("Carla", seller="borealis")
    await carla.add_card()
    await carla.autopay(enabled=False)
    return carla


async def _two_invoices_become_overdue(billing: Billing, carla: Customer) -> None:
    async with carla.expect(ChargesFinalized, InvoiceIssued, BalanceChanged):
        await carla.subscribe("connect-monthly")
        # An account with an overdue invoice cannot order (C-23), so the second plan is ordered before that.
        await carla.subscribe("support-monthly", starts=date(2026, 3, 5))
    async with carla.expect(
        InvoiceOverdue, BalanceChanged, ChargesFinalized, InvoiceIssued, BalanceChanged, InvoiceOverdue, BalanceChanged
    ):
        await billing.clock.move_to(date(2026, 3, 6))
    assert [invoice["total"]["minor_units"] for invoice in await carla.invoices()] == [60_00, 40_00]
    assert await carla.owed() == carla.money("100.00")


async def _the_service_is_suspended_seven_days_after_the_first_due_date(billing: Billing, carla: Customer) -> None:
    await billing.clock.move_to(datetime(2026, 3, 8, 23, 59, 59, tzinfo=UTC))
    assert await carla.service_state() == "suspension_scheduled"
    async with carla.expect(ServiceSuspended, NotificationSent):
        await billing.clock.move_to(datetime(2026, 3, 9, tzinfo=UTC))
    assert await carla.service_state() == "suspended"
    (suspended,) = carla.told(ServiceSuspended)
    assert suspended.since == datetime(2026, 3, 9, tzinfo=UTC)
    assert (suspended.overdue.minor_units, suspended.oldest_overdue_due_date) == (100_00, date(2026, 3, 2))
    assert len(suspended.subscription_ids) == 2


async def _parts_are_paid_and_it_stays_suspended(carla: Customer) -> None:
    async with carla.expect(PaymentInitiated, PaymentSucceeded, PaymentApplied, InvoicePaid, BalanceChanged):
        await carla.pay("60.00")
    assert (await carla.owed(), await carla.service_state()) == (carla.money("40.00"), "suspended")
    async with carla.expect(PaymentInitiated, PaymentSucceeded, PaymentApplied, InvoicePartiallyPaid, BalanceChanged):
        await carla.pay("39.99")
    assert (await carla.owed(), await carla.service_state()) == (carla.money("0.01"), "suspended")
    (left,) = await carla.payments_due()
    assert left["open"]["minor_units"] == 1
    assert not carla.told(ServiceReactivated)


async def _mails_tell_the_same_story(carla: Customer) -> None:
    wanted = {
        "invoice-issued": 2,
        "invoice-overdue": 2,
        "service-suspended": 1,
        "payment-succeeded": 3,
        "service-reactivated": 1,
    }
    assert {template: await carla.mailed(template) for template in wanted} == wanted
    assert len(carla.told(ServiceSuspended)) == len(carla.told(ServiceReactivated)) == 1
