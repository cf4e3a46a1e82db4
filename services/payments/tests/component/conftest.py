"""The service from its bootstrap on a real database, a real broker and the card processor simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from saldo_local.stack import Stack
from saldo_payments.bootstrap import build
from saldo_payments.settings import Settings
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

from services.payments.tests.component.business_time import BEGINNING, BusinessTime
from services.payments.tests.component.customer import Customer
from services.payments.tests.simulator import Simulator

PROCESSOR_TIMEOUT_SECONDS = 2.0  # a silent processor is given up soon, so that a doubt is quick to see


@pytest.fixture(scope="module")
async def simulator(processor: Stack) -> AsyncIterator[Simulator]:
    async with Simulator(processor) as simulator:
        yield simulator


@pytest.fixture(scope="module")
async def service(
    process_settings: Callable[[str], Awaitable[dict[str, Any]]], processor: Stack
) -> AsyncIterator[Harness]:
    settings = Settings(
        **await process_settings("payments"),
        stripe_api_key=SecretStr(processor.processor_api_key),
        stripe_webhook_secrets=(SecretStr(processor.processor_webhook_secret),),
        stripe_api_url=processor.processor_url,
        processor_timeout_seconds=PROCESSOR_TIMEOUT_SECONDS,
        return_url="http://localhost/payments/return",
    )
    async with Harness(build(settings), neighbours=("invoicing", "subscriptions")) as harness:
        await BusinessTime(harness).moves_to(BEGINNING)
        yield harness


@pytest.fixture
def time(service: Harness) -> BusinessTime:
    """Business time stands still but for what a test moves."""
    return BusinessTime(service)


@pytest.fixture
async def customer(service: Harness, token_issuer: TokenIssuer) -> AsyncIterator[Customer]:
    """An open account in the USA that is collected automatically; it has no card yet."""
    account_id = str(uuid4())
    async with service.client(token_issuer.customer(account_id)) as http:
        customer = Customer(service, account_id, http)
        await customer.opens()
        await service.settled()
        yield customer
