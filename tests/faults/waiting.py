"""Waiting for something that another process does, with a deadline and a sentence for when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

WAIT_SECONDS_MAX = 400.0  # a process dies eleven times in a row on a busy machine; never a proof of speed
ASK_SECONDS = 0.05


async def wait_until(holds: Callable[[], bool], otherwise: str, *, seconds: float = WAIT_SECONDS_MAX) -> None:
    """Return as soon as it holds; raises AssertionError with the sentence at the deadline."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{otherwise} (waited {seconds} s)"
        await asyncio.sleep(ASK_SECONDS)


async def wait_for(holds: Callable[[], Awaitable[bool]], otherwise: str, *, seconds: float = WAIT_SECONDS_MAX) -> None:
    """As above, where asking takes a while itself."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, f"{otherwise} (waited {seconds} s)"
        await asyncio.sleep(ASK_SECONDS)
