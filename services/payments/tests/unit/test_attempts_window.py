"""Five tries in 24 hours, two of them kept for the payer (GOTO-62, C-14)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from saldo_payments.domain.attempts_window import AttemptsWindow, CountedAttempt
from saldo_payments.domain.terms import CollectionTerms

TERMS = CollectionTerms()
START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def _window(*minutes: int) -> AttemptsWindow:
    window = AttemptsWindow()
    for minute in minutes:
        window = window.with_attempt(CountedAttempt(str(minute), START + timedelta(minutes=minute)), TERMS)
    return window


def test_four_tries_leave_a_fifth_and_the_fifth_blocks_a_day_from_itself() -> None:
    now = START + timedelta(minutes=30)
    assert _window(0, 1, 2, 3).refused_until(now, TERMS, promised=0) is None
    last = START + timedelta(minutes=20)
    assert _window(0, 1, 2, 3, 20).refused_until(now, TERMS, promised=0) == last + DAY
    assert _window(0, 1, 2, 3, 20).refused_until(last + DAY, TERMS, promised=0) is None


def test_five_tries_spread_over_more_than_a_day_block_nothing() -> None:
    assert _window(0, 400, 800, 1200, 1441).refused_until(START + timedelta(minutes=1442), TERMS, promised=0) is None


def test_a_promised_try_counts_before_it_is_made() -> None:
    now = START + timedelta(minutes=5)
    assert _window(0, 1, 2, 3).refused_until(now, TERMS, promised=1) is not None
    assert _window(0, 1).automatic_refused_until(now, TERMS, promised=1) is not None


def test_an_automatic_try_waits_until_the_third_newest_try_is_a_day_old() -> None:
    now = START + timedelta(minutes=5)
    assert _window(0, 1).automatic_refused_until(now, TERMS, promised=0) is None
    assert _window(0, 1, 2).automatic_refused_until(now, TERMS, promised=0) == START + DAY
    assert _window(0, 1, 2, 3).automatic_refused_until(now, TERMS, promised=0) == START + timedelta(minutes=1) + DAY


@given(st.lists(st.integers(0, 5000), max_size=30), st.booleans())
def test_whoever_respects_the_window_never_makes_a_sixth_try_in_a_day(waits: list[int], automatic: bool) -> None:
    window, now, made = AttemptsWindow(), START, list[datetime]()
    for number, wait in enumerate(waits):
        now += timedelta(minutes=wait % 97)
        ask = window.automatic_refused_until if automatic else window.refused_until
        until = ask(now, TERMS, promised=0)
        if until is not None:
            assert until > now
            now = until
        assert ask(now, TERMS, promised=0) is None
        window = window.with_attempt(CountedAttempt(str(number), now), TERMS)
        made.append(now)
        limit = TERMS.attempts_max - (TERMS.attempts_kept_for_payer if automatic else 0)
        assert sum(1 for at in made if at > now - DAY) <= limit
