"""Claim, call, settle on a real database: bounds, failures, and what a stop leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import uuid4

import pytest
from saldo_messaging import ClaimLoop, MessagingSettings, Runtime, Step, loops
from saldo_messaging.loops import LoopRun
from saldo_messaging.migrate import migrate_async
from saldo_messaging.tasks import Outcome, Task
from saldo_work import Answer, Transient

from shared.messaging.tests.component.purse import CallEnded, CallOut, build, purses_table
from shared.messaging.tests.until import until

Make = Callable[[str], Awaitable[str]]
Call = Callable[[Answer], Awaitable[object | None]]


@pytest.fixture(scope="module")
async def settings(make_database: Make) -> MessagingSettings:
    address = await make_database("subscriptions")
    await migrate_async(address, "shared.messaging.tests.component.migrations")
    return MessagingSettings(address, "no-broker:1")


@pytest.fixture
async def runtime(settings: MessagingSettings) -> AsyncIterator[Runtime]:
    async with Runtime(build(settings)) as runtime:
        await runtime.database.pool.execute("truncate purses, timers, business_clock, outbox")
        yield runtime


async def want(runtime: Runtime, count: int) -> list[str]:
    accounts = sorted(str(uuid4()) for _ in range(count))
    async with runtime.database.engine.begin() as connection:
        for account in accounts:
            row = {
                "account_id": account,
                "owner": "ada",
                "held_minor_units": 0,
                "currency": "EUR",
                "state": "wanted",
                "notes": [],
                "version": 1,
            }
            await connection.execute(purses_table.insert().values(row))
    return accounts


async def in_state(runtime: Runtime, state: str) -> int:
    count: int = await runtime.database.pool.fetchval("select count(*) from purses where state = $1", state)
    return count


def account_in(answer: Answer) -> str:
    return str((answer or {})["account_id"])


def loop_over(
    runtime: Runtime, call: Call, *, concurrency: int = 4, command: Callable[[str], object] = CallOut
) -> LoopRun:
    async def candidates(limit: int) -> Sequence[Step]:
        rows = await runtime.database.pool.fetch(
            "select account_id::text from purses where state = 'wanted' order by account_id limit $1", limit
        )
        return [Step(command(row["account_id"]), cause_id=row["account_id"]) for row in rows]

    return LoopRun(
        "subscriptions",
        ClaimLoop("calls", candidates=candidates, call=call, concurrency=concurrency, batch=64),
        runtime.runner,
    )


async def test_never_more_calls_are_under_way_than_allowed_and_all_are_made_once(runtime: Runtime) -> None:
    accounts = await want(runtime, 40)
    made: list[str] = []
    under_way = most = 0

    async def call(answer: Answer) -> object:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        made.append(account_in(answer))
        await asyncio.sleep(0)
        under_way -= 1
        return CallEnded(account_in(answer))

    loop = loop_over(runtime, call)
    loop.start()
    await until(lambda: _all_open(runtime, 40))
    await loop.stop()
    assert most <= 4
    assert sorted(made) == accounts


async def _all_open(runtime: Runtime, count: int) -> bool:
    return await in_state(runtime, "open") == count


async def test_two_replicas_claim_nothing_twice(settings: MessagingSettings, runtime: Runtime) -> None:
    accounts = await want(runtime, 60)
    made: list[str] = []

    async def call(answer: Answer) -> object:
        made.append(account_in(answer))
        return CallEnded(account_in(answer))

    async with Runtime(build(settings)) as replica:
        runs = [loop_over(process, call, concurrency=32) for process in (runtime, replica)]
        for loop in runs:
            loop.start()
        await until(lambda: _all_open(runtime, 60))
        await asyncio.gather(*(loop.stop() for loop in runs))
    assert sorted(made) == accounts


async def test_a_call_that_raises_leaves_its_lease_and_hurts_nobody_else(runtime: Runtime) -> None:
    accounts = await want(runtime, 5)

    async def call(answer: Answer) -> object:
        if account_in(answer) == accounts[0]:
            raise RuntimeError("the outside did what it may not")
        return CallEnded(account_in(answer))

    loop = loop_over(runtime, call)
    loop.start()
    await until(lambda: _all_open(runtime, 4))
    await loop.stop()
    assert await in_state(runtime, "called") == 1
    assert loop.under_way == 0


async def test_a_settlement_is_tried_again_while_the_database_is_away(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await want(runtime, 1)
    monkeypatch.setattr(loops, "BACK_OFF_SECONDS", 0.01)
    submit = runtime.runner.submit
    away = 3

    async def fails_at_first(tasks: Sequence[Task]) -> Sequence[Outcome]:
        nonlocal away
        if isinstance(tasks[0].command, CallEnded) and away:
            away -= 1
            raise Transient("away")
        return await submit(tasks)

    monkeypatch.setattr(runtime.runner, "submit", fails_at_first)

    async def call(answer: Answer) -> object:
        return CallEnded(account_in(answer))

    loop = loop_over(runtime, call)
    loop.start()
    await until(lambda: _all_open(runtime, 1))
    await loop.stop()
    assert away == 0


async def test_stopping_waits_for_the_calls_under_way_and_claims_nothing_more(runtime: Runtime) -> None:
    await want(runtime, 10)
    called, may_end = asyncio.Event(), asyncio.Event()

    async def call(answer: Answer) -> object:
        called.set()
        await may_end.wait()
        return CallEnded(account_in(answer))

    loop = loop_over(runtime, call, concurrency=2)
    loop.start()
    await called.wait()
    await until(lambda: loop.under_way == 2)
    stop = asyncio.create_task(loop.stop())
    await asyncio.sleep(0)
    assert not stop.done()
    may_end.set()
    await stop
    assert await in_state(runtime, "called") == 0  # whatever was claimed was called and settled
    assert await in_state(runtime, "open") + await in_state(runtime, "wanted") == 10


async def test_a_claim_that_fails_or_is_refused_does_not_spin(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = await want(runtime, 2)
    looks = 0

    def command(account_id: str) -> object:
        nonlocal looks
        looks += 1
        return CallOut("no uuid") if account_id == accounts[0] else CallEnded(account_id)

    async def call(answer: Answer) -> None:
        return None

    loop = loop_over(runtime, call, command=command)
    assert await loop.run_once() == 1
    assert loop._rest_seconds == loops.BACK_OFF_SECONDS
    await loop.stop()
    assert looks == 2
