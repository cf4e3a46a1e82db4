"""`relay`: events a second from a full outbox to the broker, beside a bare producer that sends the same bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import asyncpg
from saldo_contracts.topics import public_topic

from benchmarks.cpu import CpuMeter
from benchmarks.figure import Figure, median_notes
from benchmarks.ground import Ground, fresh_ground
from benchmarks.ledger.setting_up import prepare
from benchmarks.progress import Told
from benchmarks.topic import Record, enveloped, read
from benchmarks.void import require
from benchmarks.waiting import wait_until
from benchmarks.world import payments_succeeded

UNIT = "events/s"
RUNS = 3
EVENTS = 150_000
WARM_UP_SHARE = 0.1
SECONDS_MAX = 120.0
TOPIC = public_topic("invoicing").name
OUTBOX_SQL = (
    "insert into outbox (event_id, topic, key, type, headers, payload, occurred_at) "
    "select gen_random_uuid(), $1, u.key, 'billing.payment.succeeded.v1', u.headers, u.payload, clock_timestamp() "
    "from unnest($2::text[], $3::text[], $4::bytea[]) as u(key, headers, payload)"
)
SEND, BATCHES = "bare send() and gather", "bare batches"


async def measure(told: Told) -> Figure:
    """Median of three, each on fresh servers, the bare producers between them with the same records."""
    records = enveloped(payments_succeeded(EVENTS))
    ours: list[float] = []
    beside: dict[str, list[float]] = {SEND: [], BATCHES: []}
    notes = []
    for number in range(1, RUNS + 1):
        per_second, cpu = await _relayed(records)
        ours.append(per_second)
        notes.append({f"cpu of {name}, us an event": value for name, value in cpu.items()})
        told(f"relay {number}/{RUNS}: {per_second:,.0f} {UNIT}")
        for how, title in (("send", SEND), ("batches", BATCHES)):
            beside[title].append(await _bare(how))
            told(f"relay {number}/{RUNS}: {title} {beside[title][-1]:,.0f} {UNIT}")
    return Figure.of(ours, UNIT, beside=beside, notes=median_notes(notes))


async def _relayed(records: Sequence[Record]) -> tuple[float, dict[str, float]]:
    async with fresh_ground() as ground:
        database = await prepare(ground)
        connection = await asyncpg.connect(database.dsn)
        try:
            await connection.execute(
                OUTBOX_SQL,
                TOPIC,
                [record.key.decode() for record in records],
                [json.dumps({name: value.decode() for name, value in record.headers}) for record in records],
                [record.body for record in records],
            )
            await connection.execute("analyze outbox")
            result = await _timed(ground, connection, database.dsn)
            left = await connection.fetchval("select count(*) from outbox")
            require(left == 0, f"{left} events are still in the outbox")
            return result
        finally:
            await connection.close()


async def _timed(ground: Ground, connection: asyncpg.Connection, dsn: str) -> tuple[float, dict[str, float]]:
    bootstrap = ground.stack.kafka_bootstrap
    profile = ground.stack.kafka.profile
    first, last = await connection.fetchrow("select min(id), max(id) from outbox") or (0, 0)
    events = last - first + 1
    child = ground.spawn("relay", "benchmarks.ledger", dsn, bootstrap, profile)
    meter = CpuMeter({"the worker": child.pid, **ground.server_pids()})
    positions: list[int] = []

    async def reached(position: int) -> bool:
        require(child.popen.poll() is None, f"the relay ended:\n{child.last_words()}")
        # Rows leave in the order of their ids, so the first that is left tells how many are gone.
        positions.append(await connection.fetchval("select id from outbox order by id limit 1") or last + 1)
        return positions[-1] >= position

    await wait_until(
        lambda: reached(first + int(events * WARM_UP_SHARE)), "the relay warms up", seconds_max=SECONDS_MAX
    )
    meter.start()
    began, warmed_up = asyncio.get_running_loop().time(), positions[-1]
    ended = await wait_until(lambda: reached(last + 1), "the relay sends all", seconds_max=SECONDS_MAX)
    cpu = meter.used()
    await ground.stop([child])
    found = await read(bootstrap, TOPIC, wanted=events)
    require(found == events, f"{found} events in the topic instead of {events}")
    timed = last + 1 - warmed_up
    return timed / (ended - began), {name: seconds / timed * 1e6 for name, seconds in cpu.items()}


async def _bare(how: str) -> float:
    """In a process of its own, as the relay is."""
    async with fresh_ground() as ground:
        await prepare(ground)
        bootstrap = ground.stack.kafka_bootstrap
        child = ground.spawn("bare", "benchmarks.bare_producer", bootstrap, TOPIC, how, str(EVENTS))
        per_second = float(await child.said("events/s", seconds_max=SECONDS_MAX))
        found = await read(bootstrap, TOPIC, wanted=EVENTS)
        require(found == EVENTS, f"{found} events in the topic instead of {EVENTS}")
        return per_second
