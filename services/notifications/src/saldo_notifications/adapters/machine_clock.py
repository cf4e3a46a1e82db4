"""Machine time: what leases, back-off and waiting follow."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemMachineClock:
    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC)
