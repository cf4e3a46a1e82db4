"""Days charged and credited: C-17 and ZOOM-04."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saldo_money import Money
from saldo_subscriptions.domain.calendar import DayPeriod
from saldo_subscriptions.domain.proration import charged_part, credit_for_days_without_access, prorated

JULY = DayPeriod(date(2026, 7, 1), date(2026, 8, 1))
JUNE = DayPeriod(date(2026, 6, 1), date(2026, 7, 1))


@pytest.mark.parametrize(("day", "days"), [(1, 31), (2, 29), (15, 16), (30, 1)])
def test_the_day_of_a_late_start_is_free(day: int, days: int) -> None:
    part = charged_part(JULY, date(2026, 7, day))
    assert part is not None
    assert part.days == days


def test_a_start_on_the_last_day_charges_nothing_of_the_period() -> None:
    assert charged_part(JULY, date(2026, 7, 31)) is None


@pytest.mark.parametrize(("price", "expected"), [(3100, 1600), (10000, 5161)])
def test_sixteen_days_of_july(price: int, expected: int) -> None:
    assert prorated(Money(price, "EUR"), quantity=1, days=16, period_days=31) == Money(expected, "EUR")


def test_a_line_is_rounded_once_and_half_away_from_zero() -> None:
    assert prorated(Money(1, "EUR"), quantity=3, days=15, period_days=30) == Money(2, "EUR")


def test_ten_of_thirty_days_remain_due() -> None:
    credit = credit_for_days_without_access(Money(30000, "USD"), JUNE, without_access_from=date(2026, 6, 11))
    assert credit == Money(20000, "USD")


@given(st.integers(0, 10**9), st.integers(1, 400), st.integers(-5, 405))
def test_a_credit_and_what_remains_add_up_and_never_change_sign(charged: int, days: int, from_day: int) -> None:
    service = DayPeriod(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=days))
    day = service.starts_on + timedelta(days=from_day)
    credit = credit_for_days_without_access(Money(charged, "USD"), service, without_access_from=day)
    without = min(days, max(0, days - from_day))
    assert 0 <= credit.minor_units <= charged
    assert abs(credit.minor_units * days - charged * without) < days
