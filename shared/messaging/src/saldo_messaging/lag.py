"""How far a consumer is behind, in messages and in time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import ConsumerRecord, TopicPartition

from saldo_messaging.clocks import machine_now

MILLISECONDS: Final = 1_000.0
SIGHTINGS_MAX: Final = 720  # of a partition's end while it is behind: an hour of five seconds each


@dataclass(frozen=True, slots=True)
class Place:
    """Of one partition: the offset we read next, and the one that the broker writes next."""

    position: int
    end: int

    @property
    def behind(self) -> int:
        """Messages between the two."""
        return max(0, self.end - self.position)


@dataclass(frozen=True, slots=True)
class Lag:
    """`age_seconds`: the age of the oldest message not handled, at least; 0 where there is none."""

    messages: int
    age_seconds: float


class LagAges:
    """Tells ages without reading messages for it.

    While a batch is in hand, the records' own times say how old they are. Behind it, the message at our position is as
    old as the first reading that had seen it lie there. Both are lower bounds; they meet the truth while a worker
    catches up or stands still, which is when one asks.
    """

    def __init__(self) -> None:
        self._ends_seen: dict[TopicPartition, list[tuple[float, int]]] = {}  # (monotonic seconds, end)

    def read(
        self, places: Mapping[TopicPartition, Place], in_hand: Sequence[ConsumerRecord[Any, Any]]
    ) -> Mapping[str, Lag]:
        """The lag by topic; `places` are all partitions assigned, `in_hand` what was read and is not handled yet."""
        now = time.monotonic()
        self._ends_seen = {
            partition: self._still_unread(partition, place, now) for partition, place in places.items() if place.behind
        }
        messages: dict[str, int] = defaultdict(int)
        ages: dict[str, float] = defaultdict(float)
        for partition, place in places.items():
            messages[partition.topic] += place.behind
            if place.behind:
                ages[partition.topic] = max(ages[partition.topic], now - self._ends_seen[partition][0][0])
        clock = machine_now().timestamp()
        for record in in_hand:
            messages[record.topic] += 1
            ages[record.topic] = max(ages[record.topic], clock - record.timestamp / MILLISECONDS)
        return {topic: Lag(count, ages[topic]) for topic, count in messages.items()}

    def _still_unread(self, partition: TopicPartition, place: Place, now: float) -> list[tuple[float, int]]:
        """The sightings that were beyond our position, with this one."""
        seen = [sighting for sighting in self._ends_seen.get(partition, []) if sighting[1] > place.position]
        if not seen or (seen[-1][1] < place.end and len(seen) < SIGHTINGS_MAX):
            seen.append((now, place.end))
        return seen
