"""What a unit, a batch and a call leave in the metrics: few points, whatever their size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from saldo_messaging import measuring
from saldo_messaging.tasks import Declined, Deferred, Done, Door, Failed, Outcome, SetAside, Task
from saldo_telemetry import start
from saldo_work import Cause, NotYetKnown, system_actor

Point = tuple[dict[str, Any], float]


class Collected:
    """What was recorded since the start."""

    def __init__(self, reader: InMemoryMetricReader) -> None:
        self._reader = reader

    def points(self, name: str) -> list[Point]:
        """Attributes and value (of a histogram its count) of a metric's series."""
        data = self._reader.get_metrics_data()
        assert data is not None
        found = [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics if m.name == name]
        return [
            (dict(point.attributes or {}), point.count if isinstance(point, HistogramDataPoint) else point.value)
            for metric in found
            for point in metric.data.data_points
            if isinstance(point, HistogramDataPoint | NumberDataPoint)
        ]


@pytest.fixture
def collected() -> Iterator[Collected]:
    reader = InMemoryMetricReader()
    telemetry = start("example", "worker", metric_reader=reader)
    yield Collected(reader)
    telemetry.shutdown()


@dataclass(frozen=True)
class Pay:
    account_id: str


@dataclass(frozen=True)
class Copy:
    account_id: str


def task(command: object, door: Door = Door.MESSAGE) -> Task:
    return Task(command=command, cause=Cause("c", system_actor("test")), door=door)


def test_a_unit_of_five_hundred_adds_once_a_kind(collected: Collected, monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[float] = []
    monkeypatch.setattr(measuring._commands, "add", lambda amount, about: added.append(amount))
    tasks = [task(Pay(str(number))) for number in range(400)] + [task(Copy(str(number))) for number in range(100)]
    measuring.unit_committed(tasks, [Done()] * 500, 0.25)
    assert sorted(added) == [100, 400]
    assert collected.points("billing.unit.duration") == [({}, 1)]
    assert len(collected.points("billing.command.duration")) == 2


def test_commands_are_told_by_door_outcome_and_kind_of_error(collected: Collected) -> None:
    outcomes: list[tuple[Task, Outcome]] = [
        (task(Pay("a")), Done()),
        (task(Pay("b")), Done()),
        (task(Pay("c"), Door.REQUEST), Done(repeated=True)),
        (task(Pay("d")), Declined("limit-reached", "", {})),
        (task(Pay("e")), Deferred(NotYetKnown("account", "e"))),
        (task(Pay("f"), Door.TIMER), Failed(KeyError("4111 1111 1111 1111"))),
        (task(None), SetAside()),
    ]
    measuring.unit_committed([one for one, _ in outcomes], [outcome for _, outcome in outcomes], 0.1)

    def about(command: str, door: str, outcome: str, error: str | None = None) -> dict[str, Any]:
        named = {"saldo.command": command, "saldo.door": door, "saldo.outcome": outcome}
        return {**named, "error.type": error} if error else named

    told = collected.points("billing.commands")
    assert sorted(told, key=str) == sorted(
        [
            (about("Pay", "message", "done"), 2),
            (about("Pay", "request", "repeated"), 1),
            (about("Pay", "message", "declined", "limit-reached"), 1),
            (about("Pay", "message", "deferred", "not-yet-known"), 1),
            (about("Pay", "timer", "failed", "key-error"), 1),
            (about("none", "message", "set_aside"), 1),
        ],
        key=str,
    )


def test_a_batch_that_is_read_again_names_the_error(collected: Collected) -> None:
    measuring.batch_processed("payments", 0.2)
    measuring.batch_processed("payments", 0.2, TimeoutError())
    measuring.relay_batch(10, 4, 0.1, TimeoutError())
    errors = [about.get("error.type") for about, _ in collected.points("messaging.process.duration")]
    assert sorted(errors, key=str) == [None, "timeout-error"]
    assert [value for _, value in collected.points("messaging.client.sent.messages")] == [4]
    assert collected.points("billing.relay.batch.duration") == [({"error.type": "timeout-error"}, 1)]


def test_claims_and_calls_are_told_by_loop(collected: Collected) -> None:
    measuring.rows_claimed("collection", [Done(), Done(), Declined("no", "", {})])
    measuring.call_ended("collection", 0.3, "settled")
    claims = {about["saldo.outcome"]: value for about, value in collected.points("billing.loop.claims")}
    assert claims == {"done": 2, "declined": 1}
    assert collected.points("billing.loop.call.duration") == [
        ({"saldo.loop": "collection", "saldo.outcome": "settled"}, 1)
    ]
