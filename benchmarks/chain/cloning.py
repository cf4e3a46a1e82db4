"""Makes many accounts out of one: its rows are copied set-wise in every service's database, with ids of their own.

The first account comes through the product's own doors, so its rows are what the product writes. A copy's ids are
derived from the first one's, the same way in every database, so the copies of one account know each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import asyncpg
from saldo_invoicing.adapters import tables as invoicing
from saldo_messaging.tables import timers
from saldo_notifications.adapters import tables as notifications
from saldo_payments.adapters import tables as payments
from saldo_subscriptions.adapters import tables as subscriptions
from sqlalchemy import Table

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER: Final = re.compile(r'"((?:[A-Z]+-?)\d{6,})"')  # of an account or a document, as people see it

# Rows of the seller, not of an account; and what a copied account has not lived through itself.
NOT_COPIED: Final = frozenset({"number_series", "notices"})
# Each copy counts as having drawn as many numbers as the first account did.
SERIES_SQL: Final = "update number_series set next_number = 1 + (next_number - 1) * ($1::bigint + 1)"
TABLES: Final[Mapping[str, Sequence[Table]]] = {
    service: [*(table for table in metadata.sorted_tables if table.name not in NOT_COPIED), timers]
    for service, metadata in (
        ("invoicing", invoicing.metadata),
        ("payments", payments.metadata),
        ("subscriptions", subscriptions.metadata),
        ("notifications", notifications.metadata),
    )
}


async def clone(connections: Mapping[str, asyncpg.Connection], account_id: str, *, copies: int) -> list[str]:
    """The ids of the copies. The databases must be at rest and hold no other account."""
    texts = [text for service in connections for text in await _rows(connections[service], TABLES[service])]
    names = sorted({found for text in texts for found in [*UUID.findall(text), *NUMBER.findall(text)]})
    for service, connection in connections.items():
        async with connection.transaction():
            for table in TABLES[service]:
                await connection.execute(_copy_sql(table, names), copies)
    await connections["invoicing"].execute(SERIES_SQL, copies)
    found = await connections["invoicing"].fetch(
        f"select {_new('$1', 'n')} from generate_series(1, $2) as n", account_id, copies
    )
    return [row[0] for row in found]


async def _rows(connection: asyncpg.Connection, tables: Iterable[Table]) -> list[str]:
    """Every row of these tables as JSON text."""
    return [
        row[0]
        for table in tables
        for row in await connection.fetch(f'select to_jsonb(t)::text from "{table.name}" as t')  # our names
    ]


def _new(name: str, number: str) -> str:
    """SQL for what an id becomes in the copy of this number."""
    return f"md5({name}::text || '/' || {number})::uuid::text"


def _copy_sql(table: Table, names: Sequence[str]) -> str:
    """Each row's text with every id and number replaced, and back into a row."""
    text = "to_jsonb(t)::text"
    for name in names:
        new = _new(f"'{name}'", "n") if UUID.fullmatch(name) else f"'{name}' || '-' || n"
        text = f"replace({text}, '{name}', {new})"
    return (
        f'insert into "{table.name}" select r.* from generate_series(1, $1) as n, "{table.name}" as t, '
        f'lateral jsonb_populate_record(null::"{table.name}", ({text})::jsonb) as r'
    )
