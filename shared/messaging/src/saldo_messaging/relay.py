"""The relay: carries the outbox to the broker, in order per key, at least once, with ids that make repeats harmless."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import murmur2
from saldo_contracts.topics import TOPICS_BY_NAME
from saldo_telemetry import is_sampled, logger, span

from saldo_messaging import measuring
from saldo_messaging.database import INFRASTRUCTURE_ERRORS, Database
from saldo_messaging.failpoints import hit
from saldo_messaging.settings import MessagingSettings
from saldo_messaging.topics import TopicsDiffer, check_topics, published_by

LEADER_LOCK = 0x5A1D0002  # one relay at a time per database
BATCH_ROWS_MAX = 2_000  # about 2 MB in memory
SEND_TIMEOUT_SECONDS = 30.0
BATCH_BYTES_MAX = 1_600_000  # the producer's own limit; above the largest message (a dead letter)
BATCH_HEADER_BYTES = 70  # 61 of the record batch of format 2, rounded up
RECORD_HEADER_BYTES = 70  # lengths, offsets and header counts of one record, rounded up
POLL_SECONDS_MIN = 0.005
POLL_SECONDS_MAX = 0.02  # the api process cannot wake us, so this is what a request may wait for its event
POLL_SECONDS_MAX_WOKEN = 0.1  # in one process with the api, which wakes us: only another replica's events are found so
# Under load a batch a partition costs more than the events in it, on our side, the broker's and the listeners', so a
# wait makes fewer and fuller ones. It grows with what came in the last one: above 400 events a second to the full tenth
# of a second, below that to nothing, where nobody would gain from it.
LINGER_ROWS_MIN = 5
LINGER_SECONDS_PER_ROW = 1 / 400
LINGER_SECONDS_MAX = 0.1
FOLLOWER_POLL_SECONDS = 1.0
BACK_OFF_SECONDS = 1.0
PARTITION_CACHE_MAX = 100_000  # keys; a pure-Python murmur2 costs 5.6 microseconds
LINKS_MAX = 32

FETCH_SQL = (
    "select id, topic, key, headers, payload, false as parked from outbox "
    "where id <> all($2::bigint[]) order by id limit $1"
)
# One statement, one snapshot: an operator who gives rows back beside us can never make a later one overtake them.
FETCH_BESIDE_PARKED_SQL = (
    "select id, topic, key, headers, payload, exists (select 1 from outbox_parked as p "
    "where p.discarded_at is null and p.topic = outbox.topic and p.key = outbox.key) as parked "
    "from outbox where id <> all($2::bigint[]) order by id limit $1"
)
ANY_PARKED_SQL = "select exists (select 1 from outbox_parked where discarded_at is null)"
DELETE_SQL = "delete from outbox where id = any($1::bigint[])"
PARK_SQL = (
    "with gone as (delete from outbox where topic = $1 and key = $2 and id >= $3 returning *) "
    "insert into outbox_parked (id, event_id, topic, key, type, headers, payload, occurred_at, recorded_at, reason) "
    "select id, event_id, topic, key, type, headers, payload, occurred_at, recorded_at, "
    "case when id = $3 then $4 else 'an earlier row of this key is parked' end from gone"
)
UNSENDABLE_TOO_LARGE = "the message is larger than the broker takes"
UNSENDABLE_UNREADABLE = "the row is not a message"
UNSENDABLE_BEHIND = "an earlier row of this key is parked"

log = logger(__name__)


class _Row(NamedTuple):
    """A row as it will be sent; a tuple, since one is made for every event of the house."""

    id: int
    key: bytes
    traceparent: str | None
    headers: list[tuple[str, bytes]]
    payload: bytes | None
    size: int  # bytes in a batch, rounded up


@dataclass(frozen=True, slots=True)
class _Unsendable:
    """A row to be parked with all that is behind it in its key."""

    id: int
    topic: str
    key: str
    reason: str


class Relay:
    """One a worker process; the one that holds the database's lock leads, the others stand by."""

    def __init__(
        self, service: str, database: Database, settings: MessagingSettings, *, api_apart: bool = True
    ) -> None:
        self._service = service
        self._database = database
        self._settings = settings
        self._poll_seconds_max = POLL_SECONDS_MAX if api_apart else POLL_SECONDS_MAX_WOKEN
        self._wake = asyncio.Event()
        self._partitions: dict[tuple[str, str], int] = {}
        self._task: asyncio.Task[None] | None = None
        self._producer: AIOKafkaProducer | None = None
        self.leading = False
        self.trouble: str | None = None
        self.sent = 0
        self._any_parked = False

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
            except Exception as error:
                self.trouble = type(error).__name__
                log.error("relay failed; it begins anew", service=self._service, error=self.trouble, exc_info=error)
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
            self._any_parked = await connection.fetchval(ANY_PARKED_SQL)
            self.leading, self.trouble = True, None
            await self._drain(connection)
        finally:
            await asyncio.shield(_close(connection))

    async def _drain(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        pause = POLL_SECONDS_MIN
        while True:
            self._wake.clear()
            records = await self._fetch(connection)
            if records:
                await self._send_on(connection, records)
                pause = POLL_SECONDS_MIN
                if LINGER_ROWS_MIN <= len(records) < BATCH_ROWS_MAX:
                    await asyncio.sleep(min(len(records) * LINGER_SECONDS_PER_ROW, LINGER_SECONDS_MAX))
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
                pause = POLL_SECONDS_MIN
            except TimeoutError:
                pause = min(pause * 2, self._poll_seconds_max)

    async def _fetch(
        self, connection: asyncpg.Connection[asyncpg.Record], under_way: Sequence[asyncpg.Record] = ()
    ) -> Sequence[asyncpg.Record]:
        """The first rows that are not under way: never "behind the last one", for a lower id may commit later."""
        sql = FETCH_BESIDE_PARKED_SQL if self._any_parked else FETCH_SQL
        return await connection.fetch(sql, BATCH_ROWS_MAX, [record["id"] for record in under_way])

    async def _send_on(self, connection: asyncpg.Connection[asyncpg.Record], records: Sequence[asyncpg.Record]) -> None:
        """Send these rows and, while there is a backlog, those after them."""
        while records:
            began, sent, rows = time.perf_counter(), self.sent, len(records)
            failure: Exception | None = None
            try:
                records = await self._carry(connection, records)
            except Exception as error:
                failure = error
                raise
            finally:
                measuring.relay_batch(rows, self.sent - sent, time.perf_counter() - began, failure)

    async def _carry(
        self, connection: asyncpg.Connection[asyncpg.Record], records: Sequence[asyncpg.Record]
    ) -> Sequence[asyncpg.Record]:
        """One batch to the broker; returns the next one where there is a backlog: the database reads it meanwhile. A
        row is sent only when all before it of its key were acknowledged."""
        backlog = len(records) == BATCH_ROWS_MAX
        reading = asyncio.create_task(self._fetch(connection, records)) if backlog else None
        try:
            sending = await self._send(records)
        finally:
            following = await reading if reading else ()
        await self._settle(connection, sending)
        return () if sending.unsendable else following  # a parked key may have rows among those read before

    async def _send(self, records: Sequence[asyncpg.Record]) -> _Sending:
        lanes, unsendable = self._lanes(records)
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
        sent = [result for result in results if isinstance(result, _LaneSent)]
        return _Sending(
            ids=[i for result in sent for i in result.ids],
            unsendable=[*unsendable, *(result.unsendable for result in sent if result.unsendable)],
            errors=[
                *(result.error for result in sent if result.error is not None),
                *(result for result in results if isinstance(result, BaseException)),
            ],
        )

    async def _settle(self, connection: asyncpg.Connection[asyncpg.Record], sending: _Sending) -> None:
        """Forget what was acknowledged, park what never can be, and raise what went wrong."""
        hit("relay.before-delete")
        if sending.ids:
            await connection.execute(DELETE_SQL, sending.ids)
            self.sent += len(sending.ids)
        for row in sending.unsendable:
            await self._park(connection, row)
        for error in sending.errors:
            raise error

    def _lanes(self, records: Sequence[asyncpg.Record]) -> tuple[dict[tuple[str, int], list[_Row]], list[_Unsendable]]:
        """The rows by partition, in order; and those at which their key stops."""
        lanes: dict[tuple[str, int], list[_Row]] = defaultdict(list)
        stopped: dict[tuple[str, str], _Unsendable] = {}
        for row_id, topic, key, headers, payload, parked in records:
            place = (topic, key)
            if place in stopped:
                continue
            try:
                row, partition = _row(row_id, key, headers, payload), self.partition_of(topic, key)
            except (ValueError, KeyError, AttributeError):
                stopped[place] = _Unsendable(row_id, topic, key, UNSENDABLE_UNREADABLE)
                continue
            if parked:
                stopped[place] = _Unsendable(row_id, topic, key, UNSENDABLE_BEHIND)
                continue
            lanes[(topic, partition)].append(row)
        return lanes, list(stopped.values())

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
        lane = _LaneSent(ids=[])
        position = 0
        bytes_max = TOPICS_BY_NAME[topic].max_message_bytes  # the broker measures batches, not messages
        while position < len(rows):
            too_large = _Unsendable(rows[position].id, topic, rows[position].key.decode(), UNSENDABLE_TOO_LARGE)
            if rows[position].size + BATCH_HEADER_BYTES > TOPICS_BY_NAME[topic].max_message_bytes:
                lane.unsendable = too_large
                break
            batch, count = self._fill(rows, position, bytes_max=bytes_max)
            try:
                await self._send_batch(batch, topic, partition)
            except MessageSizeTooLargeError:
                if count == 1:
                    lane.unsendable = too_large
                    break
                bytes_max = 0  # the broker takes less than the contracts say: one by one finds the culprit
                continue
            except (KafkaError, TimeoutError) as error:
                lane.error = error
                break
            lane.ids.extend(row.id for row in rows[position : position + count])
            position += count
        return lane

    def _fill(self, rows: Sequence[_Row], position: int, *, bytes_max: int) -> tuple[object, int]:
        """A batch of the rows from this position on, at least one (aiokafka takes any first one), and their number."""
        assert self._producer is not None  # noqa: S101  # only the leader sends, and it has started its producer
        batch = self._producer.create_batch()
        size = BATCH_HEADER_BYTES
        count = 0
        for row in islice(rows, position, None):
            size += row.size
            if count and size > bytes_max:
                break
            if batch.append(timestamp=None, key=row.key, value=row.payload, headers=row.headers) is None:
                break
            count += 1
        return batch, count

    async def _send_batch(self, batch: object, topic: str, partition: int) -> None:
        assert self._producer is not None  # noqa: S101  # as above
        delivered = await asyncio.wait_for(
            self._producer.send_batch(batch, topic, partition=partition), SEND_TIMEOUT_SECONDS
        )
        await asyncio.wait_for(delivered, SEND_TIMEOUT_SECONDS)

    async def _park(self, connection: asyncpg.Connection[asyncpg.Record], row: _Unsendable) -> None:
        log.error("outbox row cannot be sent; its key is parked", topic=row.topic, outbox_id=row.id, reason=row.reason)
        await connection.execute(PARK_SQL, row.topic, row.key, row.id, row.reason)
        self._any_parked = True

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

    ids: list[int]
    unsendable: _Unsendable | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Sending:
    """What became of one batch of rows."""

    ids: list[int]
    unsendable: list[_Unsendable]
    errors: list[BaseException]


def _row(row_id: int, key: str, stored: str, payload: bytes | None) -> _Row:
    """Raises ValueError or AttributeError where the stored headers are not an object of texts."""
    headers: dict[str, str] = json.loads(stored)
    return _Row(
        row_id,
        key.encode(),
        headers.get("traceparent"),
        [(name, value.encode()) for name, value in headers.items()],
        payload,
        len(payload or b"") + len(stored) + len(key) + RECORD_HEADER_BYTES,
    )


async def _close(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    try:
        await connection.close(timeout=2)
    except INFRASTRUCTURE_ERRORS:
        connection.terminate()
