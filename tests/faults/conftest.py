"""A suite of processes that die on order, and the load that they die under."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest
from saldo_local.suite import Shape

from tests.faults.armed_suite import ArmedSuite
from tests.faults.load import Load
from tests.faults.orders import Order
from tests.flows.billing import Billing
from tests.flows.witness import Witness

STARTS_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)

World: TypeAlias = tuple[ArmedSuite, Load]
Running: TypeAlias = Callable[..., AbstractAsyncContextManager[World]]


def shape(*, split: bool = False) -> Shape:
    """Without traces: what is proven here stands in databases, on the broker and with the processor."""
    return Shape(clock_starts_at=STARTS_AT, split=split, traces=False)


@contextlib.asynccontextmanager
async def world_of(of: Shape, orders: Mapping[str, Order], folder: Path) -> AsyncIterator[World]:
    """A suite under orders, watched, with nobody in it yet."""
    async with ArmedSuite(of, orders, folder) as suite, Witness(suite.stack.kafka_bootstrap) as witness:
        billing = Billing(suite, witness, starts_at=STARTS_AT)
        try:
            yield suite, Load(billing)
        finally:
            await billing.close()


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """`async with running(shape(), {"payments-serve": Order(...)}) as (suite, load):`"""
    return lambda of, orders=None: world_of(of, orders or {}, tmp_path)


@pytest.fixture(scope="module")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """API and worker apart, one start for all faults of a module: each leaves the suite whole."""
    async with world_of(shape(split=True), {}, tmp_path_factory.mktemp("orders")) as world:
        yield world
