"""How long a listener has been reading what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from saldo_messaging.freshness import BEHIND_SECONDS, Freshness


class Time:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


def records(time: Time, *ages_seconds: float) -> Sequence[ConsumerRecord[Any, Any]]:
    return [
        ConsumerRecord("t", 0, 0, int((time.seconds - age) * 1000), 0, None, None, 0, 0, 0, ()) for age in ages_seconds
    ]


def test_nothing_is_fresh_before_partitions_are_assigned_or_after_they_are_gone(time: Time) -> None:
    freshness = Freshness(time, time)
    time.seconds += 60
    assert freshness.seconds() == 0
    freshness.begins()
    time.seconds += 60
    assert freshness.seconds() == 60
    freshness.ends()
    assert freshness.seconds() == 0
    freshness.read(records(time, 3600))
    assert freshness.seconds() == 0


def test_an_old_record_anywhere_in_a_batch_starts_the_time_anew(time: Time) -> None:
    freshness = Freshness(time, time)
    freshness.begins()
    time.seconds += 60
    freshness.read(records(time, 0.1, BEHIND_SECONDS - 1))
    freshness.read(())
    assert freshness.seconds() == 60
    freshness.read(records(time, 0.1, BEHIND_SECONDS + 1))
    assert freshness.seconds() == 0
    time.seconds += 5
    assert freshness.seconds() == 5
