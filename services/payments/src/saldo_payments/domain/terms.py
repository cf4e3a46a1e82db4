"""The terms of collecting: how many tries, how far apart, how many cards, which brands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionTerms:
    """Business time throughout; the defaults are those of the requirements catalogue, deployments may set others."""

    attempts_max: int = 5  # per account in `attempt_window`, tries that reach the processor (C-14)
    attempts_kept_for_payer: int = 2  # an automatic try leaves the payer at least so many
    attempt_window: timedelta = timedelta(hours=24)  # rolling (GOTO-62)
    method_rest: timedelta = timedelta(hours=1)  # of a declined method (GOTO-52)
    retry_schedule: tuple[timedelta, ...] = (  # counted from the first decline
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(days=5),
    )
    cards_max: int = 4  # active and pending together (C-01)
    card_brands: frozenset[str] = frozenset({"visa", "mastercard", "amex", "discover"})  # C-03
    decision_within: timedelta = timedelta(hours=24)  # of a submitted method, then an alarm (C-10)
    authentication_within: timedelta = timedelta(hours=1)  # then the charge is called off at the processor
    in_doubt_alarm_after: timedelta = timedelta(hours=4)  # an operator is asked; nothing is ended by it
