"""A process that freezes keeps nothing for ever: the server takes its locks back, and it notices when it wakes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from saldo_messaging import database
from saldo_messaging.database import DATABASE_ERRORS, Database

Make = Callable[[str], Awaitable[str]]
LOCK = 4711  # of these tests alone
FROZEN_SECONDS = 1


@pytest.fixture(scope="module")
async def dsn(make_database: Make) -> str:
    return await make_database("subscriptions")


@pytest.fixture
async def frozen_soon(dsn: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """What takes its time in production takes a second here."""
    monkeypatch.setattr(database, "FROZEN_UNIT_SECONDS_MAX", FROZEN_SECONDS)
    monkeypatch.setattr(database, "FROZEN_LEADER_SECONDS_MAX", FROZEN_SECONDS)
    found = Database(dsn, application="frozen")
    await found.open()
    yield found
    await found.close()


async def test_a_unit_that_froze_gives_its_locks_back_and_is_undone(frozen_soon: Database) -> None:
    frozen = await frozen_soon.pool.acquire()
    try:
        await frozen.execute("begin")
        await frozen.execute("select pg_advisory_xact_lock($1)", LOCK)
        async with frozen_soon.pool.acquire() as other, other.transaction():
            await other.execute("select pg_advisory_xact_lock($1)", LOCK)  # returns when it was given back
        with pytest.raises(DATABASE_ERRORS):
            await frozen.execute("commit")
    finally:
        await frozen_soon.pool.release(frozen)


async def test_a_leader_that_froze_loses_its_lead(frozen_soon: Database) -> None:
    frozen, standby = await frozen_soon.connect(), await frozen_soon.connect()
    try:
        await frozen.execute("select pg_advisory_lock($1)", LOCK)
        await standby.execute("select pg_advisory_lock($1)", LOCK)  # returns when it was given back
        with pytest.raises(DATABASE_ERRORS):
            await frozen.execute("select 1")
    finally:
        standby.terminate()
        frozen.terminate()
