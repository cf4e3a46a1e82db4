"""The matrix is whole: every failpoint that there is stands in a row, and every process that has it dies there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from saldo_local.suite import SERVICES
from saldo_messaging import Runtime
from saldo_messaging.failpoints import POINTS

from tests.contracts.house import NOWHERE, built
from tests.faults.matrix import DEAD_LETTERS, LISTENER, LOOP, PAGE, RELAY, ROWS, RUNNER, WEBHOOK, page, walked

HEARS_WEBHOOKS = "payments"


def has(service: str) -> Iterable[tuple[str, str]]:
    """What the service's own wiring says: which points its processes have."""
    found = built(service, NOWHERE)
    always = (*RELAY, *LISTENER, *RUNNER, "waiting.before-run", "retention.before-delete")
    yield from ((f"{service}-worker", point) for point in always)
    if found.timers:
        yield f"{service}-worker", "timers.before-run"
    for loop in found.loops(Runtime(found)):
        yield from ((f"{service}-worker", f"{point}#{loop.name}") for point in LOOP)
    yield from ((f"{service}-api", point) for point in RUNNER)
    yield from ((f"{service}-dead-letters", point) for point in DEAD_LETTERS)
    if service == HEARS_WEBHOOKS:
        yield from ((f"{service}-api", point) for point in WEBHOOK)


def test_every_point_stands_in_a_row_of_the_table() -> None:
    assert {point for points in ROWS.values() for point in points} == POINTS


def test_every_point_is_some_process_s() -> None:
    assert {point.partition("#")[0] for service in SERVICES for _, point in has(service)} == POINTS


@pytest.mark.parametrize("service", SERVICES)
def test_every_process_dies_at_every_point_that_it_has(service: str) -> None:
    assert {death for death in walked() if death[0].startswith(f"{service}-")} == set(has(service))


def test_the_page_for_people_is_fresh() -> None:
    committed = (Path(__file__).parents[2] / PAGE).read_text()
    assert committed == page(), "run `python -m tests.faults.matrix`"
