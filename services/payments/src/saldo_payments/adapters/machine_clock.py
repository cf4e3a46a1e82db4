"""The wall clock, for leases and back-off; business time never comes from here."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemMachineTime:
    """Keeps the promise of `MachineTime`."""

    def now(self) -> datetime:
        return datetime.now(UTC)
