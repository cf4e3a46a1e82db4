"""What stands on the public topics: every event from the beginning to this moment, with its place."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from saldo_contracts.envelope import Envelope, UnreadableEnvelope, decode_headers
from saldo_contracts.event import Event, UnreadableBody
from saldo_contracts.events import EVENTS
from saldo_contracts.topics import PARTITIONS, public_topic

from saldo_local.suite import SERVICES

READ_SECONDS_MAX = 60.0  # of a sandbox's topics
FETCH_MS = 200
FETCH_WAIT_MS = 50  # the embedded broker never answers a long poll early


class Told(Protocol):
    """One event as it stood on the broker; who watches the topics has these already."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def envelope(self) -> Envelope: ...
    @property
    def event(self) -> Event: ...


@dataclass(frozen=True, slots=True)
class Read:
    """A `Told` that was read here."""

    topic: str
    partition: int
    offset: int
    envelope: Envelope
    event: Event


async def read_told(bootstrap: str) -> list[Told]:
    """In the order of the partitions. Raises TimeoutError where the broker does not give all of it in time."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    await consumer.start()
    try:
        topics = [public_topic(service).name for service in SERVICES]
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(partitions)
        behind = {partition for partition, end in ends.items() if end > 0}
        if not behind:
            return []
        consumer.assign(sorted(behind))
        await consumer.seek_to_beginning(*behind)
        return sorted(await _read_to(consumer, ends, behind), key=lambda one: (one.topic, one.partition, one.offset))
    finally:
        await consumer.stop()


async def _read_to(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], behind: set[TopicPartition]
) -> list[Told]:
    told: list[Told] = []
    give_up_at = time.monotonic() + READ_SECONDS_MAX
    while behind:
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{len(behind)} partitions were not read in {READ_SECONDS_MAX:.0f} seconds")
        for records in (await consumer.getmany(timeout_ms=FETCH_MS)).values():
            for record in records:
                _take(record, told)
        done = {partition for partition in behind if await consumer.position(partition) >= ends[partition]}
        if done:
            consumer.pause(*done)
        behind -= done
    return told


def _take(record: Any, told: list[Told]) -> None:
    """What cannot be read, or is of a type that these contracts do not know, is the consumers' affair."""
    with contextlib.suppress(UnreadableEnvelope, UnreadableBody, KeyError):
        envelope = decode_headers(record.headers)
        event = EVENTS[envelope.type].from_bytes(record.value or b"")
        told.append(Read(record.topic, record.partition, record.offset, envelope, event))
