"""A plain consumer of the real broker: it feeds the requirement proof and waits for the events a test expects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from saldo_contracts.envelope import Envelope, UnreadableEnvelope, decode_headers
from saldo_contracts.event import Event, UnreadableBody
from saldo_contracts.events import EVENTS
from saldo_contracts.topics import TOPICS, TOPICS_BY_NAME

from saldo_testkit.recorder import recorder

EXPECT_SECONDS = 20.0  # deadline of an expectation; generous, since a deadline never proves speed
DISCOVER_SECONDS = 0.2
SETTLE_SECONDS = 0.05

EventT = TypeVar("EventT", bound=Event)


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as it stood on the broker."""

    topic: str
    partition: int
    offset: int
    envelope: Envelope
    event: Event
    headers: dict[str, bytes]


class Observer:
    """Reads every topic of the catalogue from the moment it starts (or from the beginning); dead letters too."""

    def __init__(self, bootstrap: str, *, from_beginning: bool = False, topics: Iterable[str] | None = None) -> None:
        self._bootstrap = bootstrap
        self._from_beginning = from_beginning
        self._wanted = set(topics) if topics is not None else {topic.name for topic in TOPICS}
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self.seen: list[Seen] = []
        self.raw: list[Any] = []

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
            metadata_max_age_ms=1_000,
        )
        await self._consumer.start()
        await self._assign_new(first=True)
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._consumer:
            await self._consumer.stop()

    async def _assign_new(self, *, first: bool) -> None:
        """Take up topics as their owners create them; those that stood before the start are read from there on."""
        assert self._consumer is not None  # noqa: S101  # entered
        known = {partition.topic for partition in self._consumer.assignment()}
        present = (await self._consumer.topics()) & self._wanted
        new = [
            TopicPartition(name, number)
            for name in sorted(present - known)
            for number in range(TOPICS_BY_NAME[name].partitions)
        ]
        if not new:
            return
        kept = {partition: await self._consumer.position(partition) for partition in self._consumer.assignment()}
        self._consumer.assign([*kept, *new])
        for partition, offset in kept.items():
            self._consumer.seek(partition, offset)
        if first and not self._from_beginning:
            await self._consumer.seek_to_end(*new)
            for partition in new:
                await self._consumer.position(partition)
        else:
            await self._consumer.seek_to_beginning(*new)

    async def _read(self) -> None:
        """Until it is cancelled; a broker that goes away is waited for, since tests make it do so."""
        while True:
            try:
                await self._read_on()
            except (KafkaError, OSError):
                await asyncio.sleep(DISCOVER_SECONDS)

    async def _read_on(self) -> None:
        assert self._consumer is not None  # noqa: S101  # entered
        looked_at = 0.0
        while True:
            now = asyncio.get_running_loop().time()
            if now - looked_at > DISCOVER_SECONDS and len({p.topic for p in self._consumer.assignment()}) < len(
                self._wanted
            ):
                await self._assign_new(first=False)
                looked_at = now
            if not self._consumer.assignment():
                await asyncio.sleep(DISCOVER_SECONDS)
                continue
            records = await self._consumer.getmany(timeout_ms=50)
            if records:
                async with self._news:
                    for batch in records.values():
                        for record in batch:
                            self._take(record)
                    self._news.notify_all()

    def _take(self, record: Any) -> None:
        self.raw.append(record)
        if record.topic.endswith(".dead-letters.v1"):
            return
        with contextlib.suppress(UnreadableEnvelope, UnreadableBody, KeyError):
            envelope = decode_headers(record.headers)
            event = EVENTS[envelope.type].from_bytes(record.value or b"")
            seen = Seen(record.topic, record.partition, record.offset, envelope, event, dict(record.headers))
            self.seen.append(seen)
            recorder.saw_event(type(event).__name__, event.account_id, recorded_at=envelope.recorded_time.isoformat())

    # -- what tests ask ------------------------------------------------------------------------------------------

    def of(self, kind: type[EventT], *, where: Callable[[EventT], bool] = lambda _: True) -> list[EventT]:
        """Everything of this class so far, in the order of arrival."""
        return [seen.event for seen in self.seen if isinstance(seen.event, kind) and where(seen.event)]

    async def expect(
        self,
        kind: type[EventT],
        *,
        where: Callable[[EventT], bool] = lambda _: True,
        count: int = 1,
        seconds: float = EXPECT_SECONDS,
    ) -> Sequence[EventT]:
        """Wait until `count` such events were seen; fails with what did arrive."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: len(self.of(kind, where=where)) >= count)
        except TimeoutError:
            arrived = (
                "\n".join(f"  {type(seen.event).__name__} {seen.event.subject}" for seen in self.seen) or "  nothing"
            )
            raise AssertionError(f"{count} {kind.__name__} expected in {seconds} s; arrived:\n{arrived}") from None
        return self.of(kind, where=where)

    async def one(self, kind: type[EventT], *, where: Callable[[EventT], bool] = lambda _: True) -> EventT:
        """Wait for exactly one; a second one fails."""
        found = await self.expect(kind, where=where)
        assert len(found) == 1, f"one {kind.__name__} expected, {len(found)} arrived"  # noqa: S101  # a test's own
        return found[0]

    async def dead_letters(self, count: int, *, seconds: float = EXPECT_SECONDS) -> Sequence[Any]:
        """Wait for so many records on dead-letter topics."""

        def found() -> list[Any]:
            return [record for record in self.raw if record.topic.endswith(".dead-letters.v1")]

        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: len(found()) >= count)
        except TimeoutError:
            raise AssertionError(f"{count} dead letters expected, {len(found())} arrived") from None
        return found()
