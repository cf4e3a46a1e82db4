"""How a worker finds its streams: on any node, and from its first event on when an owner is deployed later."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from saldo_contracts.envelope import Envelope
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.payments import PaymentAttemptLimitReached
from saldo_contracts.wire import Amount
from saldo_local.kafka_choice import KafkaChoice
from saldo_messaging import MessagingSettings, Runtime
from saldo_messaging.migrate import migrate_async
from saldo_messaging.topics import apply_topics
from saldo_testkit.teller import Teller

from shared.messaging.tests.component.purse import SELLER, Fill, build
from shared.messaging.tests.until import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAIT_SECONDS_MAX = 60.0
LATE = "payments"
Make = Callable[[str], Awaitable[str]]


def on_limit_reached(event: PaymentAttemptLimitReached, envelope: Envelope) -> Fill:
    return Fill(event.account_id, 1, envelope.id)


def limit_reached(account_id: str) -> PaymentAttemptLimitReached:
    return PaymentAttemptLimitReached(
        account_id=account_id, seller_id=SELLER, until=NOW, attempts_max=5, last_payment_id=None
    )


def cleared(account_id: str) -> BalanceCleared:
    amount = Amount(minor_units=1, currency="EUR")
    return BalanceCleared(account_id=account_id, seller_id=SELLER, ledger_version=1, balance=amount, cleared_at=NOW)


async def test_a_worker_knows_several_nodes_of_a_cluster(make_database: Make, broker: str, kafka: KafkaChoice) -> None:
    settings = MessagingSettings(
        await make_database("portal"),
        f"{broker},{broker}",
        kafka_profile=kafka.profile,
        replication_factor=kafka.replication_factor,
    )
    service = replace(build(settings), name="portal")
    await migrate_async(settings.dsn, service.migrations)
    await apply_topics(settings.kafka_bootstrap, "invoicing", replication_factor=settings.replication_factor)
    async with Runtime(service) as runtime:
        await runtime.start_worker()
        await until(runtime.readiness()["assignment"], seconds=WAIT_SECONDS_MAX)
        await runtime.stop_worker()


async def test_a_stream_that_appears_later_is_heard_beside_the_others(
    make_database: Make, broker: str, kafka: KafkaChoice
) -> None:
    settings = MessagingSettings(
        await make_database("subscriptions"),
        broker,
        kafka_profile=kafka.profile,
        replication_factor=kafka.replication_factor,
    )
    toy = build(settings)
    service = replace(toy, listens={**toy.listens, PaymentAttemptLimitReached: on_limit_reached})
    await migrate_async(settings.dsn, service.migrations)
    for name in (service.name, "invoicing"):
        await apply_topics(broker, name, replication_factor=kafka.replication_factor)
    account = str(uuid4())
    async with Runtime(service) as runtime, Teller(broker) as teller:

        async def heard() -> list[str]:
            text = await runtime.database.pool.fetchval(
                "select notes::text from purses where account_id = $1::text::uuid", account
            )
            notes: list[str] = json.loads(text or "[]")
            return notes

        async def has_heard(count: int) -> bool:
            return len(await heard()) >= count

        await runtime.start_worker()
        ids = [(await teller.tell(cleared(account))).id]
        await until(lambda: has_heard(1), seconds=WAIT_SECONDS_MAX)
        await apply_topics(broker, LATE, replication_factor=kafka.replication_factor)
        ids.append((await teller.tell(limit_reached(account))).id)
        await until(lambda: has_heard(2), seconds=WAIT_SECONDS_MAX)
        ids.append((await teller.tell(cleared(account))).id)
        await until(lambda: has_heard(3), seconds=WAIT_SECONDS_MAX)
        assert await heard() == ids
        await runtime.stop_worker()
