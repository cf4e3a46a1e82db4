"""What can be read of an account: plain queries, no locks, pages by the order of an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from saldo_messaging import Stored
from sqlalchemy import Column, ColumnElement, Select, Text, literal, select, tuple_
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from saldo_subscriptions.adapters import tables
from saldo_subscriptions.adapters.books import SqlBooks
from saldo_subscriptions.application.ports import FinishedCharges
from saldo_subscriptions.domain.account import Account
from saldo_subscriptions.domain.charge_line import ChargeLine
from saldo_subscriptions.domain.order import Order
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import Subscription

if TYPE_CHECKING:
    import asyncpg

Entity = TypeVar("Entity")


class SqlAccountReads:
    """Keeps `ports.AccountReads`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def account(self, account_id: str) -> Account | None:
        """See the port."""
        found = await self._all(SqlBooks.accounts, tables.accounts.c.account_id == account_id)
        return found[0] if found else None

    async def standing(self, account_id: str) -> Standing | None:
        """See the port."""
        found = await self._all(SqlBooks.standings, tables.standings.c.account_id == account_id)
        return found[0] if found else None

    async def subscriptions(self, account_id: str, *, after: str | None, limit: int) -> Sequence[Subscription]:
        """See the port."""
        table = tables.subscriptions
        asked = _select(SqlBooks.subscriptions).where(table.c.account_id == account_id)
        if after is not None:
            asked = asked.where(table.c.subscription_id > after)
        return await self._entities(SqlBooks.subscriptions, asked.order_by(table.c.subscription_id).limit(limit))

    async def subscription(self, account_id: str, subscription_id: str) -> Subscription | None:
        """See the port."""
        table = tables.subscriptions
        found = await self._all(
            SqlBooks.subscriptions, table.c.account_id == account_id, table.c.subscription_id == subscription_id
        )
        return found[0] if found else None

    async def charges(
        self, account_id: str, *, after: tuple[date, str] | None, limit: int
    ) -> Sequence[FinishedCharges]:
        """See the port."""
        table = tables.charges
        asked = _select(SqlBooks.charges).where(table.c.account_id == account_id)
        if after is not None:
            asked = asked.where(_before((table.c.billing_on, table.c.charges_id), after))
        order = (table.c.billing_on.desc(), table.c.charges_id.desc())
        found = await self._entities(SqlBooks.charges, asked.order_by(*order).limit(limit))
        lines = await self._lines([charges.charges_id for charges in found])
        return [FinishedCharges(charges=charges, lines=tuple(lines[charges.charges_id])) for charges in found]

    async def refused_orders(
        self, account_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Order]:
        """See the port."""
        table = tables.orders
        asked = _select(SqlBooks.orders).where(table.c.account_id == account_id, table.c.status == "rejected")
        if after is not None:
            asked = asked.where(_before((table.c.decided_at, table.c.order_id), after))
        order = (table.c.decided_at.desc(), table.c.order_id.desc())
        return await self._entities(SqlBooks.orders, asked.order_by(*order).limit(limit))

    async def _lines(self, charges_ids: Sequence[str]) -> dict[str, list[ChargeLine]]:
        lines: dict[str, list[ChargeLine]] = defaultdict(list)
        for line in await self._all(SqlBooks.lines, tables.charge_lines.c.charges_id.in_(charges_ids)):
            lines[line.charges_id].append(line)
        return lines

    async def _all(self, stored: Stored[Entity], *conditions: ColumnElement[bool]) -> Sequence[Entity]:
        return await self._entities(stored, _select(stored).where(*conditions).order_by(stored.table.c[stored.key]))

    async def _entities(self, stored: Stored[Entity], asked: Select[tuple[object, ...]]) -> Sequence[Entity]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(asked)).mappings().all()
        return [stored.make(cast("asyncpg.Record", row)) for row in rows]  # it asks for columns by name alone


def _select(stored: Stored[Entity]) -> Select[tuple[object, ...]]:
    """The columns as `Stored.make` reads them: JSON as text."""
    columns = (
        sql_cast(column, Text).label(column.name) if isinstance(column.type, JSONB) else column
        for column in stored.table.c
    )
    return cast("Select[tuple[object, ...]]", select(*columns))


def _before(columns: Sequence[Column[Any]], after: Sequence[object]) -> ColumnElement[bool]:
    """The rows that come after the last one seen, newest first; each value in its column's own type."""
    return tuple_(*columns) < tuple_(*(literal(value, of.type) for value, of in zip(after, columns, strict=True)))
