"""Charges become documents: numbered without gaps, taxed, due, credited; issued ones never change."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest
from saldo_contracts.events import (
    BalanceChanged,
    ChargesFinalized,
    CreditIssued,
    DocumentKind,
    InvoiceIssued,
    InvoicePaid,
    LineKind,
    TaxCategory,
)

from services.invoicing.tests.component.billing import Billing, line


async def test_charges_become_an_invoice_that_is_due_today(billing: Billing) -> None:
    account = await billing.open()
    invoice = await billing.invoice(account, 10_00, 5_50)
    (told,) = await billing.tells(InvoiceIssued, account)
    (changed,) = await billing.tells(BalanceChanged, account)
    assert invoice["status"] == "unpaid"
    assert invoice["open"] == {"minor_units": 15_50, "currency": "USD"}
    assert (told.number, told.due_date) == (invoice["number"], told.issue_date)
    assert (changed.balance.minor_units, changed.overdue.minor_units, changed.ledger_version) == (15_50, 0, 1)
    await billing.books_are_right()


@pytest.mark.requirement("SL-04", "SL-05", "SL-06")
async def test_lines_decide_whether_a_document_is_new_recurring_or_one_time(billing: Billing) -> None:
    account = await billing.open()
    await billing.charge(account, line(100, first=True), line(50, kind=LineKind.ONE_TIME))
    await billing.charge(account, line(100), line(50, kind=LineKind.USAGE))
    await billing.charge(account, line(50, kind=LineKind.ONE_TIME))
    told = await billing.tells(InvoiceIssued, account, count=3)
    assert [one.kind for one in told] == [DocumentKind.NEW, DocumentKind.RECURRING, DocumentKind.ONE_TIME]


async def test_the_same_charges_are_invoiced_once(billing: Billing) -> None:
    account = await billing.open()
    charged = await billing.charge(account, line(100))
    await billing.charge(account, line(100), charges_id=charged.charges_id)
    await billing.service.settled()
    assert len(billing.told(ChargesFinalized, account)) == 2
    assert len(await billing.invoices(account)) == 1


@pytest.mark.requirement("GOTO-28", "GOTO-204")
async def test_tax_follows_the_billing_address_and_issued_documents_stay_as_they_are(billing: Billing) -> None:
    account = await billing.open("aurora", billing_address=None)
    saved = await billing.agent.put(
        f"/v1/accounts/{account.account_id}/billing-profile",
        json={"billing_address": {"line_1": "Hauptstraße 5", "city": "Berlin", "country": "DE"}},
    )
    assert saved.status_code == 200, saved.text
    invoice = await billing.invoice(account, 3_33, 3_33, 3_33)
    shown = await billing.get(f"/v1/accounts/{account.account_id}/invoices/{invoice['invoice_id']}")
    assert shown["taxes"] == [
        {
            "name": "USt 19 %",
            "rate": "0.19",
            "base": {"minor_units": 9_99, "currency": "EUR"},
            "tax": {"minor_units": 1_90, "currency": "EUR"},
            "source": "§ 12 Abs. 1 UStG",
        }
    ]
    assert [one["tax"]["minor_units"] for one in shown["lines"]] == [64, 63, 63]
    assert invoice["total"]["minor_units"] == 11_89
    await billing.books_are_right()


async def test_a_missing_rate_stops_the_document_until_somebody_adds_it(billing: Billing) -> None:
    account = await billing.open("strict")
    await billing.charge(account, line(100, tax=TaxCategory.REDUCED))
    await billing.service.settled()
    assert await billing.invoices(account) == []
    letters = await billing.service.runtime.database.pool.fetch(
        "select reason from dead_letters where key = $1 and status = 'open'", account.account_id
    )
    assert len(letters) == 1
    assert "rate-missing" in letters[0]["reason"]


async def test_a_document_of_nothing_is_issued_and_paid_at_once(billing: Billing) -> None:
    account = await billing.open()
    invoice = await billing.invoice(account, 500, -500)
    assert invoice["status"] == "paid"
    assert billing.story(account)[-2:] == ["InvoiceIssued", "InvoicePaid"]
    assert billing.told(BalanceChanged, account) == []
    await billing.books_are_right()


@pytest.mark.requirement("SL-07")
async def test_charges_below_zero_become_a_credit_that_pays_the_next_invoice(billing: Billing) -> None:
    account = await billing.open("aurora")
    credit = await billing.invoice(account, -100_00)
    assert (credit["kind"], credit["status"], credit["total"]["minor_units"]) == ("credit", "credited", -119_00)
    (told,) = await billing.tells(CreditIssued, account)
    assert (told.amount.minor_units, told.tax_total.minor_units, told.remaining.minor_units) == (119_00, 19_00, 119_00)
    assert (await billing.balance(account))["credit"]["minor_units"] == 119_00

    invoice = await billing.invoice(account, 50_00)
    assert (invoice["status"], invoice["credited"]["minor_units"]) == ("paid", 59_50)
    balance = await billing.balance(account)
    assert (balance["current"]["minor_units"], balance["credit"]["minor_units"]) == (-59_50, 59_50)
    (issued,) = await billing.tells(InvoiceIssued, account)
    assert issued.open_amount.minor_units == 0
    await billing.tells(InvoicePaid, account)
    await billing.books_are_right()


@pytest.mark.requirement("ZOOM-04")
async def test_a_downgrade_for_non_payment_credits_the_days_without_access(billing: Billing) -> None:
    account = await billing.open("aurora")
    june = (date(2027, 6, 1), date(2027, 7, 1))
    charged = await billing.charge(account, line(300_00, "EUR", period=june))
    await billing.service.settled()
    await billing.downgrade(account, charged, 200_00)
    (told,) = await billing.tells(CreditIssued, account)
    assert (told.amount.minor_units, told.tax_total.minor_units) == (238_00, 38_00)
    assert [part.open_after.minor_units for part in told.applications] == [119_00]
    assert (await billing.balance(account))["current"]["minor_units"] == 119_00
    note, invoice = await billing.invoices(account)
    assert (note["kind"], invoice["status"]) == ("credit", "partially_paid")
    shown = await billing.get(f"/v1/accounts/{account.account_id}/invoices/{note['invoice_id']}")
    assert shown["corrects_invoice_id"] == invoice["invoice_id"]
    await billing.books_are_right()


async def test_an_issued_document_cannot_be_changed_by_anybody(billing: Billing) -> None:
    account = await billing.open()
    invoice = await billing.invoice(account, 100)
    pool = billing.service.runtime.database.pool
    for statement in (
        "update invoices set total_minor_units = 1 where invoice_id = $1::text::uuid",
        "delete from invoices where invoice_id = $1::text::uuid",
        "update documents set lines = '[]' where document_id = $1::text::uuid",
        "update journal_lines set amount_minor_units = 1 where invoice_id = $1::text::uuid",
        "delete from journal_lines where invoice_id = $1::text::uuid",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await pool.execute(statement, invoice["invoice_id"])
    await billing.books_are_right()


@pytest.mark.requirement("SL-03", "SL-12", "GOTO-12")
async def test_invoices_are_listed_page_by_page_and_one_is_shown_with_everything_on_it(billing: Billing) -> None:
    account = await billing.open()
    issued = [await billing.invoice(account, 100 * n) for n in (1, 2, 3)]
    path = f"/v1/accounts/{account.account_id}/invoices"
    first = await billing.get(f"{path}?limit=2")
    rest = await billing.get(f"{path}?limit=2&after={first['next']}")
    assert rest["next"] is None
    numbers = [one["number"] for one in (*first["items"], *rest["items"])]
    assert numbers == [one["number"] for one in reversed(issued)]
    shown = await billing.get(f"{path}/{issued[0]['invoice_id']}")
    assert [one["net"]["minor_units"] for one in shown["lines"]] == [100]
    assert shown["lines"][0]["description_arguments"] == {"plan": "Team"}
