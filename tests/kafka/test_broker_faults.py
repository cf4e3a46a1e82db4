"""Apache Kafka stopped, killed, and one of three nodes lost, under load: events wait, nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest
from saldo_local.kafka_choice import APACHE, APACHE_CLUSTER, KafkaChoice
from saldo_local.stack import Stack
from saldo_local.suite import SERVICES, Suite

from tests.faults.conftest import STARTS_AT, shape
from tests.faults.invariants import at_rest, faults_of
from tests.faults.load import Load
from tests.flows.billing import Billing
from tests.flows.witness import Witness

CUSTOMERS = 6
SECONDS_MAX = 900  # on a busy machine; a minute or two on an idle one
WAYS_TO_END: Final = (signal.SIGTERM, signal.SIGKILL)


@contextlib.asynccontextmanager
async def on(kafka: KafkaChoice) -> AsyncIterator[Load]:
    """The suite on a Kafka of its own, which the test may end."""
    async with (
        Stack(kafka=kafka) as stack,
        Suite(shape(), stack=stack) as suite,
        Witness(stack.kafka_bootstrap) as witness,
    ):
        billing = Billing(suite, witness, starts_at=STARTS_AT)
        try:
            yield Load(billing)
        finally:
            await billing.close()


async def waiting_events(load: Load) -> int:
    """Rows of all outboxes: told by a use case, not yet by the relay."""
    total = 0
    for service in SERVICES:
        connection = await asyncpg.connect(load.billing.suite.databases[service].dsn)
        try:
            total += await connection.fetchval("select count(*) from outbox")
        finally:
            await connection.close()
    return total


@pytest.mark.slow("a suite on Apache Kafka of its own")
@pytest.mark.timeout(SECONDS_MAX)
async def test_the_only_broker_is_stopped_and_killed_and_comes_back_under_load() -> None:
    async with on(APACHE) as load:
        stack = load.billing.suite.stack
        known = await load.arrive(CUSTOMERS)
        await load.subscribe()
        for way in WAYS_TO_END:
            under_way = asyncio.create_task(load.pay(customers=known))
            await asyncio.to_thread(stack.end_child, "kafka-1", way)
            await under_way  # accepted or not, a payment needs no broker
            await load.pay(customers=known)
            assert await waiting_events(load)
            await asyncio.to_thread(stack.start_child, "kafka-1")
            await load.subscribe(await load.arrive(1))
        assert await faults_of(load) == []


@pytest.mark.slow("a suite on three nodes of Apache Kafka, each of which is lost for a while")
@pytest.mark.timeout(SECONDS_MAX)
async def test_everything_goes_on_while_one_of_three_nodes_is_lost() -> None:
    async with on(APACHE_CLUSTER) as load:
        stack = load.billing.suite.stack
        await load.arrive(CUSTOMERS)
        await load.subscribe()
        for number in range(1, APACHE_CLUSTER.nodes + 1):  # one of them led the controllers, some led our partitions
            under_way = asyncio.create_task(load.pay())
            await asyncio.to_thread(stack.end_child, f"kafka-{number}", signal.SIGKILL)
            await under_way
            await load.subscribe(await load.arrive(1))  # from an account to a paid invoice over every stream
            await at_rest(load)
            assert not await waiting_events(load)
            await asyncio.to_thread(stack.start_child, f"kafka-{number}")
        assert await faults_of(load) == []
