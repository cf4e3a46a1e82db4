"""Business time: the machine's clock in production, one row of the database in a sandbox."""

from __future__ import annotations

from datetime import UTC, datetime

from saldo_messaging.database import Database


def machine_now() -> datetime:
    """Machine time, which leases, back-off and `ce_recordedtime` follow; never business time."""
    return datetime.now(UTC)


class SystemClock:
    """Business time is machine time."""

    async def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC)


class MovableClock:
    """Business time is a row that only moves forward; where no row stands yet it is the machine's time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> datetime:
        """Aware, UTC."""
        stored: datetime | None = await self._database.pool.fetchval("select now from business_clock")
        return stored or machine_now()

    async def move_to(self, target: datetime) -> None:
        """Set business time; raises ValueError for a target that is not aware or lies before the present time."""
        if target.tzinfo is None:
            raise ValueError("business time needs a time zone")
        moved = await self._database.pool.fetchval(
            "insert into business_clock (id, now) values (true, $1) "
            "on conflict (id) do update set now = excluded.now where business_clock.now <= excluded.now returning 1",
            target,
        )
        if moved is None:
            raise ValueError("business time only moves forward")
