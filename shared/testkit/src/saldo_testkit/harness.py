"""One service from its bootstrap, on a real database and a real broker: message or request in, event out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx2
from saldo_messaging import Runtime, Service
from saldo_messaging.migrate import migrate_async
from saldo_messaging.topics import apply_topics

from saldo_testkit.observer import Observer
from saldo_testkit.recorder import recorder
from saldo_testkit.teller import Teller

QUIET_SECONDS_MAX = 30.0
ASK_SECONDS = 0.02


async def record_response(response: httpx2.Response) -> None:
    """The hook of every client whose requests are to count for the requirement proof."""
    recorder.saw_request(response.request.method, str(response.request.url), response.status_code)


def client_of(app: Any, token: str | None = None) -> httpx2.AsyncClient:
    """A client of an ASGI application whose requests count for the requirement proof."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://service.test",
        headers={"Authorization": f"Bearer {token}"} if token else {},
        event_hooks={"response": [record_response]},
    )


class Harness:
    """`async with Harness(build(settings)) as service:`."""

    def __init__(self, service: Service, *, neighbours: tuple[str, ...] = ()) -> None:
        self.service = service
        self._neighbours = neighbours
        self.runtime = Runtime(service)
        self.observer = Observer(service.messaging.kafka_bootstrap)
        self.teller = Teller(service.messaging.kafka_bootstrap)
        self.app: Any = None

    async def __aenter__(self) -> Self:
        settings = self.service.messaging
        await migrate_async(settings.dsn, self.service.migrations)
        for name in (self.service.name, *self._neighbours):
            await apply_topics(settings.kafka_bootstrap, name, replication_factor=settings.replication_factor)
        await self.observer.__aenter__()
        await self.teller.__aenter__()
        await self.runtime.__aenter__()
        await self.runtime.start_worker()
        self.app = self.service.api(self.runtime)
        await self._assigned()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.runtime.stop_worker()
        await self.runtime.__aexit__()
        await self.teller.__aexit__(None, None, None)
        await self.observer.__aexit__(None, None, None)

    async def _assigned(self) -> None:
        deadline = time.monotonic() + QUIET_SECONDS_MAX
        check = self.runtime.readiness()["assignment"]
        while not await check():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.service.name} was assigned nothing in {QUIET_SECONDS_MAX} s")
            await asyncio.sleep(ASK_SECONDS)

    def client(self, token: str | None = None) -> httpx2.AsyncClient:
        """An HTTP client of the service's API."""
        return client_of(self.app, token)

    async def settled(self) -> Mapping[str, Any]:
        """Wait until nothing is under way (twice in a row); returns the last report."""
        deadline = time.monotonic() + QUIET_SECONDS_MAX
        before: Mapping[str, Any] | None = None
        while True:
            report = dict(await self.runtime.report())
            del report["now"]  # a clock that nobody has set is the machine's, and never the same twice
            if report["quiet"] and before is not None and before == report:
                return report
            if time.monotonic() > deadline:
                raise AssertionError(f"not settled in {QUIET_SECONDS_MAX} s: {report}")
            before = report if report["quiet"] else None
            await asyncio.sleep(ASK_SECONDS)
