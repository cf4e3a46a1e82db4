"""The service from its bootstrap on a real database, broker and mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from saldo_local.stack import Stack
from saldo_messaging.clocks import MovableClock
from saldo_notifications.bootstrap import build
from saldo_notifications.settings import Settings
from saldo_testkit.harness import Harness

from services.notifications.tests.component.customer import Customer

NEIGHBOURS = ("payments", "invoicing", "subscriptions", "portal")
RETRY_DELAYS_SECONDS = (0.05, 0.05, 0.05)
BUSINESS_NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)  # it stands still, and nothing of a delivery may depend on it


@pytest.fixture(scope="module")
async def service(
    process_settings: Callable[[str], Awaitable[dict[str, Any]]], mail_sink: Stack
) -> AsyncIterator[Harness]:
    settings = Settings(
        **await process_settings("notifications"),
        smtp_host=mail_sink.smtp_host,
        smtp_port=mail_sink.smtp_port,
        smtp_security="none",
        smtp_hello_name="notifications.test",
        retry_delays_seconds=RETRY_DELAYS_SECONDS,
    )
    async with Harness(build(settings), neighbours=NEIGHBOURS) as harness:
        assert isinstance(harness.runtime.clock, MovableClock)
        await harness.runtime.clock.move_to(BUSINESS_NOW)
        yield harness


@pytest.fixture
def customer(service: Harness) -> Customer:
    """A new account; nothing of it was told yet."""
    return Customer(service, str(uuid4()))
