"""A service's topics: created and checked against the contracts, never by accident."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code
from saldo_contracts.topics import TOPICS_BY_NAME, Topic, topics_of

ADMIN_TIMEOUT_MS = 15_000
CREATED_TRIES_MAX = 100
CREATED_POLL_SECONDS = 0.1


class TopicsDiffer(Exception):
    """The broker's topics are not what the contracts say; the text names each difference."""


def published_by(service: str) -> Sequence[Topic]:
    """What a service creates, checks and publishes on."""
    return topics_of(service)


def _configs(topic: Topic, replication_factor: int) -> dict[str, str]:
    return {
        "retention.ms": str(topic.retention_ms),
        "cleanup.policy": topic.cleanup_policy,
        "min.insync.replicas": str(min(topic.min_insync_replicas, replication_factor)),
        "max.message.bytes": str(topic.max_message_bytes),
    }


async def apply_topics(bootstrap: str, service: str, *, replication_factor: int) -> Sequence[str]:
    """Create the service's missing topics; returns their names. Raises TopicsDiffer where an existing one is other."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ADMIN_TIMEOUT_MS)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in published_by(service) if topic.name not in existing]
        for topic in missing:
            new = NewTopic(
                topic.name, topic.partitions, replication_factor, topic_configs=_configs(topic, replication_factor)
            )
            _require_created(await admin.create_topics([new]))
        await _wait_for(admin, {topic.name for topic in missing})
        await _check(admin, [topic.name for topic in published_by(service)])
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _require_created(response: Any) -> None:
    """aiokafka hands the broker's refusals back instead of raising them."""
    for name, code, *text in response.topic_errors:
        if code in (NoError.errno, TopicAlreadyExistsError.errno):
            continue  # in the second case another replica was first; the check compares it
        raise TopicsDiffer(f"{name} was not created: {for_code(code).__name__} {text[0] if text and text[0] else ''}")


async def _wait_for(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """A cluster tells its new topics around before it names them."""
    for _ in range(CREATED_TRIES_MAX):
        if names <= set(await admin.list_topics()):
            return
        await asyncio.sleep(CREATED_POLL_SECONDS)


async def check_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Raises TopicsDiffer when a topic is missing or has another number of partitions than the contracts say."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ADMIN_TIMEOUT_MS)
    await admin.start()
    try:
        await _check(admin, list(names))
    finally:
        await admin.close()


async def existing_topics(bootstrap: str, names: Iterable[str]) -> set[str]:
    """Which of these topics the broker has."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ADMIN_TIMEOUT_MS)
    await admin.start()
    try:
        return set(await admin.list_topics()).intersection(names)
    finally:
        await admin.close()


async def _check(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    existing = set(await admin.list_topics())
    differences = [f"{name} is missing" for name in names if name not in existing]
    present = [name for name in names if name in existing]
    if present:
        for described in await admin.describe_topics(present):
            wanted = TOPICS_BY_NAME[described["topic"]].partitions
            found = len(described["partitions"])
            if found != wanted:
                differences.append(f"{described['topic']} has {found} partitions, the contracts say {wanted}")
    if differences:
        raise TopicsDiffer("; ".join(differences))
