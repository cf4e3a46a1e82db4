"""Days as the account's people see them: when a document is issued, due, and late."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from saldo_invoicing.domain.errors import UnknownTimeZone


def zone(time_zone: str) -> ZoneInfo:
    """The zone of this IANA name; raises UnknownTimeZone."""
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A name that is a folder of the zone database (`Europe`) or leads out of it is no zone either.
        raise UnknownTimeZone(time_zone) from None


def local_day(moment: datetime, time_zone: str) -> date:
    """The day it is at that moment in the account's zone."""
    return moment.astimezone(zone(time_zone)).date()


def late_from(due_on: date) -> date:
    """The first day on which a document due that day is late: the local day after it."""
    return due_on + timedelta(days=1)


def start_of(day: date, time_zone: str) -> datetime:
    """The moment (UTC) at which a local day begins.

    Where midnight does not exist that day, the first moment that does: the round trip through UTC skips the gap.
    """
    return datetime.combine(day, time.min, zone(time_zone)).astimezone(UTC)
