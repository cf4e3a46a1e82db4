"""Waiting for a thing itself, with a deadline: nothing here may hang."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from benchmarks.void import Void

POLL_SECONDS = 0.02


async def wait_until(
    holds: Callable[[], Awaitable[bool]], what: str, *, seconds_max: float, poll_seconds: float = POLL_SECONDS
) -> float:
    """When it held, on the monotonic clock. Raises Void naming `what` when it does not within `seconds_max`."""
    deadline = time.monotonic() + seconds_max
    while True:
        if await holds():
            return time.monotonic()
        if time.monotonic() > deadline:
            raise Void(f"not within {seconds_max:.0f} s: {what}")
        await asyncio.sleep(poll_seconds)
