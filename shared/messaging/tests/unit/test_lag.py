"""How old the oldest message not handled is told to be."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from saldo_messaging.clocks import machine_now
from saldo_messaging.lag import SIGHTINGS_MAX, Lag, LagAges, Place

FIRST, SECOND = TopicPartition("payments", 0), TopicPartition("payments", 1)


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    return clock


def test_who_is_not_behind_has_no_age(clock: Clock) -> None:
    assert LagAges().read({FIRST: Place(5, 5)}, ()) == {"payments": Lag(0, 0.0)}
    assert LagAges().read({}, ()) == {}


def test_a_message_is_as_old_as_it_has_been_seen_to_lie_there(clock: Clock) -> None:
    ages = LagAges()
    assert ages.read({FIRST: Place(5, 8)}, ())["payments"] == Lag(3, 0.0)
    clock.seconds += 30
    assert ages.read({FIRST: Place(5, 9)}, ())["payments"] == Lag(4, 30.0)
    clock.seconds += 5
    # Five to seven are handled: the next was first seen at the second reading only.
    assert ages.read({FIRST: Place(8, 9)}, ())["payments"] == Lag(1, 5.0)
    assert ages.read({FIRST: Place(9, 9)}, ())["payments"] == Lag(0, 0.0)


def test_being_a_little_behind_at_every_reading_is_not_old_age(clock: Clock) -> None:
    ages = LagAges()
    for reading in range(100):
        lag = ages.read({FIRST: Place(reading * 10, reading * 10 + 10)}, ())["payments"]
        assert lag == Lag(10, 0.0)
        clock.seconds += 5


def test_the_oldest_partition_speaks_for_its_topic(clock: Clock) -> None:
    ages = LagAges()
    ages.read({FIRST: Place(0, 1), SECOND: Place(0, 0)}, ())
    clock.seconds += 60
    assert ages.read({FIRST: Place(0, 1), SECOND: Place(0, 5)}, ())["payments"] == Lag(6, 60.0)


def test_what_is_in_hand_tells_its_own_age() -> None:
    stored = machine_now() - timedelta(hours=2)
    record: Any = SimpleNamespace(topic="payments", timestamp=stored.timestamp() * 1000)
    lag = LagAges().read({FIRST: Place(9, 9)}, [record])["payments"]
    assert lag.messages == 1
    assert 7_200 <= lag.age_seconds < 7_300


def test_a_partition_that_nobody_reads_for_days_keeps_few_sightings(clock: Clock) -> None:
    ages = LagAges()
    for end in range(1, SIGHTINGS_MAX + 500):
        ages.read({FIRST: Place(0, end)}, ())
        clock.seconds += 5
    assert len(ages._ends_seen[FIRST]) == SIGHTINGS_MAX
