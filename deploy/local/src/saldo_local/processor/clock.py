"""The processor's own time: the machine's, until somebody moves it; from then on it stands still between moves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from saldo_local.processor.store import Store

SETTING = "now"


class MovesBackwards(Exception):
    """Time moves forward only."""


class MovableClock:
    """Survives a restart of the process. `moved` wakes whoever waits for a simulated moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._condition = asyncio.Condition()
        kept = store.setting(SETTING)
        self._stands_at = None if kept is None else datetime.fromisoformat(kept)

    def now(self) -> datetime:
        return self._stands_at or datetime.now(UTC)

    def timestamp(self) -> int:
        return int(self.now().timestamp())

    async def move_to(self, moment: datetime) -> None:
        """A repeat of the same moment does nothing. Raises MovesBackwards."""
        if self._stands_at is not None and moment < self._stands_at:
            raise MovesBackwards(f"The clock stands at {self._stands_at.isoformat()}; it cannot go back.")
        self._stands_at = moment.astimezone(UTC)
        self._store.set_setting(SETTING, self._stands_at.isoformat())
        await self.wake()

    async def wake(self) -> None:
        async with self._condition:
            self._condition.notify_all()

    async def moved(self) -> None:
        """Returns at the next move, or when faults were changed."""
        async with self._condition:
            await self._condition.wait()
