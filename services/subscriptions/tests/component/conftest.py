"""The service from its bootstrap, on PostgreSQL and a broker; a customer of the sample seller borealis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from saldo_messaging.clocks import MovableClock
from saldo_subscriptions.bootstrap import build
from saldo_subscriptions.settings import Settings
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

from services.subscriptions.tests.component.customer import START, Customer

NEIGHBOURS = ("invoicing", "payments")


@pytest.fixture(scope="module")
async def service(process_settings: Callable[[str], Awaitable[dict[str, Any]]]) -> AsyncIterator[Harness]:
    """Api and worker in one process, on a clock that stands where a test moved it."""
    settings = Settings(**await process_settings("subscriptions"))
    async with Harness(build(settings), neighbours=NEIGHBOURS) as harness:
        assert isinstance(harness.runtime.clock, MovableClock)
        await harness.runtime.clock.move_to(START)
        yield harness


@pytest.fixture
async def customer(service: Harness, token_issuer: TokenIssuer) -> AsyncIterator[Customer]:
    """A new account with a usable method, known here."""
    async with Customer(service, token_issuer) as someone:
        await someone.opens_an_account()
        await someone.has_methods(1)
        yield someone
