"""The service's database alone: use cases run through the runner, nothing listens or relays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic import SecretStr
from saldo_messaging import Runtime
from saldo_messaging.migrate import migrate_async
from saldo_subscriptions.bootstrap import build
from saldo_subscriptions.settings import Settings
from saldo_testkit.tokens import TokenIssuer


@pytest.fixture(scope="module")
async def runtime(make_database: Callable[[str], Awaitable[str]], token_issuer: TokenIssuer) -> AsyncIterator[Runtime]:
    """A migrated database with the runner on it."""
    settings = Settings(
        database_dsn=SecretStr(await make_database("subscriptions")),
        kafka_bootstrap="127.0.0.1:1",  # nothing here asks for it
        kafka_profile="embedded",
        clock="movable",
        token_issuer=token_issuer.issuer,
        token_jwks_file=token_issuer.jwks_file,
    )
    service = build(settings)
    await migrate_async(service.messaging.dsn, service.migrations)
    await migrate_async(service.messaging.dsn, service.migrations)  # a second run finds nothing to do
    async with Runtime(service) as running:
        yield running
