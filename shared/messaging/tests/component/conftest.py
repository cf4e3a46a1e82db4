"""What every component test of messaging starts from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from saldo_local.kafka_choice import KafkaChoice
from saldo_messaging import MessagingSettings


@pytest.fixture(scope="module")
async def purse_settings(
    make_database: Callable[[str], Awaitable[str]], broker: str, kafka: KafkaChoice
) -> MessagingSettings:
    """Of the toy service, on a database of its own and the module's broker, with a movable clock."""
    return MessagingSettings(
        await make_database("subscriptions"),
        broker,
        kafka_profile=kafka.profile,
        replication_factor=kafka.replication_factor,
        clock="movable",
    )
