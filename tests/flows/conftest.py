"""All services and one movable clock: each module of flows gets its own world, and every flow ends in good order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from datetime import UTC, datetime

import pytest
from saldo_local.suite import Shape

from tests.flows.billing import Billing, running
from tests.flows.invariants import assert_invariants

STARTS_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday morning; modules that need other days override `shape`
FAILED = pytest.StashKey[bool]()


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
async def world(shape: Shape) -> AsyncIterator[Billing]:
    """The module's processes, one start for all its tests."""
    async with running(shape) as billing:
        yield billing


@pytest.fixture
async def billing(world: Billing, request: pytest.FixtureRequest) -> AsyncIterator[Billing]:
    """The module's world; after the flow the processor's troubles are over, and the invariants are held."""
    yield world
    if request.node.stash.get(FAILED, False):
        print(world.complaints())
    await world.processor.trouble()
    await assert_invariants(world)
