"""What part of a period is charged or credited, by days (C-17, ZOOM-04)."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from saldo_money import Money

from saldo_subscriptions.domain.calendar import DayPeriod


def charged_part(period: DayPeriod, start: date) -> DayPeriod | None:
    """The days of a period that are charged when service begins on `start`, one of them; None when there are none.

    A start on the first day charges the whole period. Any later day is free itself (C-17: a start on 15 July is
    charged for the 16 days from 16 to 31 July).
    """
    if start not in period:
        raise ValueError(f"{start} is no day of the period from {period.starts_on} to before {period.ends_before}")
    if start == period.starts_on:
        return period
    first_charged = start + timedelta(days=1)
    return DayPeriod(first_charged, period.ends_before) if first_charged < period.ends_before else None


def prorated(price: Money, *, quantity: int, days: int, period_days: int) -> Money:
    """Price x quantity x days / days of the period, rounded once, half away from zero."""
    return price.times(Fraction(quantity * days, period_days))


def credit_for_days_without_access(charged: Money, service: DayPeriod, *, without_access_from: date) -> Money:
    """What comes off a charged line so that only its days with access remain due (ZOOM-04).

    Split by largest remainder: credit and remainder add up to the charge exactly.
    """
    without = service.days_from(without_access_from)
    return charged.allocate((service.days - without, without))[1]
