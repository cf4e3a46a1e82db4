"""Waits for a condition with a deadline, so that no test sleeps for luck."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

SECONDS = 30.0  # generous: a deadline never proves speed
ASK_SECONDS = 0.01


async def until(check: Callable[[], Awaitable[object] | object], *, seconds: float = SECONDS) -> None:
    """Return once the check is true; fail at the deadline, quoting the check's last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not true after {seconds} s; the last answer was {answer!r}")
        await asyncio.sleep(ASK_SECONDS)
