"""Instruments made anywhere count from the start on."""

from __future__ import annotations

from typing import Protocol

from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, Metric, NumberDataPoint
from saldo_telemetry import counter, gauge, histogram
from saldo_telemetry.metrics import SECONDS_BOUNDARIES

early = counter("billing.example.succeeded", "{payment}", "Payments that succeeded.")
early.add(5)  # nobody counts yet


class Seen(Protocol):
    reader: InMemoryMetricReader


def collected(seen: Seen) -> dict[str, Metric]:
    data = seen.reader.get_metrics_data()
    if data is None:
        return {}
    return {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}


def test_a_counter_made_before_the_start_counts_after_it(seen: Seen) -> None:
    early.add()
    early.add(2, {"saldo.reason": "x"})
    metric = collected(seen)["billing.example.succeeded"]
    assert (metric.unit, metric.description) == ("{payment}", "Payments that succeeded.")
    values = [
        (point.value, point.attributes) for point in metric.data.data_points if isinstance(point, NumberDataPoint)
    ]
    assert values == [(1, {}), (2, {"saldo.reason": "x"})]


def test_asking_again_gives_the_same_instrument() -> None:
    assert counter("billing.example.succeeded", "{payment}", "Payments that succeeded.") is early


def test_durations_have_boundaries_in_seconds(seen: Seen) -> None:
    histogram("example.duration", "s", "How long.").record(0.02)
    (point,) = collected(seen)["example.duration"].data.data_points
    assert isinstance(point, HistogramDataPoint)
    assert tuple(point.explicit_bounds) == SECONDS_BOUNDARIES
    assert point.sum == 0.02


def test_a_gauge_is_read_from_all_its_owners_until_they_let_go(seen: Seen) -> None:
    def one() -> float:
        return 3

    made = gauge("example.lag", "{message}", "Lag.", one)
    gauge("example.lag", "{message}", "Lag.", lambda: [(5, {"saldo.process": "b"})])
    points = collected(seen)["example.lag"].data.data_points
    assert [point.value for point in points if isinstance(point, NumberDataPoint)] == [3, 5]
    made.release(one)
    made.release(one)
    points = collected(seen)["example.lag"].data.data_points
    assert [point.value for point in points if isinstance(point, NumberDataPoint)] == [5]
