"""Timers on a real database: order, second thoughts, several replicas, and the way out of a failure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from saldo_messaging import MessagingSettings, Runtime, Service
from saldo_messaging.clocks import MovableClock
from saldo_messaging.command_line import main
from saldo_messaging.migrate import migrate_async
from saldo_messaging.timer_claims import COUNT_DUE_SQL
from saldo_messaging.timer_loop import TimerLoop
from saldo_work import NotYetKnown, UnitOfWork

from shared.messaging.tests.component.purse import Fill, Script, build

Make = Callable[[str], Awaitable[str]]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
async def settings(make_database: Make) -> MessagingSettings:
    address = await make_database("subscriptions")
    await migrate_async(address, "shared.messaging.tests.component.migrations")
    return MessagingSettings(address, "no-broker:1", clock="movable")


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def runtime(settings: MessagingSettings, script: Script) -> AsyncIterator[Runtime]:
    async with Runtime(build(settings, script=script)) as runtime:
        await runtime.database.pool.execute("truncate purses, timers, business_clock, outbox")
        await clock_of(runtime).move_to(NOW)
        yield runtime


def clock_of(runtime: Runtime) -> MovableClock:
    assert isinstance(runtime.clock, MovableClock)
    return runtime.clock


def timers_of(runtime: Runtime) -> TimerLoop:
    return TimerLoop(
        "subscriptions",
        runtime.database,
        clock=runtime.clock,
        runner=runtime.runner,
        kinds=runtime.service.timers,
    )


async def set_timer(
    runtime: Runtime, account: str, name: str, due_at: datetime, *, minor_units: int = 1, kind: str = "fill"
) -> None:
    await runtime.database.pool.execute(
        "insert into timers (dedupe_key, kind, due_at, payload, account_id) values ($1, $2, $3, $4::jsonb, $5)",
        name,
        kind,
        due_at,
        json.dumps({"account_id": account, "minor_units": minor_units}),
        account,
    )


async def standing(runtime: Runtime) -> list[str]:
    rows = await runtime.database.pool.fetch("select dedupe_key from timers order by dedupe_key")
    return [row["dedupe_key"] for row in rows]


async def drain(timers: TimerLoop) -> None:
    while await timers.run_due():
        pass


async def test_catching_up_runs_an_accounts_timers_in_the_order_of_their_due_times(
    runtime: Runtime, script: Script
) -> None:
    account, other = str(uuid4()), str(uuid4())
    times: list[tuple[int, datetime]] = []

    async def notes_the_time(command: Fill, work: UnitOfWork) -> None:
        times.append((command.minor_units, work.now))

    script.on(account, notes_the_time)
    for day in (5, 2, 4, 3, 1):
        await set_timer(runtime, account, f"a{day}", NOW + timedelta(days=day), minor_units=day)
        await set_timer(runtime, other, f"b{day}", NOW + timedelta(days=day))
    await clock_of(runtime).move_to(NOW + timedelta(days=4, hours=1))
    assert await timers_of(runtime).run_due() == 2  # of each account its earliest moment
    await drain(timers_of(runtime))
    assert times == [(day, NOW + timedelta(days=day)) for day in (1, 2, 3, 4)]
    assert await standing(runtime) == ["a5", "b5"]


async def test_a_timer_that_an_earlier_command_of_the_unit_cancels_or_moves_does_not_run(
    runtime: Runtime, script: Script
) -> None:
    payer, cancelled, moved = (str(uuid4()) for _ in range(3))

    async def has_second_thoughts(command: Fill, work: UnitOfWork) -> None:
        work.timers.cancel("2-cancelled")
        work.timers.schedule(
            "fill",
            "3-moved",
            due_at=NOW + timedelta(days=9),
            payload={"account_id": moved, "minor_units": 2},
            account_id=moved,
        )

    script.on(payer, has_second_thoughts)
    await set_timer(runtime, payer, "1-pays", NOW)
    await set_timer(runtime, cancelled, "2-cancelled", NOW)
    await set_timer(runtime, moved, "3-moved", NOW)
    assert await timers_of(runtime).run_due() == 3
    assert [command.account_id for command in script.seen] == [payer]
    assert await standing(runtime) == ["3-moved"]
    await clock_of(runtime).move_to(NOW + timedelta(days=9))
    await drain(timers_of(runtime))
    assert [command.account_id for command in script.seen] == [payer, moved]


async def test_a_command_may_set_its_own_timer_anew(runtime: Runtime, script: Script) -> None:
    account = str(uuid4())

    async def comes_again(command: Fill, work: UnitOfWork) -> None:
        work.timers.schedule(
            "fill",
            "monthly",
            due_at=work.now + timedelta(days=30),
            payload={"account_id": account, "minor_units": 1},
            account_id=account,
        )

    script.on(account, comes_again)
    await set_timer(runtime, account, "monthly", NOW)
    await clock_of(runtime).move_to(NOW + timedelta(days=100))
    await drain(timers_of(runtime))
    assert len(script.seen) == 4  # at day 0, 30, 60 and 90, each at its own time
    assert await runtime.database.pool.fetchval("select due_at from timers") == NOW + timedelta(days=120)


async def test_two_replicas_share_the_rows_and_run_none_twice(settings: MessagingSettings, runtime: Runtime) -> None:
    accounts = [str(uuid4()) for _ in range(40)]
    for account in accounts:
        for number in range(3):
            await set_timer(runtime, account, f"{account}/{number}", NOW - timedelta(days=number))
    async with Runtime(build(settings)) as replica:
        await asyncio.gather(*(drain(timers_of(process)) for process in (runtime, replica, runtime)))
        await drain(timers_of(runtime))
    rows = await runtime.database.pool.fetch("select held_minor_units, version from purses")
    assert [(row["held_minor_units"], row["version"]) for row in rows] == [(3, 3)] * 40
    assert await standing(runtime) == []


async def test_a_timer_that_waits_for_a_copy_is_put_off_and_holds_back_its_account(
    runtime: Runtime, script: Script
) -> None:
    account, other = str(uuid4()), str(uuid4())

    async def does_not_know(command: Fill, work: UnitOfWork) -> None:
        raise NotYetKnown("copy", account)

    script.on(account, does_not_know)
    await set_timer(runtime, account, "first", NOW - timedelta(days=2))
    await set_timer(runtime, account, "second", NOW - timedelta(days=1))
    await set_timer(runtime, other, "other", NOW)
    await drain(timers_of(runtime))
    assert [command.account_id for command in script.seen] == [account, other]
    assert await runtime.database.pool.fetchval(COUNT_DUE_SQL, NOW) == 2  # not quiet: it is to be tried again
    script.acts.clear()
    await runtime.database.pool.execute("update timers set not_before = clock_timestamp() where not_before is not null")
    await drain(timers_of(runtime))
    assert await standing(runtime) == []
    assert [command.account_id for command in script.seen] == [account, other, account, account]


def run(service: Service, *arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(lambda: service, arguments)
    return str(ended.value.code or "") + capsys.readouterr().out


@pytest.mark.parametrize("fault", ["handler", "unknown kind", "payload"])
async def test_a_timer_that_fails_is_parked_with_its_reason_and_an_operator_gives_it_back(
    runtime: Runtime, script: Script, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    account, healthy = str(uuid4()), str(uuid4())

    async def breaks(command: Fill, work: UnitOfWork) -> None:
        raise RuntimeError("secret of a person")

    match fault:
        case "handler":
            script.on(account, breaks)
            await set_timer(runtime, account, "bad", NOW)
        case "unknown kind":
            await set_timer(runtime, account, "bad", NOW, kind="of tomorrow")
        case _:
            await set_timer(runtime, account, "bad", NOW)
            await runtime.database.pool.execute("update timers set payload = '{}'")
    await set_timer(runtime, healthy, "good", NOW)
    await drain(timers_of(runtime))
    assert await standing(runtime) == ["bad"]
    assert (await runtime.report())["timers_parked"] == 1
    service = build(runtime.service.messaging)
    listed = await asyncio.to_thread(run, service, "timers", "list", capsys=capsys)
    (line,) = [line for line in listed.splitlines() if line.startswith("bad  ")]
    assert account in line and "secret" not in line
    reasons = {"handler": "runtime-error", "unknown kind": "unknown-timer", "payload": "key-error"}
    assert reasons[fault] in line
    assert "no parked timer none" in await asyncio.to_thread(run, service, "timers", "retry", "none", capsys=capsys)
    script.acts.clear()
    await runtime.database.pool.execute(
        "update timers set kind = 'fill', payload = $1::jsonb",
        json.dumps({"account_id": account, "minor_units": 1}),
    )
    assert "due again" in await asyncio.to_thread(run, service, "timers", "retry", "bad", capsys=capsys)
    await drain(timers_of(runtime))
    assert await standing(runtime) == []


async def test_business_time_moves_forward_only_and_needs_a_zone(runtime: Runtime) -> None:
    clock = clock_of(runtime)
    later = NOW + timedelta(seconds=1)
    await clock.move_to(later)
    await clock.move_to(later)  # a repeat is no step back
    with pytest.raises(ValueError, match="forward"):
        await clock.move_to(NOW)
    with pytest.raises(ValueError, match="zone"):
        await clock.move_to(later.replace(tzinfo=None))
    assert await clock.now() == later
