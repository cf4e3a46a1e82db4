"""Business time as a port: billing dates, due dates and timers follow it; leases and tokens do not."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Business time. Machine time (leases, back-off, token expiry) never comes from here."""

    async def now(self) -> datetime:
        """Aware, UTC."""
