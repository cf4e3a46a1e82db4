"""Local days: what a billing period is made of, and when such a day begins for the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayPeriod:
    """Local days, half open: `starts_on` belongs to it, `ends_before` does not."""

    starts_on: date
    ends_before: date

    def __post_init__(self) -> None:
        if self.ends_before <= self.starts_on:
            raise ValueError(f"a period has at least one day: {self.starts_on} to before {self.ends_before}")

    @property
    def days(self) -> int:
        """How many local days it has."""
        return (self.ends_before - self.starts_on).days

    @property
    def last_day(self) -> date:
        """The last day that belongs to it."""
        return self.ends_before - ONE_DAY

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_before

    def days_from(self, day: date) -> int:
        """How many of its days lie on or after the given one."""
        return max(0, (self.ends_before - max(day, self.starts_on)).days)


def first_instant(day: date, zone: str) -> datetime:
    """When a local day begins, in UTC.

    Where the clock skips midnight (Beirut, Havana) it is the first instant that exists; where midnight comes twice, the
    first one, so that two days next to each other never overlap and never leave a gap.
    """
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def local_day(moment: datetime, zone: str) -> date:
    """The account's calendar day at a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def first_whole_day(moment: datetime, zone: str) -> date:
    """The first local day that lies wholly at or after the moment: its own day only when it has just begun."""
    day = local_day(moment, zone)
    return day if first_instant(day, zone) >= moment else day + ONE_DAY
