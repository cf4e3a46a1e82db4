"""How many tries an account has left in the rolling 24 hours (GOTO-62, C-14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from saldo_payments.domain.terms import CollectionTerms


@dataclass(frozen=True, slots=True)
class CountedAttempt:
    """A try that reached the processor, and when it began."""

    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptsWindow:
    """The newest tries of an account, oldest first; never more than the limit, so it stays small for ever.

    `promised` are tries accepted from the payer and not begun yet: they are kept free for them.
    """

    attempts: tuple[CountedAttempt, ...] = ()

    def with_attempt(self, attempt: CountedAttempt, terms: CollectionTerms) -> AttemptsWindow:
        """One more try, the oldest beyond the limit forgotten."""
        return AttemptsWindow((*self.attempts, attempt)[-terms.attempts_max :])

    def made(self, now: datetime, terms: CollectionTerms) -> int:
        """Tries within the window that ends now."""
        return sum(1 for attempt in self.attempts if attempt.at > now - terms.attempt_window)

    def blocked_until(self, now: datetime, terms: CollectionTerms) -> datetime | None:
        """Until when every try is refused because the limit was reached: the window after the last try (C-14)."""
        if len(self.attempts) < terms.attempts_max:
            return None
        first, last = self.attempts[0].at, self.attempts[-1].at
        until = last + terms.attempt_window
        return until if last - first < terms.attempt_window and now < until else None

    def refused_until(self, now: datetime, terms: CollectionTerms, *, promised: int) -> datetime | None:
        """When the payer may try next, None: at once."""
        blocked = self.blocked_until(now, terms)
        if blocked is not None:
            return blocked
        return now + terms.attempt_window if self.made(now, terms) + promised >= terms.attempts_max else None

    def automatic_refused_until(self, now: datetime, terms: CollectionTerms, *, promised: int) -> datetime | None:
        """When an automatic try would leave the payer enough of them, None: now."""
        blocked = self.blocked_until(now, terms)
        if blocked is not None:
            return blocked
        others_max = terms.attempts_max - terms.attempts_kept_for_payer - 1 - promised
        recent = [attempt.at for attempt in self.attempts if attempt.at > now - terms.attempt_window]
        if len(recent) <= others_max:
            return None
        if others_max < 0:
            return now + terms.method_rest  # promised tries are about to be made; look again then
        return recent[-(others_max + 1)] + terms.attempt_window

    def ends_with(self, attempt_id: str) -> bool:
        """Whether this try is the newest counted one."""
        return bool(self.attempts) and self.attempts[-1].attempt_id == attempt_id
