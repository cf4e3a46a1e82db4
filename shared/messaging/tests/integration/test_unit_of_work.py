"""The unit of work on a real database: one identity map, copies for everybody, and writes in lock order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from saldo_messaging import SqlUnitOfWork, Stored
from saldo_messaging.migrate import MESSAGING_VERSION_TABLE, migrate_async
from saldo_messaging.outgoing import Envelopes
from saldo_messaging.tables import metadata
from saldo_money import Money
from saldo_work import Cause, Needs, NotFound, system_actor
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from shared.messaging.tests.component.purse import Filled, Purse, PurseBooks, announce, purses_table

Make = Callable[[str], Awaitable[str]]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
CAUSE = Cause("c", system_actor("test"))


@pytest.fixture(scope="module")
async def dsn(make_database: Make) -> str:
    address = await make_database("subscriptions")
    await migrate_async(address, "shared.messaging.tests.component.migrations")
    await migrate_async(address, "shared.messaging.tests.component.migrations")  # a second run finds nothing to do
    return address


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(dsn)
    await connection.execute("truncate purses, outbox")
    yield connection
    await connection.close()


@asynccontextmanager
async def books(connection: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[SqlUnitOfWork]:
    async with connection.transaction():
        work = PurseBooks(connection, now=NOW, envelopes=Envelopes("subscriptions"), announce=announce)
        yield work
        await work.flush()


def purse(key: str | None = None, *, owner: str = "ada", minor_units: int = 1) -> Purse:
    return Purse(key or str(uuid4()), owner, Money(minor_units, "EUR"), events=[Filled(Money(minor_units, "EUR"))])


async def store(connection: asyncpg.Connection[asyncpg.Record], *purses: Purse) -> None:
    async with books(connection) as work:
        stage = work.stage(CAUSE)
        for entity in purses:
            stage.save(entity)
        work.merge(stage)


async def rows(connection: asyncpg.Connection[asyncpg.Record]) -> list[tuple[str, int, int]]:
    found = await connection.fetch("select owner, held_minor_units, version from purses order by owner")
    return [(row["owner"], row["held_minor_units"], row["version"]) for row in found]


async def test_a_stage_works_on_copies_until_it_is_merged(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    original = purse()
    await store(connection, original)
    async with books(connection) as work:
        thrown_away, kept, later = (work.stage(CAUSE) for _ in range(3))
        mine = await thrown_away.get(Purse, original.account_id)
        assert mine == original and mine is not original
        mine.held = Money(99, "EUR")
        thrown_away.save(mine)
        assert (await thrown_away.get(Purse, original.account_id)).held == Money(99, "EUR")  # its own stage counts
        yours = await kept.get(Purse, original.account_id)
        assert yours.held == Money(1, "EUR")
        yours.held = Money(2, "EUR")
        kept.save(yours)
        work.merge(kept)
        assert (await later.get(Purse, original.account_id)).held == Money(2, "EUR")
    assert await rows(connection) == [("ada", 2, 2)]


async def test_an_unsaved_change_is_nobodys(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    original = purse()
    await store(connection, original)
    async with books(connection) as work:
        stage = work.stage(CAUSE)
        (await stage.get(Purse, original.account_id)).held = Money(9, "EUR")
        work.merge(stage)
    assert await rows(connection) == [("ada", 1, 1)]


async def test_a_group_sees_what_the_unit_changed_inserted_and_removed(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    stays, leaves, empties, goes = (purse(owner="eve") for _ in range(4))
    joins = purse(owner="ada")
    await store(connection, stays, leaves, empties, goes, joins)
    async with books(connection) as work:
        first, second = work.stage(CAUSE), work.stage(CAUSE)
        for entity in await first.group(Purse, "of_owner", "eve"):
            if entity.account_id == leaves.account_id:
                entity.owner = "ada"
                first.save(entity)
            elif entity.account_id == empties.account_id:
                entity.held = Money(0, "EUR")
                first.save(entity)
            elif entity.account_id == goes.account_id:
                first.remove(entity)
        comes = await first.get(Purse, joins.account_id)
        comes.owner = "eve"
        first.save(comes)
        new = purse(owner="eve")
        first.save(new)
        expected = sorted([stays.account_id, joins.account_id, new.account_id])
        assert [one.account_id for one in await first.group(Purse, "of_owner", "eve")] == expected
        work.merge(first)
        assert [one.account_id for one in await second.group(Purse, "of_owner", "eve")] == expected
    async with books(connection) as work:
        assert [one.account_id for one in await work.stage(CAUSE).group(Purse, "of_owner", "eve")] == expected


async def test_removing_and_saving_in_any_order_ends_as_the_last_word_says(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    original = purse(owner="a")
    await store(connection, original)
    fresh = purse(owner="b")

    async def saves(work: SqlUnitOfWork, entity: Purse) -> None:
        stage = work.stage(CAUSE)
        found = await stage.find(Purse, entity.account_id) or entity
        found.held = Money(7, "EUR")
        stage.save(found)
        work.merge(stage)

    async def removes(work: SqlUnitOfWork, key: str) -> None:
        stage = work.stage(CAUSE)
        stage.remove(await stage.get(Purse, key))
        assert await stage.find(Purse, key) is None
        work.merge(stage)

    async with books(connection) as work:
        for entity in (original, fresh):
            await saves(work, entity)
            await removes(work, entity.account_id)
            with pytest.raises(NotFound):
                await work.stage(CAUSE).get(Purse, entity.account_id)
            await saves(work, entity)
    assert [row[:2] for row in await rows(connection)] == [("a", 7), ("b", 7)]
    async with books(connection) as work:
        for entity in (original, fresh):
            await removes(work, entity.account_id)
    assert await rows(connection) == []


async def test_versions_grow_by_one_and_the_events_of_a_version_are_told_once(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    original = purse()
    await store(connection, original)
    async with books(connection) as work:
        stage = work.stage(CAUSE)
        for amount in (2, 3):
            found = await stage.get(Purse, original.account_id)
            found.events.append(Filled(Money(amount, "EUR")))
            stage.save(found)
        work.merge(stage)
    assert await rows(connection) == [("ada", 1, 3)]
    told = await connection.fetch(
        "select event_id, headers::jsonb ->> 'ce_sequence' as sequence from outbox order by id"
    )
    assert [int(row["sequence"]) for row in told] == [1, 2, 3]
    assert len({row["event_id"] for row in told}) == 3


async def test_what_is_needed_is_loaded_set_wise_and_locked_in_key_order(
    connection: asyncpg.Connection[asyncpg.Record], dsn: str
) -> None:
    purses = [purse() for _ in range(20)]
    await store(connection, *purses)
    other: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(dsn)
    asked: list[str] = []
    connection.add_query_logger(lambda query: asked.append(query.query))
    async with books(connection) as work:
        await work.load([Needs(keys=((Purse, entity.account_id),)) for entity in purses])
        for entity in purses:
            await work.stage(CAUSE).get(Purse, entity.account_id)
        free = await other.fetch("select 1 from purses for update skip locked")
        assert free == []
    loads = [query for query in asked if 'from "purses"' in query]
    assert len(loads) == 1 and loads[0].endswith('order by "purses"."account_id" for update')
    await other.close()


async def test_an_append_only_entity_is_found_again_within_its_unit(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    class Journal(SqlUnitOfWork):
        lines = Stored(Purse, purses_table, key="account_id", append_only=True)

    line = purse()
    async with connection.transaction():
        work = Journal(connection, now=NOW, envelopes=Envelopes("subscriptions"), announce=announce)
        first, second = work.stage(CAUSE), work.stage(CAUSE)
        assert await first.find(Purse, line.account_id) is None
        first.save(line)
        work.merge(first)
        assert await second.find(Purse, line.account_id) is not None
        with pytest.raises(TypeError, match="append only"):
            second.remove(line)
        await work.flush()
    assert len(await rows(connection)) == 1


async def test_what_frees_a_unique_value_is_written_before_what_takes_it(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    await connection.execute("create unique index one_a_owner on purses (owner)")
    try:
        gone, changed = purse(owner="a"), purse(owner="b")
        await store(connection, gone, changed)
        async with books(connection) as work:
            stage = work.stage(CAUSE)
            stage.save(purse(owner="a", minor_units=5))
            stage.save(purse(owner="b", minor_units=6))
            stage.remove(await stage.get(Purse, gone.account_id))
            other = await stage.get(Purse, changed.account_id)
            other.owner = "c"
            stage.save(other)
            work.merge(stage)
        assert [row[:2] for row in await rows(connection)] == [("a", 5), ("b", 6), ("c", 1)]
    finally:
        await connection.execute("drop index one_a_owner")


async def test_what_is_not_declared_is_refused(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    async with books(connection) as work:
        with pytest.raises(TypeError, match="PurseBooks does not store str"):
            await work.stage(CAUSE).find(str, "x")


async def test_the_migrations_make_the_tables_that_the_code_describes(dsn: str) -> None:
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))

    def differences(connection: Connection) -> object:
        own = set(metadata.tables)
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": MESSAGING_VERSION_TABLE,
                "include_name": lambda name, kind, parents: kind != "table" or name in own,
            },
        )
        return [one for one in compare_metadata(context, metadata) if "comment" not in str(one[0])]

    async with engine.connect() as open_connection:
        assert await open_connection.run_sync(differences) == []
    await engine.dispose()
