"""For how long a listener has been reading what is new: only then would a copy that somebody waits for have come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import ConsumerRecord

BEHIND_SECONDS = 10.0  # a record this old means that a backlog is being read; far above what relay and batches take


class Freshness:
    """Told by the listener what it does; asked by whoever gives up waiting. Machine time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._since: float | None = None

    def begins(self) -> None:
        """Partitions were assigned: reading begins, at first of what is old."""
        self._since = self._monotonic()

    def ends(self) -> None:
        """Partitions were revoked: nothing is read."""
        self._since = None

    def read(self, records: Iterable[ConsumerRecord[Any, Any]]) -> None:
        """A batch that holds an old record starts the time anew."""
        oldest_ms = min((record.timestamp for record in records), default=None)
        if self._since is not None and oldest_ms is not None and self._wall() - oldest_ms / 1000 > BEHIND_SECONDS:
            self._since = self._monotonic()

    def seconds(self) -> float:
        """0 while nothing is assigned."""
        return 0.0 if self._since is None else self._monotonic() - self._since
