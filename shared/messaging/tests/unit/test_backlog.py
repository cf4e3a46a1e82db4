"""Gauges of the backlog tell the last reading, and nothing where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from saldo_messaging import backlog
from saldo_messaging.backlog import Observation, Readings
from saldo_telemetry import Gauge, Reading, gauge

from shared.messaging.tests.until import until

WAITING = gauge("billing.example.waiting", "{row}", "Rows")
LIVE = gauge("billing.example.live", "{call}", "Calls")


def told(instrument: Gauge) -> list[tuple[float, dict[str, object]]]:
    return [(one.value, dict(one.attributes or {})) for one in instrument._observe(None)]  # type: ignore[arg-type]  # unused


class Table:
    """A backlog that a test fills, or takes away."""

    def __init__(self) -> None:
        self.rows: int | None = 3
        self.read_times = 0

    async def read(self) -> Readings:
        self.read_times += 1
        if self.rows is None:
            raise OSError("the database is away")
        return {WAITING: self.rows}


async def test_a_reading_is_told_until_the_next_and_a_failed_one_leaves_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "OBSERVE_SECONDS", 0.005)
    table = Table()
    under_way: Callable[[], Sequence[Reading]] = lambda: [(2, {"saldo.loop": "collection"})]  # noqa: E731
    observation = Observation([table.read], {LIVE: under_way})
    observation.start()
    await until(lambda: told(WAITING) == [(3, {})])
    assert told(LIVE) == [(2, {"saldo.loop": "collection"})]
    table.rows = None
    await until(lambda: told(WAITING) == [])
    table.rows = 5
    await until(lambda: told(WAITING) == [(5, {})])
    await observation.stop()
    assert told(WAITING) == told(LIVE) == []


async def test_collecting_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    observation = Observation([table.read], {})
    observation.start()
    await until(lambda: told(WAITING) == [(3, {})])
    for _ in range(100):
        told(WAITING)
        await asyncio.sleep(0)
    assert table.read_times == 1
    await observation.stop()


async def test_a_reading_that_hangs_silences_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "OBSERVE_SECONDS", 0.005)
    monkeypatch.setattr(backlog, "READ_TIMEOUT_SECONDS", 0.01)

    async def hangs() -> Readings:
        await asyncio.Event().wait()
        return {}

    table = Table()
    observation = Observation([hangs, table.read], {})
    observation.start()
    await until(lambda: table.read_times > 1 and told(WAITING) == [(3, {})])
    await observation.stop()
