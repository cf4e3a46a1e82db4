"""One house for all tests of contracts, with two accounts in it whose stories filled every table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from saldo_local.addresses import Part
from saldo_local.stack import Stack
from saldo_local.suite import SERVICES
from saldo_testkit.tokens import TokenIssuer

from tests.contracts.house import House
from tests.contracts.world import World


@pytest.fixture(scope="package")
async def house(make_database: Callable[[str], Awaitable[str]], token_issuer: TokenIssuer) -> AsyncIterator[House]:
    """Every service, really running."""
    dsns = {service: await make_database(service) for service in SERVICES}
    async with Stack(parts={Part.KAFKA, Part.MAIL, Part.PROCESSOR}) as stack, House(stack, dsns, token_issuer) as house:
        yield house


@pytest.fixture(scope="package")
async def world(house: House) -> World:
    """Existing resources of every kind."""
    return await World.made(house)
