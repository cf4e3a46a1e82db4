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

from tests.faults.load import Load
from tests.faults.orders import ArmedSuite, Order
from tests.flows.billing import Billing
from tests.flows.witness import Witness

STARTS_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)

World: TypeAlias = tuple[ArmedSuite, Load]
Running: TypeAlias = Callable[..., AbstractAsyncContextManager[World]]


def shape(*, split: bool = False, inbox_enabled: bool = True) -> Shape:
    """Without traces: what is proven here stands in databases, on the broker and with the processor."""
    return Shape(clock_starts_at=STARTS_AT, split=split, traces=False, inbox_enabled=inbox_enabled)


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """`async with running(shape(), {"payments-serve": Order(...)}) as (suite, load):`"""

    @contextlib.asynccontextmanager
    async def start(of: Shape, orders: Mapping[str, Order] | None = None) -> AsyncIterator[World]:
        async with ArmedSuite(of, orders or {}, tmp_path) as suite, Witness(suite.stack.kafka_bootstrap) as witness:
            billing = Billing(suite, witness, starts_at=STARTS_AT)
            try:
                yield suite, Load(billing)
            finally:
                await billing.close()

    return start
