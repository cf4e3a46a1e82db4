"""What the inbox forgets, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from saldo_messaging import Database
from saldo_messaging.inbox_retention import InboxRetention
from saldo_messaging.migrate import migrate_async

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
async def database(make_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    dsn = await make_database("subscriptions")
    await migrate_async(dsn, "shared.messaging.tests.component.migrations")
    opened = Database(dsn, application="test")
    await opened.open()
    yield opened
    await opened.close()


async def fill(database: Database) -> None:
    """A message and a request of each of the last 30 days."""
    await database.pool.execute("truncate inbox")
    await database.pool.execute(
        "insert into inbox (cause_key, recorded_at, command_hash) "
        "select gen_random_uuid(), $1::timestamptz - make_interval(days => day), case when request then 'x'::bytea end "
        "from generate_series(0, 29) as day, (values (true), (false)) as kinds(request)",
        NOW,
    )


async def left(database: Database) -> tuple[int, int]:
    row = await database.pool.fetchrow("select count(command_hash) as requests, count(*) as everything from inbox")
    assert row is not None
    return row["requests"], row["everything"] - row["requests"]


async def test_answers_to_requests_are_kept_a_week_and_messages_for_ever(database: Database) -> None:
    await fill(database)
    assert await InboxRetention(database, messages_kept=None).prune(NOW) == 22
    assert await left(database) == (8, 30)


async def test_messages_go_a_day_after_the_operators_retention(database: Database) -> None:
    await fill(database)
    await InboxRetention(database, messages_kept=timedelta(days=10)).prune(NOW)
    assert await left(database) == (8, 12)
    assert await InboxRetention(database, messages_kept=timedelta(days=10)).prune(NOW) == 0
