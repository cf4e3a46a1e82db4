"""All services and one movable clock: each module of flows gets its own world, and every flow ends in good order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from saldo_local.kafka_choice import KafkaChoice
from saldo_local.suite import Shape

from tests.flows.billing import Billing, running
from tests.flows.invariants import assert_invariants

STARTS_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday morning; modules that need other days override `shape`
FLOW_SECONDS_MAX = 400  # the first flow of a module starts twelve processes; a machine that is busy takes its time
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Flows are given more time than other tests."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.timeout(FLOW_SECONDS_MAX))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failed flow, so that its fixture can quote what the services said about it."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="module")
def shape() -> Shape:
    """What the module's world is made of: one process a service, business time from STARTS_AT on."""
    return Shape(clock_starts_at=STARTS_AT, split=False)


@pytest.fixture(scope="module")
async def world(shape: Shape, kafka: KafkaChoice) -> AsyncIterator[Billing]:
    """The module's processes, one start for all its tests."""
    async with running(shape, kafka) as billing:
        yield billing


@pytest.fixture
async def billing(world: Billing, request: pytest.FixtureRequest) -> AsyncIterator[Billing]:
    """The module's world; after the flow the processor's troubles are over, and the invariants are held."""
    yield world
    if request.node.stash.get(FAILED, False):
        print(world.complaints())
    await world.processor.trouble()
    await assert_invariants(world)
