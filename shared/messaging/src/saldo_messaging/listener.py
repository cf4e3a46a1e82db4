"""The listener: one batch subscriber over all streams a service hears; a batch is one transaction, then an offset."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage, KafkaMessage
from saldo_contracts.event import Event
from saldo_telemetry import logger
from saldo_work import Transient

from saldo_messaging import measuring
from saldo_messaging.failpoints import hit
from saldo_messaging.freshness import Freshness
from saldo_messaging.lag import Lag, LagAges, Place
from saldo_messaging.membership import instance_of, leave, member_of
from saldo_messaging.runner import Runner
from saldo_messaging.settings import MessagingSettings
from saldo_messaging.tasks import Task
from saldo_messaging.topics import existing_topics
from saldo_messaging.translation import Translation, Translator, topics_heard

BATCH_RECORDS_MAX = 500
BATCH_TIMEOUT_MS = 20
MAX_POLL_INTERVAL_MS = 300_000
BACK_OFF_SECONDS_MAX = 15.0  # far below the poll interval, so that waiting never costs the membership
GIVE_UP_SECONDS = 60.0  # of trying in place while the database is away; then the batch is rewound
DRAIN_SECONDS_MAX = 25.0  # a revocation waits for the batch under way, below the rebalance timeout
TOPICS_RECHECK_SECONDS = 5.0  # a stream whose owner is deployed later is joined then
TOPICS_RECHECK_SECONDS_COMPLETE = 60.0  # nothing more is expected
GRACEFUL_SECONDS = 30.0

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch as the broker gave it, and the handle that acknowledges it."""

    records: Sequence[ConsumerRecord[Any, Any]]
    handle: KafkaMessage

    def rewind(self) -> None:
        """Read these again. FastStream's nack raises at the first partition that was revoked meanwhile, and would leave
        the others where they are, to be committed past."""
        consumer: Any = self.handle.consumer
        earliest: dict[TopicPartition, int] = {}
        for record in self.records:
            partition = TopicPartition(record.topic, record.partition)
            earliest[partition] = min(record.offset, earliest.get(partition, record.offset))
        for partition, offset in earliest.items():
            if partition in consumer.assignment():
                consumer.seek(partition, offset)


class _Drain(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """On revocation the batch under way is finished first, so that a rebalance hardly makes duplicates."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._listener.assigned = False
        self._listener.freshness.ends()
        try:
            async with asyncio.timeout(DRAIN_SECONDS_MAX):
                async with self._listener.busy:
                    pass
        except TimeoutError:
            log.warning("a batch outlasted the rebalance; the inbox will recognise its repeat")

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._listener.assigned = True
        self._listener.freshness.begins()


class Listener:
    """One a worker process."""

    def __init__(
        self,
        service: str,
        settings: MessagingSettings,
        *,
        listens: Mapping[type[Event], Translator],
        translation: Translation,
        runner: Runner,
    ) -> None:
        self._service = service
        self._settings = settings
        self._translation = translation
        self._wanted = topics_heard(listens)
        self._runner = runner
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None
        self._task: asyncio.Task[None] | None = None
        self._topics: set[str] = set()
        self.busy = asyncio.Lock()
        self._leaving = False
        self.assigned = False
        self.freshness = Freshness()
        self.trouble: str | None = None
        self._in_hand: Sequence[ConsumerRecord[Any, Any]] = ()
        self._lag_ages = LagAges()

    def start(self) -> None:
        """Begin to join the group; `assigned` tells when it did."""
        if self._wanted:
            self._task = asyncio.create_task(self._supervise(), name="listener")

    async def stop(self) -> None:
        """Finish the batch under way, then leave the group."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._leave()

    async def _supervise(self) -> None:
        while True:
            try:
                present = await existing_topics(self._settings.kafka_bootstrap, self._wanted)
                present |= self._topics  # streams come and never go; a node that was not told yet knows fewer
                if present != self._topics:
                    self._topics = set()
                    await self._leave()
                    if present:
                        await self._join(sorted(present))
                    self._topics = present
                self.trouble = None if present else "none of the topics heard exists yet"
            except (KafkaError, OSError, TimeoutError) as error:
                self.trouble = type(error).__name__
                log.warning("listener waits for the broker", error=self.trouble)
            except Exception as error:
                self.trouble = type(error).__name__
                log.error("listener not joined; it tries again", error=self.trouble, exc_info=error)
            complete = self._topics == set(self._wanted)
            wait = TOPICS_RECHECK_SECONDS_COMPLETE if complete else TOPICS_RECHECK_SECONDS if self._topics else 0.3
            await asyncio.sleep(wait)

    async def _join(self, topics: Sequence[str]) -> None:
        profile = self._settings.broker
        broker = KafkaBroker(
            self._settings.kafka_bootstrap.split(","),  # FastStream, unlike aiokafka, takes a text for one address
            client_id=f"{self._service}-{self._settings.replica}",
            apply_types=False,
            allow_auto_create_topics=False,
            graceful_timeout=GRACEFUL_SECONDS,
            logger=None,
        )
        subscriber = broker.subscriber(
            *topics,
            group_id=self._service,
            group_instance_id=instance_of(self._service, self._settings.replica, topics)
            if profile.static_members
            else None,
            batch=True,
            max_records=BATCH_RECORDS_MAX,
            batch_timeout_ms=BATCH_TIMEOUT_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            session_timeout_ms=profile.session_timeout_ms,
            heartbeat_interval_ms=profile.heartbeat_interval_ms,
            fetch_max_wait_ms=profile.fetch_max_wait_ms,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            listener=_Drain(self),
            parser=self._parse,
            decoder=self._decode,
        )
        subscriber(self._on_batch)
        self._broker, self._subscriber = broker, subscriber
        await broker.start()

    async def _leave(self) -> None:
        broker, self._broker, self.assigned = self._broker, None, False
        self.freshness.ends()
        if broker is None:
            return
        self._leaving = True
        member = member_of(self._subscriber.consumer)
        try:
            await broker.stop()
        finally:
            self._leaving, self._subscriber = False, None
        if self._settings.broker.static_members:
            await leave(self._settings.kafka_bootstrap, self._service, member)

    async def _parse(self, records: Sequence[ConsumerRecord[Any, Any]]) -> KafkaMessage:
        """Keep the bytes: FastStream's own parser raises on a header that is no UTF-8, and the batch would be lost."""
        return KafkaAckableMessage(
            body=b"", headers={}, batch_headers=[], raw_message=tuple(records), consumer=self._subscriber.consumer
        )

    async def _decode(self, handle: KafkaMessage) -> Delivery:
        raw = handle.raw_message
        return Delivery(records=raw if isinstance(raw, tuple) else (raw,), handle=handle)

    # -- a batch -------------------------------------------------------------------------------------------------

    async def _on_batch(self, delivery: Delivery) -> None:
        async with self.busy:
            self.freshness.read(delivery.records)
            began = time.perf_counter()
            self._in_hand = delivery.records
            try:
                translate = self._translation.task_of_record
                tasks = [task for record in delivery.records if (task := translate(record)) is not None]
                measuring.batch_delivered(delivery.records, stepped_over=self._translation.take_stepped_over())
                if tasks:
                    hit("listener.before-run")
                    await self._run(tasks)
            except Transient as error:
                log.warning("batch rewound", records=len(delivery.records), error=str(error))
                measuring.batch_processed(self._service, time.perf_counter() - began, error)
                delivery.rewind()
                return
            except Exception as error:
                # Not even setting it aside worked. Losing it is no choice, so the stream stands still and says so.
                log.error("batch rewound", records=len(delivery.records), error=type(error).__name__, exc_info=error)
                measuring.batch_processed(self._service, time.perf_counter() - began, error)
                delivery.rewind()
                await asyncio.sleep(BACK_OFF_SECONDS_MAX)
                return
            finally:
                self._in_hand = ()
            measuring.batch_processed(self._service, time.perf_counter() - began)
            await self._acknowledge(delivery)

    async def _acknowledge(self, delivery: Delivery) -> None:
        hit("listener.before-ack")
        try:
            await delivery.handle.ack()
        except KafkaError as error:
            # The group moved on while we worked: the effects stand, and the inbox knows the repeats.
            log.warning("offsets not committed", error=type(error).__name__)

    async def _run(self, tasks: Sequence[Task]) -> None:
        """Run until every task's fate is recorded; raises Transient when the database stays away."""
        began = time.monotonic()
        tries = 0
        while True:
            try:
                await self._runner.submit(tasks)
                return
            except Transient:
                if self._leaving or time.monotonic() - began > GIVE_UP_SECONDS:
                    raise
            tries += 1
            await asyncio.sleep(_back_off(tries))

    # -- what others ask -----------------------------------------------------------------------------------------

    async def lag(self) -> int:
        """Messages of the assigned partitions not handled yet, asked of the broker; one while nobody knows."""
        if not self._wanted:
            return 0
        places = await self._places()
        if places is None:
            return 1  # a rebalance or an outage is under way
        return sum(place.behind for place in places.values()) + (1 if self.busy.locked() else 0)

    async def lag_by_topic(self) -> Mapping[str, Lag]:
        """The same by topic, with the age of the oldest message not handled; empty while nobody knows."""
        places = await self._places()
        return {} if places is None else self._lag_ages.read(places, self._in_hand)

    async def _places(self) -> Mapping[TopicPartition, Place] | None:
        """Where we stand in the assigned partitions; None while nobody knows."""
        consumer = self._subscriber.consumer if self._subscriber else None
        if consumer is None or not self.assigned:
            return None
        try:
            partitions = list(consumer.assignment())
            ends = await consumer.end_offsets(partitions)
            return {partition: Place(await consumer.position(partition), ends[partition]) for partition in partitions}
        except (KafkaError, OSError, TimeoutError):
            return None


def _back_off(tries: int) -> float:
    """Exponential with jitter, seconds."""
    ceiling: float = min(BACK_OFF_SECONDS_MAX, 0.1 * 2**tries)
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311  # jitter, not a secret
