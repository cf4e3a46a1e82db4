"""Whether all that a service hears had its effect there, in the order of its key: the topics against the inbox."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from saldo_contracts.topics import TOPICS_BY_NAME

from saldo_messaging.clocks import machine_now
from saldo_messaging.dead_letters import Lane
from saldo_messaging.service import Service
from saldo_messaging.settings import MessagingSettings
from saldo_messaging.tasks import Task
from saldo_messaging.topics import existing_topics
from saldo_messaging.translation import Translation, topics_heard

READ_SECONDS_MAX = 120.0  # of a whole sandbox's topics; production asks its gauges instead
FETCH_MS = 200

# A unit of work is one transaction. Its id is drawn at its first write, and the inbox is claimed first of all: along a
# key ids never fall unless a later message had its effect earlier. After two billion transactions ids begin anew.
APPLIED_SQL = (
    "select cause_key::text as cause_key, xmin::text::bigint as unit from inbox where cause_key = any($1::uuid[])"
)
SET_ASIDE_SQL = (
    "select distinct event_id from dead_letters where status in ('open', 'skipped') and event_id is not null"
)

Record: TypeAlias = "ConsumerRecord[Any, Any]"


@dataclass(frozen=True, slots=True)
class Findings:
    """What was looked at, and what is wrong with it, in words."""

    messages: int
    faults: Sequence[str]


async def inspect(service: Service) -> Findings:
    """Read all that the service hears, from the beginning to this moment, and hold it against its database.

    A message that stands open or was given up among the dead letters counts as dealt with: the backlog speaks of it.
    Raises TimeoutError where the topics cannot be read in time, and what broker and database raise.
    """
    settings = service.messaging
    records = await _read(settings, await existing_topics(settings.kafka_bootstrap, topics_heard(service.listens)))
    lanes = _lanes(service, records)
    connection = await asyncpg.connect(settings.dsn)
    try:
        keys = [task.cause_key for tasks in lanes.values() for task in tasks]
        units = {row["cause_key"]: row["unit"] for row in await connection.fetch(APPLIED_SQL, keys)}
        aside = {row["event_id"] for row in await connection.fetch(SET_ASIDE_SQL)}
    finally:
        await connection.close()
    faults = [fault for tasks in lanes.values() for fault in _faults_of(service.name, tasks, units, aside)]
    return Findings(messages=len(keys), faults=faults)


async def _read(settings: MessagingSettings, topics: Iterable[str]) -> list[Record]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.broker.fetch_max_wait_ms,
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, number)
            for topic in sorted(topics)
            for number in range(TOPICS_BY_NAME[topic].partitions)
        ]
        ends = await consumer.end_offsets(partitions)
        behind = {partition for partition, end in ends.items() if end > 0}
        if not behind:
            return []
        consumer.assign(sorted(behind))
        await consumer.seek_to_beginning(*behind)
        return await _read_to(consumer, ends, behind)
    finally:
        await consumer.stop()


async def _read_to(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], behind: set[TopicPartition]
) -> list[Record]:
    records: list[Record] = []
    give_up_at = time.monotonic() + READ_SECONDS_MAX
    while behind:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{len(behind)} partitions were not read in {READ_SECONDS_MAX:.0f} seconds")
        for found in (await consumer.getmany(timeout_ms=FETCH_MS)).values():
            records += found
        done = {partition for partition in behind if await consumer.position(partition) >= ends[partition]}
        if done:
            consumer.pause(*done)
        behind -= done
    return records


def _lanes(service: Service, records: Iterable[Record]) -> Mapping[Lane, list[Task]]:
    """By topic and key, in order: the first copy of each message that means a command here and is not too old."""
    translation = Translation(service.name, service.listens)
    days = service.messaging.inbox_retention_days
    oldest = None if days is None else machine_now() - timedelta(days=days)
    lanes: dict[Lane, list[Task]] = defaultdict(list)
    seen: set[str | None] = set()
    for record in sorted(records, key=lambda one: (one.topic, one.partition, one.offset)):
        task = translation.task_of_record(record)
        if task is None or task.rejected or task.message is None or task.cause_key in seen:
            continue
        if oldest is not None and task.recorded_at is not None and task.recorded_at < oldest:
            continue
        seen.add(task.cause_key)
        lanes[task.message.lane].append(task)
    return lanes


def _faults_of(service: str, tasks: Sequence[Task], units: Mapping[str, int], aside: set[str]) -> Iterable[str]:
    newest, newest_name = 0, ""
    for task in tasks:
        message = task.message
        unit = units.get(task.cause_key or "")
        name = f"{message.type} {message.event_id}" if message else ""
        if unit is None and message and message.event_id not in aside:
            yield f"{service} never applied {name}"
        if unit is None:
            continue
        if unit < newest and message and message.key is not None:
            yield f"{service} applied {name} before {newest_name}, which was told earlier"
        if unit > newest:
            newest, newest_name = unit, name
