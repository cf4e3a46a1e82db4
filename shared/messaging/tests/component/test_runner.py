"""The runner on a real database: what shares a transaction, what becomes of each command, and what a repeat is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from saldo_messaging import MessagingSettings, Runtime
from saldo_messaging.migrate import migrate_async
from saldo_messaging.tasks import Declined, Deferred, Done, Door, Failed, Task
from saldo_work import (
    Answered,
    Cause,
    CauseReused,
    NotYetKnown,
    Refused,
    RequestKey,
    Transient,
    UnitOfWork,
    system_actor,
)

from shared.messaging.tests.component.purse import Fill, Purse, Script, build
from shared.messaging.tests.until import until

Make = Callable[[str], Awaitable[str]]
CAUSE = Cause("c", system_actor("test"))


@pytest.fixture(scope="module")
async def dsn(make_database: Make) -> str:
    address = await make_database("subscriptions")
    await migrate_async(address, "shared.messaging.tests.component.migrations")
    return address


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def runtime(dsn: str, script: Script) -> AsyncIterator[Runtime]:
    async with Runtime(build(MessagingSettings(dsn, "no-broker:1"), script=script)) as runtime:
        yield runtime


def task(account_id: str, minor_units: int = 1, note: str = "") -> Task:
    return Task(command=Fill(account_id, minor_units, note), cause=CAUSE, door=Door.LOOP)


async def held(runtime: Runtime, account_id: str) -> int | None:
    found: int | None = await runtime.database.pool.fetchval(
        "select held_minor_units from purses where account_id = $1::text::uuid", account_id
    )
    return found


async def transactions(runtime: Runtime, accounts: Sequence[str]) -> int:
    """How many wrote what stands of these accounts, their events included."""
    count: int = await runtime.database.pool.fetchval(
        "select count(distinct writer) from "
        "(select xmin::text as writer from purses where account_id = any($1::uuid[]) "
        "union all select xmin::text from outbox where key = any($1::text[])) as rows",
        accounts,
    )
    return count


async def told_of(runtime: Runtime, account_id: str) -> int:
    count: int = await runtime.database.pool.fetchval("select count(*) from outbox where key = $1", account_id)
    return count


def key(text: str | None = None) -> RequestKey:
    return RequestKey("agent:x", "POST /fill", text or str(uuid4()))


async def test_commands_that_wait_together_share_one_transaction_and_the_last_state(runtime: Runtime) -> None:
    accounts = [str(uuid4()) for _ in range(5)]
    outcomes = await runtime.runner.submit([task(account) for account in accounts * 20])
    assert await transactions(runtime, accounts) == 1
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert [await held(runtime, account) for account in accounts] == [20] * 5
    assert await told_of(runtime, accounts[0]) == 20


async def test_a_refusal_throws_its_stage_away_and_nobody_elses(runtime: Runtime, script: Script) -> None:
    account = str(uuid4())

    async def saves_first(command: Fill, work: UnitOfWork) -> None:
        if command.minor_units < 0:
            purse = await work.get(Purse, account)
            purse.notes = ("must never be seen",)
            work.save(purse)
            work.timers.schedule("fill", f"t/{account}", due_at=work.now, payload={}, account_id=account)

    script.on(account, saves_first)
    outcomes = await runtime.runner.submit([task(account, 3), task(account, -1), task(account, 4)])
    assert isinstance(outcomes[1], Declined) and outcomes[1].code == "negative-fill"
    assert await held(runtime, account) == 7
    assert await runtime.database.pool.fetchval("select count(*) from timers where account_id = $1", account) == 0


async def test_one_that_raises_among_fifty_fails_alone(runtime: Runtime) -> None:
    accounts = [str(uuid4()) for _ in range(50)]
    outcomes = await runtime.runner.submit(
        [task(account, 1, "poison" if number == 17 else "") for number, account in enumerate(accounts)]
    )
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Failed)] == [17]
    assert [await held(runtime, account) for account in accounts] == [None if n == 17 else 1 for n in range(50)]


@pytest.mark.parametrize("fault", ["constraint", "nul", "no uuid", "flush"])
async def test_one_that_the_database_refuses_among_fifty_fails_alone(
    runtime: Runtime, script: Script, fault: str
) -> None:
    accounts = [str(uuid4()) for _ in range(50)]
    tasks = [task(account) for account in accounts]
    match fault:
        case "constraint":
            tasks[31] = task(accounts[31], 2_000_000)
        case "nul":
            tasks[31] = task(accounts[31], 1, "\x00")
        case "no uuid":
            tasks[31] = task("no uuid")
        case _:

            async def saves_nonsense(command: Fill, work: UnitOfWork) -> None:
                work.save(Purse(str(uuid4()), "x", held=None))  # type: ignore[arg-type]  # that is the nonsense

            script.on(accounts[31], saves_nonsense)
    outcomes = await runtime.runner.submit(tasks)
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Failed)] == [31]
    assert [await held(runtime, account) for account in accounts] == [None if n == 31 else 1 for n in range(50)]


async def test_an_error_of_the_database_inside_a_handler_names_its_culprit(runtime: Runtime, script: Script) -> None:
    account, other = str(uuid4()), str(uuid4())

    async def asks_for_nonsense(command: Fill, work: UnitOfWork) -> None:
        await work.find(Purse, "no uuid")

    script.on(account, asks_for_nonsense)
    outcomes = await runtime.runner.submit([task(other), task(account), task(other)])
    assert [type(outcome) for outcome in outcomes] == [Done, Failed, Done]
    assert await held(runtime, other) == 2


async def test_a_handlers_own_os_error_is_its_failure_and_not_the_databases(runtime: Runtime, script: Script) -> None:
    account = str(uuid4())

    async def misses_a_file(command: Fill, work: UnitOfWork) -> None:
        raise FileNotFoundError("catalogue.yaml")

    script.on(account, misses_a_file)
    (outcome,) = await runtime.runner.submit([task(account)])
    assert isinstance(outcome, Failed)


async def test_two_processes_that_create_the_same_row_both_succeed(dsn: str, runtime: Runtime, script: Script) -> None:
    account = str(uuid4())
    both_looked = asyncio.Barrier(2)
    met: set[int] = set()
    other_script = Script()

    def meet(me: int) -> Callable[[Fill, UnitOfWork], Awaitable[None]]:
        async def act(command: Fill, work: UnitOfWork) -> None:
            if me not in met:  # only at the first try; both have seen that there is no row
                met.add(me)
                await both_looked.wait()

        return act

    script.on(account, meet(1))
    other_script.on(account, meet(2))
    async with Runtime(build(MessagingSettings(dsn, "no-broker:1"), script=other_script)) as other:
        outcomes = await asyncio.gather(
            runtime.runner.submit([task(account, 1)]), other.runner.submit([task(account, 2)])
        )
    assert all(isinstance(outcome, Done) for (outcome,) in outcomes)
    assert await held(runtime, account) == 3
    assert len(script.seen) + len(other_script.seen) == 3  # one of them had to run again


async def test_a_deadlock_is_run_again(dsn: str, runtime: Runtime, script: Script) -> None:
    first, second = sorted(str(uuid4()) for _ in range(2))
    await runtime.runner.submit([task(first), task(second)])
    both_hold_one = asyncio.Barrier(2)
    met: set[str] = set()
    other_script = Script()

    def then_wants(wanted: str) -> Callable[[Fill, UnitOfWork], Awaitable[None]]:
        async def act(command: Fill, work: UnitOfWork) -> None:
            if wanted not in met:
                met.add(wanted)
                await both_hold_one.wait()
            await work.get(Purse, wanted)

        return act

    script.on(first, then_wants(second))
    other_script.on(second, then_wants(first))
    async with Runtime(build(MessagingSettings(dsn, "no-broker:1"), script=other_script)) as other:
        outcomes = await asyncio.gather(runtime.runner.submit([task(first)]), other.runner.submit([task(second)]))
    assert all(isinstance(outcome, Done) for (outcome,) in outcomes)
    assert len(script.seen) - 2 + len(other_script.seen) == 3
    assert (await held(runtime, first), await held(runtime, second)) == (2, 2)


async def test_a_request_waits_for_a_copy_and_succeeds_when_it_arrives(runtime: Runtime, script: Script) -> None:
    account, copy = str(uuid4()), str(uuid4())

    async def needs_copy(command: Fill, work: UnitOfWork) -> None:
        if await work.find(Purse, copy) is None:
            raise NotYetKnown("purse", copy)

    script.on(account, needs_copy)
    request = asyncio.create_task(runtime.commands.run(Fill(account, 5), CAUSE, request_key=key()))
    await until(lambda: len(script.seen) > 1)
    await runtime.runner.submit([task(copy)])
    assert (await request).body is not None
    assert await held(runtime, account) == 5


async def test_a_request_gives_up_waiting_after_two_seconds_and_its_key_stays_free(runtime: Runtime) -> None:
    account, request_key = str(uuid4()), key()
    began = time.monotonic()
    with pytest.raises(NotYetKnown):
        await runtime.commands.run(Fill(account, 1, "unknown"), CAUSE, request_key=request_key)
    assert time.monotonic() - began >= 2.0
    answered = await runtime.commands.run(Fill(account, 1), CAUSE, request_key=request_key)
    assert not answered.repeated


async def test_the_same_key_at_the_same_time_does_the_work_once(dsn: str, runtime: Runtime) -> None:
    account, request_key = str(uuid4()), key()
    async with Runtime(build(MessagingSettings(dsn, "no-broker:1"))) as other:
        runs = [
            process.commands.run(Fill(account, 9), CAUSE, request_key=request_key)
            for process in (runtime, other)
            for _ in range(10)
        ]
        answers: list[Answered] = await asyncio.gather(*runs)
    assert await held(runtime, account) == 9
    assert len({str(answer.body) for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False, *[True] * 19]


async def test_the_same_key_with_other_content_is_refused_at_once_and_later(runtime: Runtime) -> None:
    account, request_key = str(uuid4()), key()
    results = await asyncio.gather(
        *(runtime.commands.run(Fill(account, units), CAUSE, request_key=request_key) for units in (1, 2)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [Answered, CauseReused]
    with pytest.raises(CauseReused):
        await runtime.commands.run(Fill(account, 3), CAUSE, request_key=request_key)
    assert await held(runtime, account) == 1


async def test_a_repeat_of_a_refused_request_gets_the_same_refusal(runtime: Runtime, script: Script) -> None:
    account, request_key = str(uuid4()), key()
    refusals = []
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await runtime.commands.run(Fill(account, -4), CAUSE, request_key=request_key)
        refusals.append((refused.value.code, refused.value.message, refused.value.facts))
    assert refusals[0] == refusals[1] == ("negative-fill", "a purse is never emptied", {"minor_units": -4})
    assert len(script.seen) == 1


async def test_a_repeat_of_a_failed_request_runs_again(runtime: Runtime, script: Script) -> None:
    account, request_key = str(uuid4()), key()

    async def fails_once(command: Fill, work: UnitOfWork) -> None:
        script.acts.clear()
        raise RuntimeError("once")

    script.on(account, fails_once)
    with pytest.raises(RuntimeError, match="once"):
        await runtime.commands.run(Fill(account, 2), CAUSE, request_key=request_key)
    answered = await runtime.commands.run(Fill(account, 2), CAUSE, request_key=request_key)
    assert not answered.repeated
    assert await held(runtime, account) == 2


async def test_a_connection_killed_in_the_middle_of_a_unit_is_transient(
    postgres: str, runtime: Runtime, script: Script
) -> None:
    account = str(uuid4())
    administrator = await asyncpg.connect(postgres)

    async def is_killed(command: Fill, work: UnitOfWork) -> None:
        script.acts.clear()
        pid = await work._unit._connection.fetchval("select pg_backend_pid()")  # type: ignore[attr-defined]
        await administrator.execute("select pg_terminate_backend($1)", pid)
        await work.find(Purse, str(uuid4()))

    script.on(account, is_killed)
    with pytest.raises(Transient):
        await runtime.runner.submit([task(account)])
    (outcome,) = await runtime.runner.submit([task(account)])
    assert isinstance(outcome, Done)
    assert await held(runtime, account) == 1
    await administrator.close()


async def test_a_request_whose_commit_was_not_answered_is_found_done_by_its_repeat(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, request_key = str(uuid4()), key()
    leave = asyncpg.transaction.Transaction.__aexit__
    lost: list[str] = []

    async def loses_the_answer(transaction: Any, *raised: Any) -> None:
        await leave(transaction, *raised)
        if not lost:
            lost.append("the connection broke after the server had committed")
            raise ConnectionResetError(lost[0])

    monkeypatch.setattr(asyncpg.transaction.Transaction, "__aexit__", loses_the_answer)
    with pytest.raises(Transient):
        await runtime.commands.run(Fill(account, 6), CAUSE, request_key=request_key)
    answered = await runtime.commands.run(Fill(account, 6), CAUSE, request_key=request_key)
    assert answered.repeated and answered.body is not None and answered.body["held"] == 6
    assert await held(runtime, account) == 6


async def test_stopping_finishes_the_unit_under_way_and_takes_no_new_command(dsn: str) -> None:
    account, script = str(uuid4()), Script()
    entered, may_go_on = asyncio.Event(), asyncio.Event()

    async def takes_its_time(command: Fill, work: UnitOfWork) -> None:
        entered.set()
        await may_go_on.wait()

    script.on(account, takes_its_time)
    async with Runtime(build(MessagingSettings(dsn, "no-broker:1"), script=script)) as runtime:
        under_way = asyncio.create_task(runtime.runner.submit([task(account)]))
        await entered.wait()
        waiting = asyncio.create_task(runtime.runner.submit([task(account)]))
        stop = asyncio.create_task(runtime.runner.stop())
        await until(lambda: runtime.runner._stopping)
        with pytest.raises(Transient):
            await runtime.runner.submit([task(account)])
        may_go_on.set()
        await stop
        assert [type(outcome) for outcome in (*await under_way, *await waiting)] == [Done, Done]
        assert await held(runtime, account) == 2


async def test_a_deferred_loop_command_leaves_nothing_behind(runtime: Runtime) -> None:
    account = str(uuid4())
    (outcome,) = await runtime.runner.submit([task(account, 1, "unknown")])
    assert isinstance(outcome, Deferred)
    assert await held(runtime, account) is None
    assert runtime.runner.counters.begun == runtime.runner.counters.finished
