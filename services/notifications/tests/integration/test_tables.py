"""The database of this service: made by its migrations, and strict about states."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from saldo_messaging import Database
from saldo_messaging.migrate import migrate_async
from saldo_messaging.tables import metadata as messaging
from saldo_notifications.adapters import tables
from saldo_notifications.adapters.catalogues import languages
from saldo_notifications.adapters.sql_candidates import SqlCandidates
from saldo_notifications.adapters.sql_notice_log import SqlNoticeLog
from saldo_notifications.adapters.yaml_sellers import YamlSellers
from sqlalchemy import Connection

MIGRATIONS = "saldo_notifications.migrations"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
async def database(make_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    dsn = await make_database("notifications")
    await migrate_async(dsn, MIGRATIONS)
    await migrate_async(dsn, MIGRATIONS)
    opened = Database(dsn, application="test")
    await opened.open()
    yield opened
    await opened.close()


async def row(database: Database, **changed: Any) -> dict[str, Any]:
    """A queued notice that is due, as a row; `changed` says what is other."""
    values: dict[str, Any] = {
        "notice_id": str(uuid4()),
        "account_id": str(uuid4()),
        "seller_id": "borealis",
        "event_id": str(uuid4()),
        "event_type": "billing.payment.succeeded.v1",
        "contact_id": str(uuid4()),
        "template": "payment-succeeded",
        "facts": "{}",
        "account_number": "B-1001",
        "account_language": "en",
        "time_zone": "UTC",
        "composed_at": NOW,
        "recorded_at": NOW,
        "next_try_at": NOW,
        "state": "queued",
        "claim": 0,
        "attempts": 0,
        "tries": 0,
        "doubtful_attempts": 0,
        "version": 1,
        **changed,
    }
    async with database.engine.begin() as connection:
        await connection.execute(tables.notices.insert().values(**values))
    return values


async def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        ours = {
            "compare_type": True,
            "include_object": lambda _, name, kind, *__: (
                not (kind == "table" and (name in messaging.tables or name.startswith("alembic_version")))
            ),
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=ours), tables.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"state": "lost", "next_try_at": None}, "notices_state"),
        ({"next_try_at": None}, "notices_queued_has_a_time"),
        ({"state": "claimed", "next_try_at": None}, "notices_claimed_has_a_lease"),
        ({"state": "waiting_for_contact", "next_try_at": None}, "notices_waiting_has_a_limit"),
        ({"state": "sent", "next_try_at": None}, "notices_sent_has_a_time"),
        ({"state": "failed", "next_try_at": None}, "notices_failed_has_a_reason"),
        ({"state": "sent", "next_try_at": None, "sent_at": NOW, "failure": "other"}, "notices_sent_has_no_reason"),
        ({"lease_until": NOW}, "notices_claimed_has_a_lease"),
        ({"contact_id": None}, "notices_sent_to_somebody"),
    ],
)
async def test_the_database_refuses_a_state_without_what_belongs_to_it(
    database: Database, changed: dict[str, Any], rule: str
) -> None:
    with pytest.raises(Exception, match=rule):
        await row(database, **changed)


async def test_an_erased_contact_cannot_keep_an_address_and_a_known_one_has_one(database: Database) -> None:
    insert = (
        "insert into contacts (contact_id, account_id, seller_id, email, name, snapshot_version, erased_at, version) "
        "values ($1, $2, 'borealis', $3, $4, 1, $5, 1)"
    )
    for email, name, erased_at in [("a@b.example", None, NOW), (None, "Anna", NOW), (None, None, None)]:
        with pytest.raises(asyncpg.CheckViolationError):
            await database.pool.execute(insert, str(uuid4()), str(uuid4()), email, name, erased_at)


async def test_due_notices_and_those_whose_lease_ran_out_are_found_and_no_others(database: Database) -> None:
    await database.pool.execute("delete from notices")
    later = datetime.now(UTC) + timedelta(hours=1)
    due = await row(database, traceparent="00-a-b-01")
    stale = await row(database, state="claimed", next_try_at=None, lease_until=NOW)
    await row(database, next_try_at=later)
    await row(database, state="claimed", next_try_at=None, lease_until=later)
    await row(database, state="sent", next_try_at=None, sent_at=NOW)
    found = await SqlCandidates(database).due(10)
    assert [one.notice_id for one in found] == [due["notice_id"], stale["notice_id"]]
    assert (found[0].contact_id, found[0].event_id) == (due["contact_id"], due["event_id"])
    assert (found[0].traceparent, found[0].recorded_at) == ("00-a-b-01", NOW)
    assert len(await SqlCandidates(database).due(1)) == 1


async def test_a_waiting_notice_is_found_when_its_contact_came_or_its_limit_passed(database: Database) -> None:
    await database.pool.execute("delete from notices")
    later = datetime.now(UTC) + timedelta(hours=1)
    came = await row(database, state="waiting_for_contact", next_try_at=None, wait_until=later)
    over = await row(database, state="waiting_for_contact", next_try_at=None, wait_until=NOW)
    await row(database, state="waiting_for_contact", next_try_at=None, wait_until=later)
    await database.pool.execute(
        "insert into contacts (contact_id, account_id, seller_id, email, snapshot_version, version) "
        "values ($1, $2, 'borealis', 'a@b.example', 1, 1)",
        came["contact_id"],
        came["account_id"],
    )
    found = await SqlCandidates(database).released(10)
    assert {one.notice_id for one in found} == {came["notice_id"], over["notice_id"]}


async def test_a_notice_without_recipient_is_found_when_its_account_told_of_somebody(database: Database) -> None:
    await database.pool.execute("delete from notices")
    later = datetime.now(UTC) + timedelta(hours=1)
    waits: dict[str, Any] = {"contact_id": None, "state": "waiting_for_contact", "next_try_at": None}
    insert = (
        "insert into accounts (account_id, seller_id, number, language, time_zone, billing_contact_id, "
        "profile_version, recipients, recipients_version, version) "
        "values ($1, 'borealis', 'B', 'en', 'UTC', $2, 1, $3, 1, 1)"
    )
    told = []
    for billing_contact, recipients in [(str(uuid4()), "[]"), (None, '[{"contact_id": "c", "primary": false}]')]:
        one = await row(database, **waits, wait_until=later)
        await database.pool.execute(insert, one["account_id"], billing_contact, recipients)
        told.append(one["notice_id"])
    silent = await row(database, **waits, wait_until=later)
    await database.pool.execute(insert, silent["account_id"], None, "[]")
    await row(database, **waits, wait_until=later)
    assert {one.notice_id for one in await SqlCandidates(database).released(10)} == set(told)


async def test_the_log_is_read_newest_first_page_by_page_also_where_times_are_equal(database: Database) -> None:
    account_id = str(uuid4())
    log = SqlNoticeLog(database, YamlSellers(None, languages=languages()))
    times = [NOW, NOW, NOW + timedelta(hours=1), NOW - timedelta(hours=1)]
    rows = [await row(database, account_id=account_id, composed_at=at) for at in times]
    await row(database)
    wanted = sorted(((one["composed_at"], one["notice_id"]) for one in rows), reverse=True)
    read: list[tuple[datetime, str]] = []
    while page := await log.of_account(account_id, state=None, after=read[-1] if read else None, limit=1):
        read += [(view.composed_at, view.notice_id) for view in page]
    assert read == wanted
    assert await log.of_account(account_id, state="failed", after=None, limit=10) == []


async def test_a_notice_of_another_account_is_not_there(database: Database) -> None:
    log = SqlNoticeLog(database, YamlSellers(None, languages=languages()))
    one = await row(database, seller_id="gone")
    view = await log.one(one["account_id"], one["notice_id"])
    assert view is not None
    assert view.message_id is None
    assert await log.one(str(uuid4()), one["notice_id"]) is None
    assert await log.seller_of(one["account_id"]) is None
