"""What pages read, straight from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from pydantic import TypeAdapter
from saldo_messaging import Database
from saldo_money import Money

from saldo_payments.application.ports import AccountView, AttemptView, MethodView, PaymentView, Readings
from saldo_payments.domain.attempts_window import AttemptsWindow

ATTEMPTS_MAX = 100  # of one payment; the schedule allows five
_WINDOW = TypeAdapter(AttemptsWindow)

ACCOUNT_SQL = (
    "select account_id::text, seller_id, currency, autopay, automatic_collection, default_method_id::text, "
    "attempts::text, version from accounts where account_id = $1::text::uuid"
)
METHOD_COLUMNS = (
    "m.payment_method_id::text, m.account_id::text, m.status, m.brand, m.last_four, m.expiry_year, m.expiry_month, "
    "coalesce(a.default_method_id = m.payment_method_id, false) as is_default, m.submitted_at, m.decision_due_at, "
    "m.decided_at, m.decision_overdue, m.rejection, m.rests_until, m.next_action_url, m.contact_id::text, m.version"
)
METHODS_SQL = (
    "select " + METHOD_COLUMNS + " from payment_methods m join accounts a using (account_id) "  # noqa: S608  own texts
    "where m.account_id = $1::text::uuid "
    "and ($2::timestamptz is null or (m.submitted_at, m.payment_method_id) < ($2::timestamptz, $3::text::uuid)) "
    "order by m.submitted_at desc, m.payment_method_id desc limit $4"
)
METHOD_SQL = (
    "select " + METHOD_COLUMNS + " from payment_methods m join accounts a using (account_id) "  # noqa: S608  own texts
    "where m.account_id = $1::text::uuid and m.payment_method_id = $2::text::uuid"
)
PAYMENT_COLUMNS = (
    "payment_id::text, account_id::text, seller_id, origin, status, asked_minor_units, amount_minor_units, currency, "
    "invoice_id::text, payment_method_id::text, brand, last_four, requested_at, ended_at, captured_at, reason, "
    "next_automatic_try_at, held_until, in_doubt_alarmed, resolution_reason, version"
)
PAYMENTS_SQL = (
    "select " + PAYMENT_COLUMNS + " from payments where account_id = $1::text::uuid "  # noqa: S608  own texts
    "and ($2::timestamptz is null or (requested_at, payment_id) < ($2::timestamptz, $3::text::uuid)) "
    "order by requested_at desc, payment_id desc limit $4"
)
PAYMENT_SQL = (
    "select " + PAYMENT_COLUMNS + " from payments "  # noqa: S608  own texts
    "where account_id = $1::text::uuid and payment_id = $2::text::uuid"
)
ATTEMPTS_SQL = (
    "select attempt_id::text, number, status, amount_minor_units, currency, payment_method_id::text, reason, "
    "started_at, settled_at, next_action_url, expires_at from payment_attempts where payment_id = $1::text::uuid "
    "order by number limit $2"
)
OWNER_SQL = "select account_id::text from payments where payment_id = $1::text::uuid"
PROMISED_SQL = (
    "select count(*) from payments where account_id = $1::text::uuid and status = 'requested' and origin <> 'autopay'"
)


class SqlReadings(Readings):
    """Keeps the promise of `Readings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, account_id: str) -> AccountView | None:
        row = await self._database.pool.fetchrow(ACCOUNT_SQL, account_id)
        if row is None:
            return None
        return AccountView(
            account_id=row["account_id"],
            seller_id=row["seller_id"],
            currency=row["currency"],
            autopay=row["autopay"],
            automatic_collection=row["automatic_collection"],
            default_method_id=row["default_method_id"],
            attempts=_WINDOW.validate_json(row["attempts"]),
            version=row["version"],
        )

    async def methods(self, account_id: str, *, after: tuple[datetime, str] | None, limit: int) -> Sequence[MethodView]:
        moment, last = after or (None, None)
        return [_method(row) for row in await self._database.pool.fetch(METHODS_SQL, account_id, moment, last, limit)]

    async def method(self, account_id: str, payment_method_id: str) -> MethodView | None:
        row = await self._database.pool.fetchrow(METHOD_SQL, account_id, payment_method_id)
        return None if row is None else _method(row)

    async def payments(
        self, account_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[PaymentView]:
        moment, last = after or (None, None)
        rows = await self._database.pool.fetch(PAYMENTS_SQL, account_id, moment, last, limit)
        return [_payment(row, ()) for row in rows]

    async def payment(self, account_id: str, payment_id: str) -> PaymentView | None:
        row = await self._database.pool.fetchrow(PAYMENT_SQL, account_id, payment_id)
        if row is None:
            return None
        attempts = await self._database.pool.fetch(ATTEMPTS_SQL, payment_id, ATTEMPTS_MAX)
        return _payment(row, attempts)

    async def promised_tries(self, account_id: str) -> int:
        return int(await self._database.pool.fetchval(PROMISED_SQL, account_id))

    async def owner_of_payment(self, payment_id: str) -> str | None:
        owner: str | None = await self._database.pool.fetchval(OWNER_SQL, payment_id)
        return owner


def _method(row: asyncpg.Record) -> MethodView:
    return MethodView(**dict(row))


def _payment(row: asyncpg.Record, attempts: Sequence[asyncpg.Record]) -> PaymentView:
    fields = dict(row)
    currency = fields.pop("currency")
    return PaymentView(
        asked=Money(fields.pop("asked_minor_units"), currency),
        amount=Money(fields.pop("amount_minor_units"), currency),
        attempts=tuple(_attempt(attempt) for attempt in attempts),
        **fields,
    )


def _attempt(row: asyncpg.Record) -> AttemptView:
    fields = dict(row)
    return AttemptView(amount=Money(fields.pop("amount_minor_units"), fields.pop("currency")), **fields)
