"""The broker's side of a run: fill a topic fast, and count what stands in it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.partitioner import murmur2
from saldo_contracts.envelope import Envelope, encode_headers, event_id, source_of
from saldo_contracts.event import Event
from saldo_contracts.topics import TOPICS_BY_NAME

from benchmarks.void import Void, require

BATCH_BYTES_MAX = 900_000  # below the topics' own limit

READ_SECONDS_MAX = 120.0
READ_RECORDS_MAX = 5_000
MOMENT_MS = 300

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Record:
    """What is sent: key, headers and body as they travel."""

    key: bytes
    headers: Headers
    body: bytes


def enveloped(events: Iterable[Event]) -> list[Record]:
    """The records of events as their owner's relay would send them, each the first version of its subject."""
    records = []
    for event in events:
        source = source_of(str(event.owner))
        now = datetime.now(UTC)
        envelope = Envelope(
            id=event_id(source, event.subject, aggregate_version=1, type=event.type_),
            source=source,
            type=event.type_,
            subject=event.subject,
            time=now,
            partition_key=event.partition_key,
            sequence=1,
            seller_id=event.seller_id,
            recorded_time=now,
            causation_id=str(uuid4()),
            actor="system:bench",
        )
        records.append(Record(event.partition_key.encode(), encode_headers(envelope), event.to_bytes()))
    return records


def partition_of(key: bytes, partitions: int) -> int:
    """As the Java client's default partitioner."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def by_partition(records: Sequence[Record], topic: str) -> dict[int, list[Record]]:
    """In order."""
    lanes: dict[int, list[Record]] = defaultdict(list)
    places: dict[bytes, int] = {}
    for record in records:
        place = places.get(record.key)
        if place is None:
            place = places[record.key] = partition_of(record.key, TOPICS_BY_NAME[topic].partitions)
        lanes[place].append(record)
    return lanes


async def send_batches(producer: AIOKafkaProducer, topic: str, records: Sequence[Record]) -> None:
    """Bare batches, one partition beside the other; returns when all are acknowledged."""
    await asyncio.gather(
        *(_send_lane(producer, topic, place, lane) for place, lane in by_partition(records, topic).items())
    )


async def _send_lane(producer: AIOKafkaProducer, topic: str, partition: int, records: Sequence[Record]) -> None:
    batch = producer.create_batch()
    for record in records:
        while batch.append(timestamp=None, key=record.key, value=record.body, headers=record.headers) is None:
            await (await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
    await (await producer.send_batch(batch, topic, partition=partition))


def bare_producer(bootstrap: str) -> AIOKafkaProducer:
    """As one would make it for throughput: every replica acknowledges, large batches."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        max_batch_size=BATCH_BYTES_MAX,
        max_request_size=8 * BATCH_BYTES_MAX,
        enable_idempotence=False,
    )


async def fill(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    """Put the records into a topic."""
    async with bare_producer(bootstrap) as producer:
        await send_batches(producer, topic, records)


async def read(bootstrap: str, topic: str, *, wanted: int) -> int:
    """How many records stand in a topic, read one by one: the embedded broker's end offsets lag behind its batches.

    Reads until `wanted` came and nothing more for a moment. Raises Void where it takes too long or an id came twice.
    """
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=50
    )
    found = 0
    ids: set[object] = set()
    await consumer.start()
    try:
        async with asyncio.timeout(READ_SECONDS_MAX):
            while True:
                came = await consumer.getmany(timeout_ms=MOMENT_MS, max_records=READ_RECORDS_MAX)
                for records in came.values():
                    found += len(records)
                    ids.update(
                        dict(record.headers).get("ce_id", (record.partition, record.offset)) for record in records
                    )
                if found >= wanted and not came:
                    break
    except TimeoutError:
        raise Void(f"only {found} of {wanted} records could be read from {topic}") from None
    finally:
        await consumer.stop()
    require(len(ids) == found, f"{found - len(ids)} records stand twice in {topic}")
    return found
