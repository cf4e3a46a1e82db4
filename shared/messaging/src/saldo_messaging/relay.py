"""The relay: carries the outbox to the broker, in order per key, at least once, with ids that make repeats harmless."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2
from saldo_contracts.topics import TOPICS_BY_NAME
from saldo_telemetry import is_sampled, logger, span

from saldo_messaging.database import INFRASTRUCTURE_ERRORS, Database
from saldo_messaging.failpoints import hit
from saldo_messaging.settings import MessagingSettings
from saldo_messaging.topics import TopicsDiffer, check_topics, published_by

LEADER_LOCK = 0x5A1D0002  # one relay at a time per database
BATCH_ROWS_MAX = 2_000  # about 2 MB in memory
SEND_TIMEOUT_SECONDS = 30.0
BATCH_BYTES_MAX = 1_600_000  # one batch to one partition; above the largest message (a dead letter)
POLL_SECONDS_MIN = 0.005
POLL_SECONDS_MAX = 0.02  # the api process cannot wake us, so this is what a request may wait for its event
FOLLOWER_POLL_SECONDS = 1.0
BACK_OFF_SECONDS = 1.0
PARTITION_CACHE_MAX = 100_000  # keys; a pure-Python murmur2 costs 5.6 microseconds
LINKS_MAX = 32

FETCH_SQL = "select id, topic, key, type, headers, payload from outbox order by id limit $1"
DELETE_SQL = "delete from outbox where id = any($1::bigint[])"
PARK_SQL = (
    "with gone as (delete from outbox where topic = $1 and key = $2 and id >= $3 returning *) "
    "insert into outbox_parked select gone.*, $4 from gone"
)

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    key: str
    traceparent: str | None
    headers: list[tuple[str, bytes]]
    payload: bytes | None


class Relay:
    """One a worker process; the one that holds the database's lock leads, the others stand by."""

    def __init__(self, service: str, database: Database, settings: MessagingSettings) -> None:
        self._service = service
        self._database = database
        self._settings = settings
        self._wake = asyncio.Event()
        self._partitions: dict[tuple[str, str], int] = {}
        self._task: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self.leading = False
        self.trouble: str | None = None
        self.sent = 0

    def start(self) -> None:
        """Begin to stand by."""
        self._task = asyncio.create_task(self._run_for_ever(), name="relay")

    async def stop(self) -> None:
        """Let the batch under way end in an acknowledgement or not at all, and give up the lead."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """There are new rows."""
        self._wake.set()

    async def _run_for_ever(self) -> None:
        while True:
            try:
                await self._lead()
            except (KafkaError, TopicsDiffer, TimeoutError, *INFRASTRUCTURE_ERRORS) as error:
                self.trouble = (
                    f"{type(error).__name__}: {error}" if isinstance(error, TopicsDiffer) else type(error).__name__
                )
                log.warning("relay waits", service=self._service, trouble=self.trouble)
            finally:
                self.leading = False
                await self._drop_producer()
            await asyncio.sleep(BACK_OFF_SECONDS)

    async def _lead(self) -> None:
        connection = await self._database.connect()
        try:
            while not await connection.fetchval("select pg_try_advisory_lock($1)", LEADER_LOCK):
                self.trouble = None
                await asyncio.sleep(FOLLOWER_POLL_SECONDS)
            await check_topics(self._settings.kafka_bootstrap, [topic.name for topic in published_by(self._service)])
            await self._start_producer()
            self.leading, self.trouble = True, None
            await self._drain(connection)
        finally:
            await asyncio.shield(_close(connection))

    async def _drain(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        pause = POLL_SECONDS_MIN
        while True:
            self._wake.clear()
            records = await connection.fetch(FETCH_SQL, BATCH_ROWS_MAX)
            if records:
                await self._send(connection, records)
                pause = POLL_SECONDS_MIN
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
                pause = POLL_SECONDS_MIN
            except TimeoutError:
                pause = min(pause * 2, POLL_SECONDS_MAX)

    async def _send(self, connection: asyncpg.Connection[asyncpg.Record], records: Sequence[asyncpg.Record]) -> None:
        lanes = self._lanes(records)
        links = [
            row.traceparent
            for lane in lanes.values()
            for row in lane
            if row.traceparent and is_sampled(row.traceparent)
        ]
        hit("relay.before-send")
        publish = span(
            f"publish {self._service}",
            kind="producer",
            links=links[:LINKS_MAX],
            attributes={"messaging.system": "kafka", "messaging.batch.message_count": len(records)},
        )
        with publish if links else nullcontext():
            results = await asyncio.gather(
                *(self._send_lane(topic, partition, rows) for (topic, partition), rows in lanes.items()),
                return_exceptions=True,
            )
        sent = [i for result in results if isinstance(result, _LaneSent) for i in result.ids]
        hit("relay.before-delete")
        if sent:
            await connection.execute(DELETE_SQL, sent)
            self.sent += len(sent)
        for result in results:
            if isinstance(result, _LaneSent) and result.unsendable is not None:
                await self._park(connection, result.topic, result.unsendable)
        for result in results:
            if isinstance(result, BaseException):
                raise result
            if result.error is not None:
                raise result.error

    def _lanes(self, records: Sequence[asyncpg.Record]) -> dict[tuple[str, int], list[_Row]]:
        lanes: dict[tuple[str, int], list[_Row]] = defaultdict(list)
        for record in records:
            headers: dict[str, str] = json.loads(record["headers"])
            row = _Row(
                id=record["id"],
                key=record["key"],
                traceparent=headers.get("traceparent"),
                headers=[(name, value.encode()) for name, value in headers.items()],
                payload=record["payload"],
            )
            lanes[(record["topic"], self.partition_of(record["topic"], record["key"]))].append(row)
        return lanes

    def partition_of(self, topic: str, key: str) -> int:
        """The partition that the Java client's default partitioner would choose."""
        place = (topic, key)
        partition = self._partitions.get(place)
        if partition is None:
            if len(self._partitions) >= PARTITION_CACHE_MAX:
                self._partitions.clear()
            partition = (murmur2(key.encode()) & 0x7FFFFFFF) % TOPICS_BY_NAME[topic].partitions
            self._partitions[place] = partition
        return partition

    async def _send_lane(self, topic: str, partition: int, rows: Sequence[_Row]) -> _LaneSent:
        """Send one partition's rows batch after batch, each acknowledged before the next, so a failure keeps order."""
        lane = _LaneSent(topic=topic, ids=[])
        position = 0
        while position < len(rows):
            batch, count = self._fill(rows[position:])
            if count == 0:
                lane.unsendable = rows[position]
                break
            try:
                await self._send_batch(batch, topic, partition)
            except MessageSizeTooLargeError as error:
                lane.unsendable, lane.error = (rows[position], None) if count == 1 else (None, error)
                break
            except (KafkaError, TimeoutError) as error:
                lane.error = error
                break
            lane.ids.extend(row.id for row in rows[position : position + count])
            position += count
        return lane

    def _fill(self, rows: Sequence[_Row]) -> tuple[object, int]:
        assert self._producer is not None  # noqa: S101  # only the leader sends, and it has started its producer
        batch = self._producer.create_batch()
        count = 0
        for row in rows:
            if batch.append(timestamp=None, key=row.key.encode(), value=row.payload, headers=row.headers) is None:
                break
            count += 1
        return batch, count

    async def _send_batch(self, batch: object, topic: str, partition: int) -> None:
        assert self._producer is not None  # noqa: S101  # as above
        delivered = await asyncio.wait_for(
            self._producer.send_batch(batch, topic, partition=partition), SEND_TIMEOUT_SECONDS
        )
        await asyncio.wait_for(delivered, SEND_TIMEOUT_SECONDS)

    async def _park(self, connection: asyncpg.Connection[asyncpg.Record], topic: str, row: _Row) -> None:
        log.error("outbox row can never be sent; its key is parked", topic=topic, outbox_id=row.id)
        await connection.execute(PARK_SQL, topic, row.key, row.id, "the message is larger than the broker takes")

    async def _start_producer(self) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka_bootstrap,
            acks="all",
            enable_idempotence=self._settings.broker.idempotent_producer,
            max_batch_size=BATCH_BYTES_MAX,
            max_request_size=BATCH_BYTES_MAX * 8,
            request_timeout_ms=int(SEND_TIMEOUT_SECONDS * 1000),
            client_id=f"{self._service}-relay-{self._settings.replica}",
        )
        await self._producer.start()

    async def _drop_producer(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            try:
                await asyncio.wait_for(producer.stop(), SEND_TIMEOUT_SECONDS)
            except (KafkaError, TimeoutError) as error:
                log.warning("producer did not stop clean", error=type(error).__name__)


@dataclass(slots=True)
class _LaneSent:
    """What became of one partition's rows: a prefix was acknowledged."""

    topic: str
    ids: list[int]
    unsendable: _Row | None = None
    error: Exception | None = None


async def _close(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    try:
        await connection.close(timeout=2)
    except INFRASTRUCTURE_ERRORS:
        connection.terminate()
