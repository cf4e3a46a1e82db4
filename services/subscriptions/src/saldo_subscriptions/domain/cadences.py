"""How often a plan is billed: every period is computed from the day the subscription was anchored at."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol

from saldo_subscriptions.domain.calendar import DayPeriod
from saldo_subscriptions.domain.errors import CadenceNotBilledYet

DAYS_OF_30D: Final = 30  # GOTO-139: a monthly plan of this profile is billed every 30 days
MONTHS_OF_YEAR: Final = 12


class CadenceProfile(StrEnum):
    """All billing profiles of C-16, with C-28 and C-43. Which of them are billed already: `CADENCES`."""

    ANNIVERSARY_30D = "anniversary_30d"
    ANNIVERSARY_MONTH = "anniversary_month"
    ANNUAL = "annual"
    QUARTERLY = "quarterly"
    CALENDAR_MONTH = "calendar_month"
    USAGE_ARREARS = "usage_arrears"


class Cadence(Protocol):
    """The periods of one subscription: period 0 begins on the anchor, each ends where the next begins."""

    @property
    def anchor(self) -> date: ...

    def period(self, n: int) -> DayPeriod:
        """Period n (0 or more), from the anchor and never from period n-1, so that nothing drifts."""

    def number_of(self, day: date) -> int:
        """Which period a day belongs to; raises ValueError for a day before the anchor."""


class AnniversaryMonth:
    """C-43: the anchor's day of every month, clipped to the month's end (31 January, 28 February, 31 March)."""

    def __init__(self, anchor: date) -> None:
        self.anchor: Final = anchor

    def period(self, n: int) -> DayPeriod:
        """From the nth anniversary to the day before the next."""
        return DayPeriod(months_later(self.anchor, _whole(n)), months_later(self.anchor, n + 1))

    def number_of(self, day: date) -> int:
        """The month's distance, less one where this month's anniversary is still to come."""
        _not_before(self.anchor, day)
        months = (day.year - self.anchor.year) * MONTHS_OF_YEAR + day.month - self.anchor.month
        return months if months_later(self.anchor, months) <= day else months - 1


class Anniversary30Days:
    """GOTO-139: every 30 days counted from the anchor."""

    def __init__(self, anchor: date) -> None:
        self.anchor: Final = anchor

    def period(self, n: int) -> DayPeriod:
        """Thirty days."""
        starts_on = self.anchor + timedelta(days=DAYS_OF_30D * _whole(n))
        return DayPeriod(starts_on, starts_on + timedelta(days=DAYS_OF_30D))

    def number_of(self, day: date) -> int:
        """Whole thirties since the anchor."""
        _not_before(self.anchor, day)
        return (day - self.anchor).days // DAYS_OF_30D


CADENCES: Final[Mapping[CadenceProfile, type[AnniversaryMonth] | type[Anniversary30Days]]] = {
    CadenceProfile.ANNIVERSARY_MONTH: AnniversaryMonth,
    CadenceProfile.ANNIVERSARY_30D: Anniversary30Days,
}


def cadence_of(profile: CadenceProfile, anchor: date) -> Cadence:
    """The periods of a subscription; raises CadenceNotBilledYet for a profile that nothing bills yet."""
    try:
        return CADENCES[profile](anchor)
    except KeyError:
        raise CadenceNotBilledYet(profile) from None


def months_later(anchor: date, months: int) -> date:
    """The same day that many months later, clipped to the month's end."""
    year, month = divmod(anchor.year * MONTHS_OF_YEAR + anchor.month - 1 + months, MONTHS_OF_YEAR)
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def _whole(n: int) -> int:
    if n < 0:
        raise ValueError(f"there is no period {n}: period 0 begins on the anchor")
    return n


def _not_before(anchor: date, day: date) -> None:
    if day < anchor:
        raise ValueError(f"{day} lies before the anchor {anchor}")
