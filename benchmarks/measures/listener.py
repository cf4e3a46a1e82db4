"""`listener`: messages a second of one process with a real handler, its relay running, until every event is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import asyncpg
from saldo_contracts.topics import public_topic

from benchmarks.cpu import CpuMeter
from benchmarks.figure import Figure, median_notes
from benchmarks.ground import Ground, fresh_ground
from benchmarks.ledger.setting_up import effects, prepare
from benchmarks.progress import Told
from benchmarks.topic import enveloped, fill, read
from benchmarks.void import require
from benchmarks.waiting import wait_until
from benchmarks.world import payments_succeeded

UNIT = "messages/s"
RUNS = 3
MESSAGES, MESSAGES_TEXTBOOK = 60_000, 3_000
WARM_UP_SHARE = 0.1  # of the messages; the clock starts after them
SECONDS_MAX = 180.0
TEXTBOOK_PER_SECOND_MIN = 100.0  # slower than that, it is no textbook but a strawman, or the machine is busy
HEARD, TOLD = public_topic("payments").name, public_topic("invoicing").name
EVENTS_PER_MESSAGE, LINES_PER_MESSAGE = 2, 2
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does the work: a module that is run as a process, and how many messages it gets."""

    title: str
    module: str
    messages: int
    needs_profile: bool = False


OURS = Hand("ours", "benchmarks.ledger", MESSAGES, needs_profile=True)
TEXTBOOK = Hand("textbook handler", "benchmarks.textbook.ledger", MESSAGES_TEXTBOOK)
BARE = Hand("same SQL, none of our code", "benchmarks.ledger.bare", MESSAGES)


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    cpu_us_per_message: dict[str, float]


async def measure(told: Told) -> Figure:
    """Median of three, each hand on fresh servers."""
    runs: dict[str, list[Run]] = {hand.title: [] for hand in (OURS, TEXTBOOK, BARE)}
    for number in range(1, RUNS + 1):
        for hand in (OURS, TEXTBOOK, BARE):
            run = await _run(hand)
            runs[hand.title].append(run)
            told(f"listener {number}/{RUNS}: {hand.title} {run.per_second:,.0f} {UNIT}")
    values = {title: [run.per_second for run in taken] for title, taken in runs.items()}
    require(min(values[TEXTBOOK.title]) >= TEXTBOOK_PER_SECOND_MIN, "the textbook handler does fewer than 100 a second")
    return Figure.of(
        values.pop(OURS.title),
        UNIT,
        beside=values,
        notes=median_notes([_cpu_notes(run) for run in runs[OURS.title]]),
    )


def _cpu_notes(run: Run) -> dict[str, float]:
    return {f"cpu of {name}, us a message": value for name, value in run.cpu_us_per_message.items()}


async def _run(hand: Hand) -> Run:
    async with fresh_ground() as ground:
        database = await prepare(ground)
        await fill(ground.stack.kafka_bootstrap, HEARD, enveloped(payments_succeeded(hand.messages)))
        connection = await asyncpg.connect(database.dsn)
        try:
            return await _timed(ground, hand, database.dsn, connection)
        finally:
            await connection.close()


async def _timed(ground: Ground, hand: Hand, dsn: str, connection: asyncpg.Connection) -> Run:
    bootstrap = ground.stack.kafka_bootstrap
    profile = [ground.stack.kafka.profile] if hand.needs_profile else []
    child = ground.spawn("listener", hand.module, dsn, bootstrap, *profile)
    meter = CpuMeter({"the worker": child.pid, **ground.server_pids()})
    counts: list[int] = []

    async def entered(messages: int) -> bool:
        code = child.popen.poll()
        require(code is None, f"{hand.title} ended with {code}:\n{child.last_words()}")
        counts.append(await connection.fetchval("select count(*) from ledger_lines") // LINES_PER_MESSAGE)
        return counts[-1] >= messages

    async def ended() -> bool:
        return await entered(hand.messages) and not await connection.fetchval("select exists (select from outbox)")

    warm_up = int(hand.messages * WARM_UP_SHARE)
    await wait_until(lambda: entered(warm_up), f"{hand.title} warms up", seconds_max=SECONDS_MAX)
    meter.start()
    began, warmed_up = asyncio.get_running_loop().time(), counts[-1]
    end = await wait_until(ended, f"{hand.title} ends", seconds_max=SECONDS_MAX, poll_seconds=POLL_SECONDS)
    cpu = meter.used()
    await ground.stop([child])
    faults = (await effects(connection)).faults(hand.messages)
    require(not faults, f"{hand.title}: {'; '.join(faults)}")
    events = hand.messages * EVENTS_PER_MESSAGE
    found = await read(bootstrap, TOLD, wanted=events)
    require(found == events, f"{hand.title}: {found} events in the topic instead of {events}")
    messages = hand.messages - warmed_up
    return Run(messages / (end - began), {name: seconds / messages * 1e6 for name, seconds in cpu.items()})
