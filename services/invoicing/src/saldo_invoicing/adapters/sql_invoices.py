"""Reads of documents: lists, late ones, and one with everything on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg
from saldo_messaging import Database

from saldo_invoicing.application.views import ApplicationView, InvoiceDetailsView, InvoiceView, LineView, TaxView

INVOICE_COLUMNS = (
    "invoice_id::text, position, seller_id, number, kind, status, currency, total_minor_units, tax_minor_units, "
    "paid_minor_units, credited_minor_units, open_minor_units, issued_on, issued_at, due_on, overdue_since, hardware"
)
OF_ACCOUNT_SQL = f"""
select {INVOICE_COLUMNS} from invoices
where account_id = $1::text::uuid and ($2::bigint is null or position < $2)
order by position desc limit $3
"""  # noqa: S608  # constants of our own
OVERDUE_SQL = f"""
select {INVOICE_COLUMNS} from invoices
where account_id = $1::text::uuid and status in ('unpaid', 'partially_paid') and overdue_since is not null
order by due_on, position
"""  # noqa: S608  # as above
ONE_SQL = f"""
select {INVOICE_COLUMNS} from invoices where account_id = $1::text::uuid and invoice_id = $2::text::uuid
"""  # noqa: S608  # as above
DOCUMENT_SQL = """
select charges_id::text, corrects_document_id::text, country, region, lines, taxes
from documents where document_id = $1::text::uuid
"""
APPLICATIONS_SQL = """
select l.receipt_id::text, r.kind, e.entered_at,
       case when l.credit = 'receivable' then l.amount_minor_units else -l.amount_minor_units end as amount
from journal_lines l
join journal_entries e using (entry_id)
join receipts r on r.receipt_id = l.receipt_id
where l.invoice_id = $1::text::uuid
order by e.ledger_version, l.position
"""


class SqlInvoiceReads:
    """See `application.ports.InvoiceReads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_account(self, account_id: str, *, before: int | None, limit: int) -> Sequence[InvoiceView]:
        rows = await self._database.pool.fetch(OF_ACCOUNT_SQL, account_id, before, limit)
        return [invoice_view(row) for row in rows]

    async def overdue(self, account_id: str) -> Sequence[InvoiceView]:
        return [invoice_view(row) for row in await self._database.pool.fetch(OVERDUE_SQL, account_id)]

    async def details(self, account_id: str, invoice_id: str) -> InvoiceDetailsView | None:
        async with self._database.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            row = await connection.fetchrow(ONE_SQL, account_id, invoice_id)
            if row is None:
                return None
            document = await connection.fetchrow(DOCUMENT_SQL, invoice_id)
            applications = await connection.fetch(APPLICATIONS_SQL, invoice_id)
        if document is None:
            raise LookupError("an invoice without its document")  # they are written together; see the invariants
        return InvoiceDetailsView(
            invoice=invoice_view(row),
            charges_id=document["charges_id"],
            corrects_invoice_id=document["corrects_document_id"],
            country=document["country"],
            region=document["region"],
            lines=tuple(_line(line) for line in json.loads(document["lines"])),
            taxes=tuple(_tax(tax) for tax in json.loads(document["taxes"])),
            applications=tuple(
                ApplicationView(one["receipt_id"], one["kind"], one["amount"], one["entered_at"])
                for one in applications
            ),
        )


def invoice_view(row: asyncpg.Record) -> InvoiceView:
    """The view of a row of INVOICE_COLUMNS."""
    return InvoiceView(
        invoice_id=row["invoice_id"],
        position=row["position"],
        seller_id=row["seller_id"],
        number=row["number"],
        kind=row["kind"],
        status=row["status"],
        currency=row["currency"],
        total=row["total_minor_units"],
        tax=row["tax_minor_units"],
        paid=row["paid_minor_units"],
        credited=row["credited_minor_units"],
        open=row["open_minor_units"],
        issued_on=row["issued_on"],
        issued_at=row["issued_at"],
        due_on=row["due_on"],
        overdue_since=row["overdue_since"],
        downloadable=not row["hardware"],
    )


def _line(line: Mapping[str, object]) -> LineView:
    charge = line["charge"]
    assert isinstance(charge, dict)  # noqa: S101  # JSON of our own, written by the entity
    period = charge["service_period"]
    return LineView(
        line_id=charge["line_id"],
        kind=charge["kind"],
        description_key=charge["description_key"],
        description_arguments=charge["description_arguments"],
        quantity=charge["quantity"],
        unit_price=charge["unit_price"],
        net=charge["net_minor_units"],
        tax=int(str(line["tax_minor_units"])),
        tax_name=str(line["tax_name"]),
        tax_rate=str(line["tax_rate"]),
        tax_category=charge["tax_category"],
        service_period=(_day(period["starts_on"]), _day(period["ends_before"])) if period else None,
        subscription_id=charge["subscription_id"],
        credits_line_id=charge["credits_line_id"],
    )


def _tax(tax: Mapping[str, object]) -> TaxView:
    return TaxView(
        name=str(tax["name"]),
        rate=str(tax["rate"]),
        base=int(str(tax["base_minor_units"])),
        tax=int(str(tax["tax_minor_units"])),
        source=str(tax["source"]),
    )


def _day(text: object) -> date:
    return date.fromisoformat(str(text))
