"""A service's topics: created and checked against the contracts, never by accident."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code
from saldo_contracts.topics import TOPICS_BY_NAME, Topic, topics_of

ADMIN_TIMEOUT_MS = 15_000
TOLD_TRIES_MAX = 600  # of 0.1 s: a cluster whose nodes were just started creates a topic in a second
TOLD_POLL_SECONDS = 0.1
AGREED_ANSWERS = 5  # in a row; who meets a node that lags behind afterwards asks again anyway


class TopicsDiffer(Exception):
    """The broker's topics are not what the contracts say; the text names each difference."""


class TopicsMissing(TopicsDiffer):
    """Some are not there, or the node that was asked was not told of them yet; what is there is right."""


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
        names = [topic.name for topic in published_by(service)]
        await (_told_around if missing else _check)(admin, names)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def _require_created(response: Any) -> None:
    """aiokafka hands the broker's refusals back instead of raising them."""
    for name, code, *text in response.topic_errors:
        if code in (NoError.errno, TopicAlreadyExistsError.errno):
            continue  # in the second case another replica was first; the check compares it
        raise TopicsDiffer(f"{name} was not created: {for_code(code).__name__} {text[0] if text and text[0] else ''}")


async def _told_around(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    """Wait until the nodes of a cluster agree on the topics: each answer comes from a node drawn by chance, and one
    that was not told yet says that they are missing. Raises TopicsDiffer."""
    agreed = 0
    for _ in range(TOLD_TRIES_MAX):
        try:
            await _check(admin, names)
        except TopicsMissing:
            agreed = 0
        else:
            agreed += 1
            if agreed == AGREED_ANSWERS:
                return
        await asyncio.sleep(TOLD_POLL_SECONDS)
    await _check(admin, names)


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
    partitions = await _partitions(admin, names)
    missing = [f"{name} is missing" for name in names if not partitions.get(name)]
    others = [
        f"{name} has {found} partitions, the contracts say {TOPICS_BY_NAME[name].partitions}"
        for name, found in partitions.items()
        if found not in (0, TOPICS_BY_NAME[name].partitions)
    ]
    if others:
        raise TopicsDiffer("; ".join([*missing, *others]))
    if missing:
        raise TopicsMissing("; ".join(missing))


async def _partitions(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """How many partitions each of these topics has, as one node of the cluster knows it; 0 or nothing: not there."""
    existing = set(await admin.list_topics()).intersection(names)
    if not existing:
        return {}  # an empty list would ask for all topics
    described = await admin.describe_topics(sorted(existing))
    return {topic["topic"]: len(topic["partitions"]) for topic in described}
