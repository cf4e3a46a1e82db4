"""Money comes and goes: what it pays, when the balance moves, and what a reversal does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from saldo_contracts.events import (
    BalanceChanged,
    BalanceCleared,
    DeclineReason,
    InvoiceOverdue,
    InvoicePaid,
    InvoicePartiallyPaid,
    InvoiceReopened,
    LateFeeCharged,
    MethodKind,
    OfflinePaymentRecorded,
    PaymentApplied,
    PaymentFailed,
    PaymentOrigin,
)
from saldo_contracts.events.payments import AdviceKey
from saldo_contracts.wire import Amount

from services.invoicing.tests.component.billing import CARD, Billing


@pytest.mark.requirement("IBM-20", "SL-36", "GOTO-51")
async def test_a_payment_is_applied_then_the_invoice_is_paid_then_the_balance_moves_once(billing: Billing) -> None:
    account = await billing.open()
    invoice = await billing.invoice(account, 120_00)
    payment_id = await billing.pay(account, 120_00, times=3)
    assert billing.story(account)[2:] == [
        "InvoiceIssued",
        "BalanceChanged",
        "PaymentApplied",
        "InvoicePaid",
        "BalanceChanged",
        "BalanceCleared",
    ]
    (applied,) = await billing.tells(PaymentApplied, account)
    assert [(part.invoice_id, part.open_after.minor_units) for part in applied.applications] == [
        (invoice["invoice_id"], 0)
    ]
    (paid,) = await billing.tells(InvoicePaid, account)
    assert paid.payment_id == payment_id
    assert [one["status"] for one in await billing.invoices(account)] == ["paid"]
    assert (await billing.balance(account))["current"]["minor_units"] == 0
    await billing.books_are_right()


@pytest.mark.requirement("IBM-06")
async def test_a_failed_payment_moves_nothing(billing: Billing) -> None:
    account = await billing.open()
    await billing.invoice(account, 120_00)
    await billing.service.teller.tell(
        PaymentFailed(
            account_id=account.account_id,
            seller_id=account.seller_id,
            payment_id=str(uuid4()),
            amount=Amount(minor_units=45_50, currency="USD"),
            attempt_id=str(uuid4()),
            origin=PaymentOrigin.ONE_TIME,
            customer_present=True,
            intended_invoice_ids=(),
            payment_method_id=None,
            method=CARD,
            reason=DeclineReason.ISSUER_DECLINED,
            advice=AdviceKey.CONTACT_ISSUER,
            retryable=False,
            retry_not_before=None,
            next_automatic_try_at=None,
            contact_id=None,
        )
    )
    await billing.service.settled()
    assert (await billing.balance(account))["current"]["minor_units"] == 120_00
    other = await billing.open()
    await billing.invoice(other, 120_00)
    await billing.pay(other, 45_50)
    assert (await billing.balance(other))["current"]["minor_units"] == 74_50
    (partly,) = await billing.tells(InvoicePartiallyPaid, other)
    assert partly.open_after.minor_units == 74_50
    assert len(billing.told(BalanceChanged, account)) == 1


async def test_the_intended_invoice_is_paid_first_and_a_surplus_waits_as_credit(billing: Billing) -> None:
    account = await billing.open()
    first = await billing.invoice(account, 60_00)
    second = await billing.invoice(account, 40_00)
    await billing.pay(account, 40_00, intended=[second["invoice_id"]])
    assert [one["status"] for one in await billing.invoices(account)] == ["paid", "unpaid"]
    await billing.pay(account, 70_00)
    balance = await billing.balance(account)
    assert (balance["current"]["minor_units"], balance["credit"]["minor_units"]) == (-10_00, 10_00)
    applied = await billing.tells(PaymentApplied, account, count=2)
    assert [part.invoice_id for part in applied[1].applications] == [first["invoice_id"]]
    assert applied[1].surplus.minor_units == 10_00
    third = await billing.invoice(account, 25_00)
    assert (third["status"], third["open"]["minor_units"]) == ("partially_paid", 15_00)
    await billing.books_are_right()


async def test_a_payment_an_agent_recorded_counts_once_though_it_is_told_twice(billing: Billing) -> None:
    account = await billing.open()
    await billing.invoice(account, 50_00)
    payment_id = str(uuid4())
    await billing.service.teller.tell(
        OfflinePaymentRecorded(
            account_id=account.account_id,
            seller_id=account.seller_id,
            payment_id=payment_id,
            amount=Amount(minor_units=30_00, currency="USD"),
            kind=MethodKind.BANK_TRANSFER,
            received_on=datetime.now(UTC).date(),
            intended_invoice_ids=(),
            case_id=None,
        )
    )
    await billing.pay(account, 30_00, payment_id=payment_id)
    await billing.tells(PaymentApplied, account)
    assert (await billing.balance(account))["current"]["minor_units"] == 20_00
    await billing.books_are_right()


@pytest.mark.requirement("GOTO-13", "GOTO-79")
async def test_late_invoices_are_listed_and_a_cent_short_of_all_clears_nothing(billing: Billing) -> None:
    account = await billing.open()
    await billing.invoice(account, 60_00)
    await billing.invoice(account, 40_00)
    path = f"/v1/accounts/{account.account_id}/payments-due"
    assert (await billing.get(path))["items"] == []
    await billing.wait_days(1)
    assert [one["open"]["minor_units"] for one in (await billing.get(path))["items"]] == [60_00, 40_00]
    overdue = await billing.tells(InvoiceOverdue, account, count=2)
    last = billing.told(BalanceChanged, account)[-1]
    assert (last.overdue.minor_units, last.oldest_overdue_due_date) == (100_00, overdue[0].due_date)
    await billing.pay(account, 60_00)
    await billing.pay(account, 39_99)
    assert (await billing.balance(account))["current"]["minor_units"] == 1
    assert billing.told(BalanceCleared, account) == []
    await billing.pay(account, 1)
    (cleared,) = await billing.tells(BalanceCleared, account)
    assert cleared.balance.minor_units == 0
    assert (await billing.balance(account))["dunning"] == "clear"
    await billing.wait_days(2)
    assert len(billing.told(InvoiceOverdue, account)) == 2
    await billing.books_are_right()


async def test_an_invoice_is_late_on_the_day_after_in_the_accounts_own_zone(billing: Billing) -> None:
    account = await billing.open(time_zone="Pacific/Auckland")
    invoice = await billing.invoice(account, 10_00)
    timer = await billing.service.runtime.database.pool.fetchval(
        "select due_at from timers where account_id = $1", account.account_id
    )
    day = date.fromisoformat(invoice["due_on"])
    assert (timer - datetime(day.year, day.month, day.day, tzinfo=UTC)).total_seconds() == 11 * 3600  # UTC+13
    moved = await billing.agent.put(
        f"/v1/accounts/{account.account_id}/billing-profile", json={"time_zone": "America/New_York"}
    )
    assert moved.status_code == 200
    later = await billing.service.runtime.database.pool.fetchval(
        "select due_at from timers where account_id = $1", account.account_id
    )
    assert (later - timer).total_seconds() == 18 * 3600
    await billing.pay(account, 10_00)
    left = await billing.service.runtime.database.pool.fetchval(
        "select count(*) from timers where account_id = $1", account.account_id
    )
    assert left == 0


async def test_a_payment_taken_back_reopens_what_it_had_paid(billing: Billing) -> None:
    account = await billing.open()
    invoice = await billing.invoice(account, 80_00)
    payment_id = await billing.pay(account, 80_00)
    await billing.wait_days(3)
    assert billing.told(InvoiceOverdue, account) == []
    await billing.reverse(account, payment_id, 80_00)
    assert billing.story(account)[-3:] == ["InvoiceReopened", "InvoiceOverdue", "BalanceChanged"]
    (reopened,) = await billing.tells(InvoiceReopened, account)
    assert (reopened.invoice_id, reopened.open_after.minor_units) == (invoice["invoice_id"], 80_00)
    balance = await billing.balance(account)
    assert (balance["dunning"], balance["overdue"]["minor_units"]) == ("overdue", 80_00)
    shown = await billing.get(f"/v1/accounts/{account.account_id}/invoices/{invoice['invoice_id']}")
    assert [one["amount"]["minor_units"] for one in shown["applications"]] == [80_00, -80_00]
    journal = (await billing.get(f"/v1/accounts/{account.account_id}/journal"))["items"]
    assert [one["kind"] for one in journal] == ["payment_reversed", "payment", "invoice"]
    await billing.books_are_right()


@pytest.mark.requirement("SL-15")
async def test_being_late_costs_a_fee_on_the_next_invoice_once(billing: Billing) -> None:
    account = await billing.open("strict")
    late = await billing.invoice(account, 80_00)
    await billing.wait_days(1)
    following = await billing.invoice(account, 10_00)
    assert following["total"]["minor_units"] == 15_00
    (charged,) = await billing.tells(LateFeeCharged, account)
    assert (charged.invoice_id, charged.amount.minor_units) == (late["invoice_id"], 5_00)
    third = await billing.invoice(account, 10_00)
    assert third["total"]["minor_units"] == 10_00
    await billing.books_are_right()


async def test_a_payment_in_another_currency_is_not_dropped(billing: Billing) -> None:
    account = await billing.open()
    await billing.invoice(account, 80_00)
    strange = type(account)(account.account_id, account.number, account.seller_id, "EUR")
    await billing.pay(strange, 80_00)
    letters = await billing.service.runtime.database.pool.fetch(
        "select reason from dead_letters where key = $1", account.account_id
    )
    assert len(letters) == 1 and "currency-differs" in letters[0]["reason"]
