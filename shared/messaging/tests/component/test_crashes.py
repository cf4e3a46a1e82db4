"""A worker that dies at any step: the next one brings everything on, once in effect and in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.subscriptions import ServiceReactivated
from saldo_contracts.wire import Amount
from saldo_local.kafka_choice import KafkaChoice
from saldo_messaging import failpoints
from saldo_messaging.migrate import migrate_async
from saldo_messaging.topics import apply_topics
from saldo_testkit.observer import Observer
from saldo_testkit.teller import Teller

from shared.messaging.tests.component.purse import SELLER
from shared.messaging.tests.until import until

ROOT = Path(__file__).parents[4]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MESSAGES = 6
Make = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="module")
async def dsn(make_database: Make, broker: str, kafka: KafkaChoice) -> str:
    address = await make_database("subscriptions")
    await migrate_async(address, "shared.messaging.tests.component.migrations")
    for service in ("subscriptions", "invoicing"):
        await apply_topics(broker, service, replication_factor=kafka.replication_factor)
    return address


@asynccontextmanager
async def worker(dsn: str, broker: str, profile: str, failpoint: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "shared.messaging.tests.component.worker_process",
        dsn,
        broker,
        profile,
        cwd=ROOT,
        env={**os.environ, failpoints.VARIABLE: failpoint},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


ALWAYS = "relay.before-delete"  # the step at which an event is surely told twice
OTHERS = [
    "relay.before-send",
    "listener.before-run",
    "listener.before-ack",
    "runner.before-flush",
    "runner.before-commit",
    "runner.after-commit",
]
SLOW = pytest.mark.slow("starts two processes for each point, and a dead member is missed only after two sessions")


@pytest.mark.parametrize("point", [ALWAYS, *(pytest.param(point, marks=SLOW) for point in OTHERS)])
async def test_a_worker_killed_at_a_step_is_followed_by_one_that_loses_and_doubles_nothing(
    dsn: str, broker: str, kafka: KafkaChoice, tmp_path: Path, point: str
) -> None:
    account, proof = str(uuid4()), tmp_path / "proof"
    amount = Amount(minor_units=1, currency="EUR")
    event = BalanceCleared(account_id=account, seller_id=SELLER, ledger_version=1, balance=amount, cleared_at=NOW)
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(dsn)

    async def notes() -> list[str]:
        text = await connection.fetchval("select notes::text from purses where account_id = $1::text::uuid", account)
        found: list[str] = json.loads(text or "[]")
        return found

    async def all_noted() -> bool:
        return len(await notes()) >= MESSAGES

    async with Teller(broker) as teller, Observer(broker) as observer:
        ids = [(await teller.tell(event)).id for _ in range(MESSAGES)]
        async with worker(dsn, broker, kafka.profile, f"{point}=kill@1:{proof}") as process:
            await asyncio.wait_for(process.wait(), 60)
            assert process.returncode == -signal.SIGKILL
        assert proof.read_text() == point
        async with worker(dsn, broker, kafka.profile):
            await until(all_noted, seconds=60)
            await observer.expect(
                ServiceReactivated, where=lambda e: e.account_id == account, count=MESSAGES, seconds=60
            )
            await until(lambda: _is_empty(connection), seconds=60)
        assert await notes() == ids
        told = [
            seen
            for seen in observer.seen
            if seen.event.account_id == account and seen.topic.endswith("subscriptions.v1")
        ]
        first_tellings = list(dict.fromkeys(seen.envelope.id for seen in told))
        by_id = {seen.envelope.id: seen.envelope.causation_id for seen in told}
        assert [by_id[one] for one in first_tellings] == ids  # in order; a second telling has the same id
    await connection.close()


async def _is_empty(connection: asyncpg.Connection[asyncpg.Record]) -> bool:
    return not await connection.fetchval("select count(*) from outbox")
