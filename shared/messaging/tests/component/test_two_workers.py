"""Two workers of one service, and a relay that loses its place: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.subscriptions import ServiceReactivated
from saldo_contracts.topics import public_topic
from saldo_contracts.wire import Amount
from saldo_messaging import MessagingSettings, Runtime, operator_backlog, relay
from saldo_messaging.migrate import migrate_async
from saldo_messaging.tasks import Task
from saldo_messaging.topics import TopicsDiffer, apply_topics, check_topics
from saldo_testkit.harness import Harness
from saldo_work import Cause, UnitOfWork, system_actor

from shared.messaging.tests.component.purse import SELLER, Fill, Script, build
from shared.messaging.tests.until import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
Make = Callable[[str], Awaitable[str]]
Act = Callable[[Fill, UnitOfWork], Awaitable[None]]


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
async def purse(purse_settings: MessagingSettings, script: Script) -> AsyncIterator[Harness]:
    async with Harness(build(purse_settings, script=script), neighbours=("invoicing",)) as harness:
        await harness.runtime.clock.move_to(NOW)  # type: ignore[union-attr]  # the settings say movable
        yield harness


@asynccontextmanager
async def second_worker(purse: Harness, script: Script) -> AsyncIterator[Runtime]:
    settings = replace(purse.service.messaging, replica="1")
    async with Runtime(build(settings, script=script)) as runtime:
        await runtime.start_worker()
        try:
            yield runtime
        finally:
            await runtime.stop_worker()


def cleared(account_id: str, minor_units: int = 1) -> BalanceCleared:
    amount = Amount(minor_units=minor_units, currency="EUR")
    return BalanceCleared(account_id=account_id, seller_id=SELLER, ledger_version=1, balance=amount, cleared_at=NOW)


async def notes_of(purse: Harness, account_id: str) -> list[str]:
    text = await purse.runtime.database.pool.fetchval(
        "select notes::text from purses where account_id = $1::text::uuid", account_id
    )
    notes: list[str] = json.loads(text or "[]")
    return notes


async def told_by(purse: Harness, account: str, count: int) -> Sequence[ServiceReactivated]:
    return await purse.observer.expect(ServiceReactivated, where=lambda e: e.account_id == account, count=count)


async def applied(purse: Harness, told: dict[str, list[str]]) -> bool:
    return all([len(await notes_of(purse, account)) >= len(ids) for account, ids in told.items()])


async def assigned(runtime: Runtime) -> bool:
    return await runtime.readiness()["assignment"]()


async def test_a_worker_that_joins_and_leaves_in_the_middle_loses_and_doubles_nothing(
    purse: Harness, script: Script
) -> None:
    told: dict[str, list[str]] = {str(uuid4()): [] for _ in range(12)}

    async def tell(rounds: int) -> None:
        for _ in range(rounds):
            for account, ids in told.items():
                ids.append((await purse.teller.tell(cleared(account), times=2)).id)

    await tell(5)
    async with second_worker(purse, script) as other:
        await tell(5)
        await until(lambda: assigned(other))
        await tell(5)
        await until(lambda: applied(purse, told), seconds=60)
        counters = (purse.runtime.runner.counters, other.runner.counters)
        assert all(counter.begun for counter in counters)  # both had a share
    await tell(5)
    await until(lambda: applied(purse, told), seconds=60)
    for account, ids in told.items():
        assert await notes_of(purse, account) == ids
        assert len(await told_by(purse, account, len(ids))) == len(ids)


async def test_a_worker_stopped_in_the_middle_of_a_batch_loses_nothing(purse: Harness, script: Script) -> None:
    account = str(uuid4())
    entered, may_go_on = asyncio.Event(), asyncio.Event()

    async def takes_its_time(command: Fill, work: UnitOfWork) -> None:
        entered.set()
        await may_go_on.wait()

    script.on(account, takes_its_time)
    ids = [(await purse.teller.tell(cleared(account))).id for _ in range(5)]
    await entered.wait()
    listener = purse.runtime._listener
    assert listener is not None
    stop = asyncio.create_task(listener.stop())
    await until(lambda: listener._leaving)
    assert not stop.done()  # it waits for the batch under way
    may_go_on.set()
    await stop
    ids += [(await purse.teller.tell(cleared(account))).id for _ in range(3)]
    script.acts.clear()
    listener._topics = set()
    listener.start()
    await until(lambda: applied(purse, {account: ids}), seconds=60)
    assert await notes_of(purse, account) == ids


async def test_a_batch_that_is_cancelled_is_read_again(purse: Harness, script: Script) -> None:
    account = str(uuid4())
    entered = asyncio.Event()

    async def hangs(command: Fill, work: UnitOfWork) -> None:
        script.acts.clear()
        entered.set()
        await asyncio.Event().wait()

    script.on(account, hangs)
    ids = [(await purse.teller.tell(cleared(account))).id for _ in range(3)]
    await entered.wait()
    listener, runner = purse.runtime._listener, purse.runtime.runner
    assert listener is not None and runner._loop is not None
    for task in list(listener._subscriber.tasks):
        task.cancel()  # what FastStream does at the end of the graceful time
    runner._loop.cancel()
    await asyncio.gather(runner._loop, return_exceptions=True)
    await listener.stop()
    runner.start()
    listener._topics = set()
    listener.start()
    await until(lambda: applied(purse, {account: ids}), seconds=60)
    assert await notes_of(purse, account) == ids


async def test_a_new_group_sees_old_events(purse: Harness, make_database: Make) -> None:
    account = str(uuid4())
    ids = [(await purse.teller.tell(cleared(account))).id for _ in range(3)]
    address = await make_database("notifications")
    settings = replace(purse.service.messaging, dsn=address, clock="system")
    service = replace(build(settings), name="notifications")
    await migrate_async(address, service.migrations)
    await apply_topics(settings.kafka_bootstrap, "notifications", replication_factor=settings.replication_factor)
    async with Runtime(service) as runtime:
        await runtime.start_worker()

        async def heard() -> bool:
            text = await runtime.database.pool.fetchval(
                "select notes::text from purses where account_id = $1::text::uuid", account
            )
            return bool(json.loads(text or "[]") == ids)

        await until(heard, seconds=60)
        await runtime.stop_worker()


async def test_without_the_inbox_duplicates_double_their_effects(
    purse: Harness, make_database: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inbox is what keeps the promise: a build without it must be seen to break it."""
    address = await make_database("portal")
    settings = replace(purse.service.messaging, dsn=address, clock="system")
    service = replace(build(settings), name="portal")
    await migrate_async(address, service.migrations)
    await apply_topics(settings.kafka_bootstrap, "portal", replication_factor=settings.replication_factor)
    account = str(uuid4())
    await purse.teller.tell(cleared(account), times=2)
    async with Runtime(service) as runtime:
        translate = runtime.translation.task_of_record

        def without_cause(record: ConsumerRecord[Any, Any]) -> Task | None:
            task = translate(record)
            return task and replace(task, cause_key=None)  # nothing to recognise a repeat by

        monkeypatch.setattr(runtime.translation, "task_of_record", without_cause)
        await runtime.start_worker()

        async def doubled() -> bool:
            found = await runtime.database.pool.fetchval(
                "select held_minor_units from purses where account_id = $1::text::uuid", account
            )
            return bool(found == 2)

        await until(doubled, seconds=60)
        await runtime.stop_worker()


async def test_a_standby_takes_over_when_the_leaders_connection_is_killed(
    purse: Harness, script: Script, postgres: str
) -> None:
    async with second_worker(purse, script) as other:
        leader = purse.runtime._relay
        assert leader is not None and leader.leading and other._relay is not None and not other._relay.leading
        administrator = await asyncpg.connect(postgres)
        killed = await administrator.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where application_name = 'saldo-subscriptions-relay' and pid in (select pid from pg_locks "
            "where locktype = 'advisory' and granted)"
        )
        await administrator.close()
        assert killed >= 1
        account = str(uuid4())
        await other.commands.run(Fill(account, 1), Cause("c", system_actor("test")))
        await purse.observer.one(ServiceReactivated, where=lambda e: e.account_id == account)
        relays = [leader, other._relay]
        await until(lambda: sum(one.leading for one in relays) == 1)


async def test_what_the_outbox_holds_arrives_unchanged(purse: Harness) -> None:
    account = str(uuid4())
    cause = Cause("the cause", system_actor("test"), traceparent=TRACEPARENT, tracestate="vendor=1")
    await purse.runtime.commands.run(Fill(account, 1), cause)
    event = await purse.observer.one(ServiceReactivated, where=lambda e: e.account_id == account)
    seen = next(seen for seen in purse.observer.seen if seen.event == event)
    assert seen.headers["traceparent"] == TRACEPARENT.encode()
    assert seen.headers["tracestate"] == b"vendor=1"
    assert seen.envelope.causation_id == "the cause"


async def insert_row(purse: Harness, key: str, payload: bytes, *, headers: str = "{}") -> int:
    row_id: int = await purse.runtime.database.pool.fetchval(
        "insert into outbox (event_id, topic, key, type, headers, payload, occurred_at) "
        "values (gen_random_uuid(), $1, $2, 'x', $3, $4, now()) returning id",
        public_topic("subscriptions").name,
        key,
        headers,
        payload,
    )
    return row_id


async def parked_rows(purse: Harness, key: str) -> Sequence[int]:
    rows = await purse.runtime.database.pool.fetch("select id from outbox_parked where key = $1 order by id", key)
    return [row["id"] for row in rows]


@pytest.mark.parametrize("fault", ["too large", "no headers"])
async def test_a_row_that_can_never_be_sent_parks_its_key_until_an_operator_decides(purse: Harness, fault: str) -> None:
    key, healthy = str(uuid4()), str(uuid4())
    payload = b"x" * (relay.BATCH_BYTES_MAX + 1) if fault == "too large" else b"{}"
    bad = await insert_row(purse, key, payload, headers="{}" if fault == "too large" else "nonsense")
    behind = await insert_row(purse, key, b"{}")
    await insert_row(purse, healthy, b"{}")
    await until(lambda: _outbox_is_empty(purse))
    later = await insert_row(purse, key, b"{}")  # it may not overtake
    await until(lambda: _outbox_is_empty(purse))
    assert await parked_rows(purse, key) == [bad, behind, later]
    runtime = purse.runtime
    assert len(await operator_backlog.outbox_listed(runtime)) >= 3
    await operator_backlog.outbox_discarded(runtime, bad, actor="ada", reason="nobody can read it")
    await operator_backlog.outbox_retried(runtime, behind)
    await until(lambda: _outbox_is_empty(purse))
    assert await parked_rows(purse, key) == [bad]


async def _outbox_is_empty(purse: Harness) -> bool:
    return not await purse.runtime.database.pool.fetchval("select count(*) from outbox")


async def test_a_topic_with_other_partitions_is_refused_and_no_topic_is_made_by_accident(
    purse: Harness, broker: str
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        assert public_topic("payments").name not in await admin.list_topics()
        with pytest.raises(TopicsDiffer, match="is missing"):
            await check_topics(broker, [public_topic("payments").name])
        await admin.create_topics([NewTopic(public_topic("payments").name, 4, 1)])
        with pytest.raises(TopicsDiffer, match="has 4 partitions, the contracts say 24"):
            await apply_topics(broker, "payments", replication_factor=1)
    finally:
        await admin.close()
