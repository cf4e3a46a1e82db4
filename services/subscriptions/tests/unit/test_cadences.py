"""Periods from the anchor: nothing drifts, no day is billed twice, none is lost."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saldo_subscriptions.domain.cadences import CADENCES, CadenceProfile, cadence_of
from saldo_subscriptions.domain.calendar import DayPeriod, first_instant, first_whole_day, local_day
from saldo_subscriptions.domain.errors import CadenceNotBilledYet

# Zones whose clocks change at other hours: at midnight (Havana, Beirut), at one, two and three o'clock; a half hour.
ZONES = ["Europe/Berlin", "America/New_York", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe"]
late_anchors = st.builds(
    lambda year, month, day: date(year, month, min(day, 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)),
    st.integers(2019, 2032),
    st.integers(1, 12),
    st.integers(28, 31),
)
anchors = st.one_of(late_anchors, st.just(date(2024, 2, 29)), st.dates(date(2019, 1, 1), date(2032, 12, 31)))
billed = st.sampled_from(sorted(CADENCES))


def test_an_anchor_of_31_january_comes_back_to_the_31st() -> None:
    months = cadence_of(CadenceProfile.ANNIVERSARY_MONTH, date(2026, 1, 31))
    starts = [months.period(n).starts_on for n in range(5)]
    assert starts == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]


def test_a_leap_day_anchor_is_clipped_in_other_years_only() -> None:
    months = cadence_of(CadenceProfile.ANNIVERSARY_MONTH, date(2024, 2, 29))
    assert months.period(12).starts_on == date(2025, 2, 28)
    assert months.period(48).starts_on == date(2028, 2, 29)


def test_thirty_days_are_counted_from_the_registration_date() -> None:
    thirties = cadence_of(CadenceProfile.ANNIVERSARY_30D, date(2026, 1, 10))
    assert [thirties.period(n).starts_on for n in range(3)] == [
        date(2026, 1, 10),
        date(2026, 2, 9),
        date(2026, 3, 11),
    ]


@given(anchors, billed, st.integers(0, 400))
def test_periods_are_contiguous(anchor: date, profile: CadenceProfile, n: int) -> None:
    cadence = cadence_of(profile, anchor)
    assert cadence.period(0).starts_on == anchor
    assert cadence.period(n).ends_before == cadence.period(n + 1).starts_on


@given(anchors, billed, st.integers(0, 4000))
def test_every_day_belongs_to_exactly_one_period(anchor: date, profile: CadenceProfile, days: int) -> None:
    cadence, day = cadence_of(profile, anchor), anchor + timedelta(days=days)
    number = cadence.number_of(day)
    assert day in cadence.period(number)
    assert day not in cadence.period(number + 1)
    assert number == 0 or day not in cadence.period(number - 1)


@given(anchors, billed)
def test_no_day_is_lost_or_billed_twice_in_three_years(anchor: date, profile: CadenceProfile) -> None:
    cadence = cadence_of(profile, anchor)
    end = anchor + timedelta(days=3 * 366)
    days: list[date] = []
    for n in range(60):
        period = cadence.period(n)
        days += [period.starts_on + timedelta(days=offset) for offset in range(period.days)]
        if period.ends_before >= end:
            break
    assert days == [anchor + timedelta(days=offset) for offset in range(len(days))]


@given(anchors, billed, st.sampled_from(ZONES), st.integers(0, 40))
def test_periods_meet_without_gap_or_overlap_in_every_zone(
    anchor: date, profile: CadenceProfile, zone: str, n: int
) -> None:
    cadence = cadence_of(profile, anchor)
    ends, begins = cadence.period(n).ends_before, cadence.period(n + 1).starts_on
    turn = first_instant(begins, zone)
    assert turn == first_instant(ends, zone)
    assert local_day(turn, zone) == begins
    assert local_day(turn - timedelta(microseconds=1), zone) == begins - timedelta(days=1)


@given(st.dates(date(2019, 1, 1), date(2032, 12, 31)), st.sampled_from(ZONES))
def test_a_day_begins_at_its_first_instant_also_where_the_clock_skips_midnight(day: date, zone: str) -> None:
    begins = first_instant(day, zone)
    assert local_day(begins, zone) == day
    assert local_day(begins - timedelta(seconds=1), zone) < day
    assert first_whole_day(begins, zone) == day
    assert first_whole_day(begins + timedelta(seconds=1), zone) == day + timedelta(days=1)


def test_a_day_without_midnight_begins_at_one_o_clock() -> None:
    # Beirut moved its clocks from 00:00 to 01:00 on 31 March 2024.
    assert first_instant(date(2024, 3, 31), "Asia/Beirut") == datetime(2024, 3, 30, 22, tzinfo=UTC)


def test_there_is_nothing_before_the_anchor() -> None:
    for profile in CADENCES:
        cadence = cadence_of(profile, date(2026, 1, 31))
        with pytest.raises(ValueError, match="before the anchor"):
            cadence.number_of(date(2026, 1, 30))
        with pytest.raises(ValueError, match="no period -1"):
            cadence.period(-1)


def test_a_profile_that_nothing_bills_yet_is_refused_by_name() -> None:
    with pytest.raises(CadenceNotBilledYet, match="calendar_month"):
        cadence_of(CadenceProfile.CALENDAR_MONTH, date(2026, 1, 1))


def test_a_period_has_at_least_one_day() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        DayPeriod(date(2026, 1, 1), date(2026, 1, 1))
