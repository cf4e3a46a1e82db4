"""Every set that is loaded on the hot path is found by an index, however many rows of the past there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from saldo_messaging.migrate import migrate_async
from saldo_payments.adapters.books import SqlBooks
from saldo_payments.adapters.sql_backlog import IN_DOUBT_COUNT_SQL, TO_CHARGE_COUNT_SQL
from saldo_payments.adapters.sql_candidates import TO_ASK_SQL, TO_CHARGE_SQL, TO_CHECK_SQL

GROUPS = [
    (stored.group_sql[name], f"{stored.table.name}_{name}")
    for stored in SqlBooks.declared
    for name in sorted(stored.groups)
]
CANDIDATES = [
    (TO_CHARGE_SQL, "payments_to_charge"),
    (TO_ASK_SQL, "payment_attempts_to_ask"),
    (TO_CHECK_SQL, "payment_methods_to_check"),
]
BACKLOG = [
    (TO_CHARGE_COUNT_SQL, "payments_to_charge"),
    (IN_DOUBT_COUNT_SQL, "payment_attempts_"),  # any of those on open attempts
]


@pytest.fixture(scope="module")
async def connection(make_database: Callable[[str], Awaitable[str]]) -> asyncpg.Connection[asyncpg.Record]:
    dsn = await make_database("payments")
    await migrate_async(dsn, "saldo_payments.migrations")
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(dsn)
    await connection.execute("set enable_seqscan = off")  # the tables are empty; the question is what can be used
    return connection


@pytest.mark.parametrize(
    ("sql", "index"), [*GROUPS, *CANDIDATES, *BACKLOG], ids=lambda value: value if " " not in value else ""
)
async def test_the_index_made_for_it_is_used(
    connection: asyncpg.Connection[asyncpg.Record], sql: str, index: str
) -> None:
    argument = "array['00000000-0000-5000-8000-000000000000']" if "any($1" in sql else "64"
    plan = await connection.fetch("explain " + sql.replace("$1", argument))
    assert index in "\n".join(row[0] for row in plan)
