"""What a flow believes: events as they stand on the broker, read by a plain consumer that can say it saw them all."""

from __future__ import annotations

import time
from typing import Self

from aiokafka import AIOKafkaConsumer
from saldo_contracts.topics import TOPICS
from saldo_local.suite import SERVICES
from saldo_testkit.observer import Observer, Seen

CATCH_UP_SECONDS_MAX = 20.0
FETCH_MS = 200


class Witness(Observer):
    """An Observer that reads when it is asked to, always to the end; in between it costs the broker nothing."""

    def __init__(self, bootstrap: str) -> None:
        topics = [topic.name for topic in TOPICS if topic.owner in SERVICES and topic.key == "account_id"]
        super().__init__(bootstrap, from_beginning=True, topics=topics)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        consumer = self._open()
        consumer.pause(*consumer.assignment())
        return self

    async def _read(self) -> None:
        """Nothing in the background."""

    async def caught_up(self) -> None:
        """Return when everything that stands on the broker now was seen."""
        consumer = self._open()
        deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
        ends = await consumer.end_offsets(list(consumer.assignment()))
        behind = {partition for partition, end in ends.items() if await consumer.position(partition) < end}
        while behind:
            consumer.resume(*behind)
            for records in (await consumer.getmany(*behind, timeout_ms=FETCH_MS)).values():
                for record in records:
                    self._take(record)
            done = {partition for partition in behind if await consumer.position(partition) >= ends[partition]}
            consumer.pause(*done)
            behind -= done
            if behind and time.monotonic() > deadline:
                raise AssertionError(f"the witness did not catch up in {CATCH_UP_SECONDS_MAX} s: {behind}")

    def _open(self) -> AIOKafkaConsumer:
        assert self._consumer is not None, "the witness reads only inside its `async with`"
        return self._consumer

    def story_of(self, account_id: str | None = None, *, since: int = 0) -> list[Seen]:
        """The events of an account in the order in which they were recorded; None means all accounts."""
        seen = [one for one in self.seen[since:] if account_id in (None, one.event.account_id)]
        return sorted(seen, key=lambda one: (one.envelope.recorded_time, one.topic, one.offset))

    @property
    def dead_letter_topics(self) -> list[str]:
        """Where dead letters stand, once for each."""
        return [record.topic for record in self.raw if record.topic.endswith(".dead-letters.v1")]
