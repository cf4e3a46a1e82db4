"""A migrated database of invoicing's own, and runtimes on it without a broker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic import SecretStr
from saldo_invoicing.bootstrap import build
from saldo_invoicing.settings import Settings
from saldo_messaging import Runtime
from saldo_messaging.migrate import migrate_async
from saldo_testkit.tokens import TokenIssuer


@pytest.fixture(scope="module")
async def settings(make_database: Callable[[str], Awaitable[str]], token_issuer: TokenIssuer) -> Settings:
    """Of a fresh database; nothing listens on the broker's port, and nothing here asks it."""
    dsn = await make_database("invoicing")
    await migrate_async(dsn, "saldo_invoicing.migrations")
    return Settings(
        database_dsn=SecretStr(dsn),
        kafka_bootstrap="127.0.0.1:1",
        kafka_profile="embedded",
        token_issuer=token_issuer.issuer,
        token_jwks_file=token_issuer.jwks_file,
        address_fingerprint_key=SecretStr("a key for tests only"),
    )


@pytest.fixture(scope="module")
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """One process's database and runner."""
    async with Runtime(build(settings)) as running:
        yield running


@pytest.fixture(scope="module")
async def second_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Another process on the same database."""
    async with Runtime(build(settings)) as running:
        yield running
