"""When a notice that could not be delivered is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

JITTER_PERCENT_MAX = 20  # so that a thousand notices which failed together do not come back together


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Waits between tries, in order; when they are used up the notice has failed for good. Machine time."""

    delays: tuple[timedelta, ...]

    def wait_after(self, tries: int, notice_id: str) -> timedelta | None:
        """How long to wait after so many failed tries (1 or more); None when none is left.

        Up to a fifth longer than the plan says, by an amount derived from the notice, so that a repeat gives the same.
        """
        if tries > len(self.delays):
            return None
        share = UUID(notice_id).int % (JITTER_PERCENT_MAX + 1)
        return self.delays[tries - 1] * (100 + share) / 100
