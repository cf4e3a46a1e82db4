"""The yardstick of the chains: the same way of a payment, built as the frameworks' own pages show it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from saldo_local.databases import ServiceDatabase
from saldo_messaging.database import sqlalchemy_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

from benchmarks.ground import READY_LINE, Child, Ground, fresh_ground, require_logged
from benchmarks.progress import Told
from benchmarks.textbook import models, words
from benchmarks.void import require
from benchmarks.waiting import wait_until
from benchmarks.world import ACCOUNT_IDS, CURRENCY, PAYMENT_MINOR_UNITS, spread

RUNS = 3
PAYMENTS = 1_000
SECONDS_MAX = 120.0
PER_SECOND_MIN = 50.0  # slower than that, it is no textbook but a strawman, or the machine is busy
OPEN_MINOR_UNITS = 1_000_000_00
BASES: Mapping[str, type[DeclarativeBase]] = {
    "payments": models.Payments,
    "invoicing": models.Invoicing,
    "subscriptions": models.Subscriptions,
    "notifications": models.Notifications,
}
ACCOUNTS_SQL = {
    "payments": ["insert into open_invoices select md5(a)::uuid, a::uuid, $2 from unnest($1::text[]) as a"],
    "invoicing": [
        f"insert into accounts select a::uuid, $2, '{CURRENCY}', 1 from unnest($1::text[]) as a",
        "insert into invoices select md5(a)::uuid, a::uuid, $2 from unnest($1::text[]) as a",
    ],
    "subscriptions": ["insert into standings select a::uuid, 1, $2 from unnest($1::text[]) as a"],
    "notifications": [
        "insert into recipients select a::uuid, 'Payer', 'payer.' || $2 || '@example.org' from unnest($1::text[]) as a"
    ],
}
DONE_SQL = {
    "payments": "select count(*) from payments where status = 'succeeded' and applied",
    "invoicing": "select count(*) from journal_lines",
    "subscriptions": "select coalesce(sum(ledger_version - 1), 0)::bigint from standings",
    "notifications": "select count(*) from notices where state = 'sent'",
}


async def measure(told: Told) -> list[float]:
    """Payments a second, three times on fresh servers. Raises Void below PER_SECOND_MIN."""
    values = []
    for number in range(1, RUNS + 1):
        async with fresh_ground() as ground:
            values.append(await _run(ground))
        told(f"textbook chain {number}/{RUNS}: {values[-1]:,.0f} payments/s")
    require(min(values) >= PER_SECOND_MIN, f"the textbook chain does fewer than {PER_SECOND_MIN:.0f} payments a second")
    return values


async def _run(ground: Ground) -> float:
    databases = {service: await ground.database(service) for service in BASES}
    for service, database in databases.items():
        await _prepare(service, database)
    await _create_topics(ground.stack.kafka_bootstrap)
    accounts = ground.stack.run_directory / "textbook-accounts.json"
    accounts.write_text(json.dumps(spread(ACCOUNT_IDS, PAYMENTS)))
    children = {
        service: ground.spawn(
            service,
            f"benchmarks.textbook.{service}",
            database.dsn,
            ground.stack.kafka_bootstrap,
            *([str(accounts)] if service == "payments" else []),
        )
        for service, database in databases.items()
    }
    for child in children.values():
        await child.said(READY_LINE)
    connections = {service: await asyncpg.connect(database.dsn) for service, database in databases.items()}
    try:
        return await _timed(children, connections)
    finally:
        for connection in connections.values():
            await connection.close()


async def _timed(children: Mapping[str, Child], connections: Mapping[str, asyncpg.Connection]) -> float:
    os.kill(children["payments"].pid, signal.SIGUSR1)

    async def done() -> int:
        for child in children.values():
            code = child.popen.poll()
            require(code is None, f"textbook {child.name} ended with {code}:\n{child.last_words()}")
        return min([int(await connections[service].fetchval(sql)) for service, sql in DONE_SQL.items()])

    async def begun() -> bool:
        return await done() > 0

    async def all_done() -> bool:
        return await done() >= PAYMENTS

    began = await wait_until(begun, "the textbook chain's first payment", seconds_max=SECONDS_MAX)
    ended = await wait_until(all_done, "the textbook chain", seconds_max=SECONDS_MAX, poll_seconds=0.1)
    paid = await connections["invoicing"].fetchval("select sum(amount)::bigint from receipts")
    require(paid == PAYMENTS * PAYMENT_MINOR_UNITS, f"the textbook chain applied {paid} minor units")
    return PAYMENTS / (ended - began)


async def _prepare(service: str, database: ServiceDatabase) -> None:
    engine = create_async_engine(sqlalchemy_url(database.dsn))
    async with engine.begin() as transaction:
        await transaction.run_sync(BASES[service].metadata.create_all)
    await engine.dispose()
    connection = await asyncpg.connect(database.dsn)
    try:
        for sql in ACCOUNTS_SQL[service]:
            second = "x" if service == "notifications" else OPEN_MINOR_UNITS
            await connection.execute(sql, list(ACCOUNT_IDS), second)
        await connection.execute("analyze")
    finally:
        await connection.close()
    await require_logged(database)


async def _create_topics(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, words.PARTITIONS, 1) for name in words.TOPICS])
    finally:
        await admin.close()
