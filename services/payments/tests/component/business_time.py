"""The sandbox clock of the service under test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from saldo_messaging.clocks import MovableClock
from saldo_testkit.harness import Harness

BEGINNING = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """Only forward; what falls due on the way runs before the test goes on."""

    service: Harness

    async def now(self) -> datetime:
        return await self.service.runtime.clock.now()

    async def moves_to(self, target: datetime) -> None:
        clock = self.service.runtime.clock
        assert isinstance(clock, MovableClock)
        await clock.move_to(target)
        await self.service.settled()

    async def passes(self, span: timedelta) -> datetime:
        """The new present."""
        target = await self.now() + span
        await self.moves_to(target)
        return target
