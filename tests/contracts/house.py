"""All four services in this process, on the embedded stack, served over HTTP: what suite-wide tests of the APIs ask."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from types import TracebackType
from typing import Any, Final, Self

import httpx2
import pytest
import saldo_web
from fastapi import FastAPI
from saldo_contracts.permissions import Permission
from saldo_local.conductor import Conductor, Door
from saldo_local.stack import Stack
from saldo_local.suite import SERVICES
from saldo_messaging import Runtime, Service
from saldo_messaging.migrate import migrate_async
from saldo_messaging.topics import apply_topics
from saldo_testkit.harness import client_of
from saldo_testkit.tokens import TokenIssuer

LOOPBACK = "127.0.0.1"
WEBHOOK_SECRET = "whsec_of_the_contract_tests"
FINGERPRINT_KEY = "of-the-contract-tests-0000"

# What a service needs besides the settings that all share.
OWN_SETTINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "invoicing": {"ADDRESS_FINGERPRINT_KEY": FINGERPRINT_KEY},
    "payments": {
        "STRIPE_API_KEY": "sk_test_none",
        "STRIPE_API_URL": "http://127.0.0.1:1",
        "STRIPE_WEBHOOK_SECRETS": f'["{WEBHOOK_SECRET}"]',
    },
    "notifications": {"SMTP_HOST": LOOPBACK, "SMTP_SECURITY": "none"},
}
NOWHERE: Final[Mapping[str, str]] = {
    "DATABASE_DSN": "postgresql://nobody@127.0.0.1:1/none",
    "KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "TOKEN_ISSUER": "http://127.0.0.1:1",
    "TOKEN_JWKS_URL": "http://127.0.0.1:1/jwks.json",
}


def built(service: str, settings: Mapping[str, str]) -> Service:
    """The service as its own bootstrap builds it from an environment that holds these settings."""
    own = {**OWN_SETTINGS.get(service, {}), **settings}
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith(f"{service.upper()}_")]:
            environment.delenv(name)
        for name, value in own.items():
            environment.setenv(f"{service.upper()}_{name}", value)
        bootstrap = import_module(f"saldo_{service}.bootstrap")
        found = bootstrap.build_from_environment()
    assert isinstance(found, Service)
    return found


def app_of(service: Service, runtime: Runtime) -> FastAPI:
    """The app of the API process."""
    app = service.api(runtime)
    assert isinstance(app, FastAPI)
    return app


def unwired(service: str) -> tuple[Service, FastAPI]:
    """The service of a production-like environment and its app; nothing is contacted."""
    found = built(service, NOWHERE)
    return found, app_of(found, Runtime(found))


class House:
    """`async with House(...) as house:` the services run, listen and answer; time is movable."""

    def __init__(self, stack: Stack, dsns: Mapping[str, str], tokens: TokenIssuer) -> None:
        self.stack = stack
        self.tokens = tokens
        self.apps: dict[str, FastAPI] = {}
        self.urls: dict[str, str] = {}
        self._dsns = dsns
        self._runtimes: dict[str, Runtime] = {}
        self._life = AsyncExitStack()
        self._stop = asyncio.Event()
        self._servers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for name in SERVICES:
            service = built(name, self._settings(name))
            await migrate_async(service.messaging.dsn, service.migrations)
            await apply_topics(service.messaging.kafka_bootstrap, name, replication_factor=1)
            self._runtimes[name] = await self._life.enter_async_context(Runtime(service))
        for name, runtime in self._runtimes.items():
            await runtime.start_worker()
            self._life.push_async_callback(runtime.stop_worker)
            self.apps[name] = app_of(runtime.service, runtime)
            self.urls[name] = await self._served(self.apps[name])
        doors = [Door(url) for url in self.urls.values()]
        simulator = Door(
            self.stack.processor_url,
            clock_path="/simulator/clock",
            quiescence_path="/simulator/quiescence",
            authorization=f"Bearer {self.stack.processor_api_key}",
        )
        self.conductor = Conductor([*doors, simulator], self.operator)
        self._life.push_async_callback(self.conductor.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        await asyncio.gather(*self._servers, return_exceptions=True)
        await self._life.aclose()

    def _settings(self, service: str) -> Mapping[str, str]:
        stack = self.stack
        shared = {
            "DATABASE_DSN": self._dsns[service],
            "KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
            "KAFKA_PROFILE": stack.kafka.profile,
            "KAFKA_REPLICATION_FACTOR": str(stack.kafka.replication_factor),
            "CLOCK": "movable",
            "TOKEN_ISSUER": self.tokens.issuer,
            "TOKEN_JWKS_FILE": str(self.tokens.jwks_file),
        }
        match service:
            case "payments":
                return shared | {"STRIPE_API_KEY": stack.processor_api_key, "STRIPE_API_URL": stack.processor_url}
            case "notifications":
                return shared | {"SMTP_HOST": stack.smtp_host, "SMTP_PORT": str(stack.smtp_port)}
            case _:
                return shared

    async def _served(self, app: FastAPI) -> str:
        bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        server = asyncio.create_task(
            saldo_web.serve(app, LOOPBACK, 0, on_bound=bound.set_result, stop=self._stop, grace_seconds=1)
        )
        self._servers.append(server)
        return f"http://{LOOPBACK}:{await bound}"

    def operator(self) -> str:
        """A token of somebody who may move the clock."""
        return self.tokens.issue(kind="service", permissions=[Permission.SERVICE_OVERRIDE])

    def client(self, service: str, token: str | None) -> httpx2.AsyncClient:
        """A client whose requests count for the requirement proof; it speaks to the app directly."""
        return client_of(self.apps[service], token)

    async def document(self, service: str) -> dict[str, Any]:
        """The OpenAPI document as the running service gives it to anybody."""
        async with self.client(service, None) as client:
            found: dict[str, Any] = (await client.get("/openapi.json")).json()
        return found

    async def rest(self) -> None:
        """Wait until nothing is under way anywhere."""
        await self.conductor.settle()
