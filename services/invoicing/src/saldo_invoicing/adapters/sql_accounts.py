"""Reads of accounts and their balance."""

from __future__ import annotations

import json

import asyncpg
from saldo_messaging import Database

from saldo_invoicing.adapters.sql_invoices import INVOICE_COLUMNS, invoice_view
from saldo_invoicing.application.views import AccountView, AddressView, BalanceView, RecipientView

ACCOUNT_SQL = """
select a.account_id::text, a.seller_id, a.number, a.currency, a.status, a.language, a.time_zone, a.collection,
       a.opened_at, a.profile_version, a.recipients
from accounts a where a.account_id = $1::text::uuid
"""
ADDRESSES_SQL = """
select 'billing' as purpose, * from billing_addresses where account_id = $1::text::uuid
union all
select 'shipping', * from shipping_addresses where account_id = $1::text::uuid
"""
CONTACTS_SQL = """
select contact_id::text, name, email, language from contacts where account_id = $1::text::uuid
"""
BALANCE_SQL = """
select account_id::text, seller_id, currency, ledger_version, dunning, open_minor_units, overdue_minor_units,
       credit_minor_units, oldest_overdue_due_on
from accounts where account_id = $1::text::uuid
"""
OPEN_INVOICES_SQL = f"""
select {INVOICE_COLUMNS} from invoices
where account_id = $1::text::uuid and status in ('unpaid', 'partially_paid')
order by due_on, position
"""  # noqa: S608  # a constant of our own


class SqlAccountReads:
    """See `application.ports.AccountReads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, account_id: str) -> AccountView | None:
        async with self._database.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            row = await connection.fetchrow(ACCOUNT_SQL, account_id)
            if row is None:
                return None
            addresses = {one["purpose"]: one for one in await connection.fetch(ADDRESSES_SQL, account_id)}
            contacts = {one["contact_id"]: one for one in await connection.fetch(CONTACTS_SQL, account_id)}
        recipients = tuple(
            RecipientView(
                contact_id=listed["contact_id"],
                name=contacts[listed["contact_id"]]["name"],
                email=contacts[listed["contact_id"]]["email"],
                language=contacts[listed["contact_id"]]["language"],
                primary=listed["primary"],
                origin=listed["origin"],
            )
            for listed in json.loads(row["recipients"])
            if listed["contact_id"] in contacts
        )
        return AccountView(
            account_id=row["account_id"],
            seller_id=row["seller_id"],
            number=row["number"],
            currency=row["currency"],
            status=row["status"],
            language=row["language"],
            time_zone=row["time_zone"],
            collection=row["collection"],
            opened_at=row["opened_at"],
            profile_version=row["profile_version"],
            billing_address=_address(addresses.get("billing")),
            shipping_address=_address(addresses.get("shipping")),
            recipients=recipients,
        )

    async def balance(self, account_id: str) -> BalanceView | None:
        async with self._database.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            row = await connection.fetchrow(BALANCE_SQL, account_id)
            if row is None:
                return None
            invoices = await connection.fetch(OPEN_INVOICES_SQL, account_id)
        return BalanceView(
            account_id=row["account_id"],
            seller_id=row["seller_id"],
            currency=row["currency"],
            ledger_version=row["ledger_version"],
            dunning=row["dunning"],
            current=row["open_minor_units"] - row["credit_minor_units"],
            overdue=row["overdue_minor_units"],
            credit=row["credit_minor_units"],
            oldest_overdue_due_on=row["oldest_overdue_due_on"],
            open_invoices=tuple(invoice_view(invoice) for invoice in invoices),
        )


def _address(row: asyncpg.Record | None) -> AddressView | None:
    if row is None:
        return None
    return AddressView(
        company=row["company"],
        line_1=row["line_1"],
        line_2=row["line_2"],
        city=row["city"],
        postal_code=row["postal_code"],
        region=row["region"],
        country=row["country"],
    )
