"""Business time of a flow: one clock for all services, moved forward only, and only while nothing is under way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta

from saldo_local.suite import Suite

OFFICE_OPENS = time(9, tzinfo=UTC)  # a move to a day means its morning: local midnight is over in every seller's zone


class Clock:
    """`await clock.move_to(date(2026, 2, 28))` runs every timer on the way, in order."""

    def __init__(self, suite: Suite, starts_at: datetime, *, rest: Callable[[], Awaitable[object]]) -> None:
        self._suite = suite
        self._rest = rest
        self.now = starts_at

    @property
    def today(self) -> date:
        """The day it is, UTC."""
        return self.now.date()

    async def move_to(self, target: date | datetime) -> None:
        """A day means nine in the morning UTC. Returns when all that came of the move was seen; raises NotQuiet."""
        moment = target if isinstance(target, datetime) else datetime.combine(target, OFFICE_OPENS)
        await self._suite.conductor.move_to(moment)
        await self._rest()
        self.now = max(self.now, moment)

    async def forward(self, *, days: int = 0, hours: int = 0, minutes: int = 0) -> None:
        """So much later than now."""
        await self.move_to(self.now + timedelta(days=days, hours=hours, minutes=minutes))
