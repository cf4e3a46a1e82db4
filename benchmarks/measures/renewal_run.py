"""`renewal_run`: invoices a second from the moved clock until the last InvoiceIssued was read from the topic."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer
from saldo_contracts.events import InvoiceIssued
from saldo_contracts.topics import public_topic

from benchmarks.chain.cloning import clone
from benchmarks.chain.effects import Databases, opened
from benchmarks.chain.running import done, open_account
from benchmarks.chain.subscribing import PLANS
from benchmarks.chain.suite import ChainSuite
from benchmarks.cpu import CpuMeter
from benchmarks.figure import Figure, median_notes
from benchmarks.ground import Ground, fresh_ground
from benchmarks.measures.chain_alone import cpu_notes
from benchmarks.progress import Told
from benchmarks.void import Void, require
from benchmarks.waiting import wait_until
from benchmarks.world import ACCOUNTS

UNIT = "invoices/s"
RUNS = 3
STARTS_AT = datetime(2026, 1, 31, 9, tzinfo=UTC)
RENEWS_AT = datetime(2026, 2, 28, 9, tzinfo=UTC)  # one month after the 31st
SECONDS_MAX = 240.0
CLOCK_SQL = "update business_clock set now = $1"
LINES_SQL = "select count(*) as invoices, avg(jsonb_array_length(lines)) as lines from documents where issued_on = $1"


async def measure(told: Told) -> Figure:
    """Median of three, each on fresh servers, since a month is renewed once."""
    values, notes = [], []
    for number in range(1, RUNS + 1):
        async with (
            fresh_ground() as ground,
            ChainSuite(ground.stack, alone=True, clock_starts_at=STARTS_AT) as suite,
            opened({service: database.dsn for service, database in suite.databases.items()}) as databases,
        ):
            await _subscribed(ground, suite, databases)
            seconds, cpu = await _renewed(ground, suite, databases)
        values.append(ACCOUNTS / seconds)
        notes.append(
            {name.replace("a payment", "an invoice"): value for name, value in cpu_notes(cpu, ACCOUNTS).items()}
        )
        told(f"renewal_run {number}/{RUNS}: {values[-1]:,.0f} {UNIT}")
    return Figure.of(values, UNIT, notes=median_notes(notes))


async def _subscribed(ground: Ground, suite: ChainSuite, databases: Databases) -> None:
    """As many accounts as any figure has, each with three subscriptions, its first month paid."""
    account_id = await open_account(ground, suite, databases, how="paid-ahead")
    environment = suite.environment_of("subscriptions")
    await done(ground.spawn("subscribing", "benchmarks.chain.subscribing", account_id, environment=environment))
    wanted = {"notifications.sent": len(PLANS)}
    await wait_until(lambda: databases.settled(wanted), "the first month is invoiced", seconds_max=SECONDS_MAX)
    await clone(databases.connections, account_id, copies=ACCOUNTS - 1)
    for connection in databases.connections.values():
        await connection.execute("analyze")
    await databases.require_sound()


async def _renewed(ground: Ground, suite: ChainSuite, databases: Databases) -> tuple[float, dict[str, float]]:
    consumer = AIOKafkaConsumer(
        public_topic("invoicing").name,
        bootstrap_servers=ground.stack.kafka_bootstrap,
        auto_offset_reset="latest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        await consumer.seek_to_end()
        meter = CpuMeter({**suite.pids(), **ground.server_pids()})
        meter.start()
        began = asyncio.get_running_loop().time()
        for connection in databases.connections.values():
            await connection.execute(CLOCK_SQL, RENEWS_AT)
        ended = await _all_read(consumer)
        cpu = meter.used()
    finally:
        await consumer.stop()
    row = await databases.connections["invoicing"].fetchrow(LINES_SQL, RENEWS_AT.date())
    found = (int(row["invoices"]), float(row["lines"])) if row else (0, 0.0)
    require(found == (ACCOUNTS, len(PLANS)), f"invoices and lines an invoice are {found}")
    await databases.require_sound()
    return ended - began, cpu


async def _all_read(consumer: AIOKafkaConsumer) -> float:
    """When the last account's InvoiceIssued was read. Raises Void."""
    wanted = InvoiceIssued.type_.encode()
    accounts: set[bytes] = set()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while len(accounts) < ACCOUNTS:
                for records in (await consumer.getmany(timeout_ms=100, max_records=2_000)).values():
                    accounts |= {record.key for record in records if dict(record.headers).get("ce_type") == wanted}
    except TimeoutError:
        raise Void(f"{len(accounts)} of {ACCOUNTS} accounts were invoiced within {SECONDS_MAX:.0f} s") from None
    return asyncio.get_running_loop().time()
