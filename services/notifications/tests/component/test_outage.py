"""The mail server is away: the service stays ready, notices wait without using up their tries, and then go out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from saldo_contracts.events import InvoiceIssued, NotificationFailed, NotificationSent
from saldo_local.ports import LOOPBACK, free_port
from saldo_notifications.bootstrap import build
from saldo_notifications.settings import Settings
from saldo_testkit.harness import Harness

from services.notifications.tests.component.conftest import NEIGHBOURS
from services.notifications.tests.component.customer import Customer, person
from services.notifications.tests.strict_server import StrictServer

NOTICES = 20
CONNECTIONS_MAX = 2
TRIES = 10
UNREACHABLE_SECONDS = 0.2  # the wait after a failed try: less than the pause, so that tries would be used up without it


@pytest.fixture(scope="module")
async def away() -> AsyncIterator[StrictServer]:
    """A mail server that is not started."""
    server = StrictServer(port=free_port())
    yield server
    await server.stop()


@pytest.fixture(scope="module")
async def service(
    process_settings: Callable[[str], Awaitable[dict[str, Any]]], away: StrictServer
) -> AsyncIterator[Harness]:
    settings = Settings(
        **await process_settings("notifications"),
        smtp_host=LOOPBACK,
        smtp_port=away.port,
        smtp_security="none",
        smtp_hello_name="notifications.test",
        smtp_connections_max=CONNECTIONS_MAX,
        retry_delays_seconds=(UNREACHABLE_SECONDS,) * TRIES,
    )
    async with Harness(build(settings), neighbours=NEIGHBOURS) as harness:
        yield harness


async def test_notices_outlive_an_outage_and_the_service_stays_ready(service: Harness, away: StrictServer) -> None:
    customer = Customer(service, str(uuid4()))
    anna = person()
    await customer.opened(anna)
    await customer.introduces(anna)
    for _ in range(NOTICES):
        await customer.tells(InvoiceIssued)
    await service.observer.expect(NotificationFailed, count=2 * CONNECTIONS_MAX, where=customer.owns)
    async with service.client() as monitoring:
        health = await monitoring.get("/health/mail-server")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert (await monitoring.get("/health/ready")).status_code == 200
    await away.start()
    await service.observer.expect(NotificationSent, count=NOTICES, where=customer.owns)
    failures = service.observer.of(NotificationFailed, where=customer.owns)
    assert {(failed.reason, failed.final) for failed in failures} == {("unreachable", False)}
    assert len(failures) < NOTICES
    assert away.mails == NOTICES
    assert away.connections_most <= CONNECTIONS_MAX
