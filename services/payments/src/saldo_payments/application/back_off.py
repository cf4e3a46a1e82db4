"""How long to wait before the processor is asked again: machine time, longer each time."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_SECONDS = 2
LONGEST_SECONDS = 15 * 60  # an answer is never older than this once the processor is back
_DOUBLINGS_MAX = 10  # beyond them the longest holds anyway


def next_check_at(machine_now: datetime, checks_made: int) -> datetime:
    """2 s, 4 s, 8 s, ... 15 minutes."""
    seconds = FIRST_SECONDS * 2 ** min(checks_made, _DOUBLINGS_MAX)
    return machine_now + timedelta(seconds=min(seconds, LONGEST_SECONDS))
