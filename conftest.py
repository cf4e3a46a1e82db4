"""What every test run in this repository has: the embedded servers, and the proof that requirement marks ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from saldo_local.addresses import Part
from saldo_local.databases import provision
from saldo_local.kafka_choice import KafkaChoice
from saldo_local.stack import Stack
from saldo_testkit.fresh_broker import make_empty
from saldo_testkit.tokens import TokenIssuer

pytest_plugins = ["pytester", "saldo_testkit.requirements_plugin"]

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The administrator's DSN of one PostgreSQL for the whole run."""
    with Stack(parts={Part.POSTGRES}) as stack:
        yield stack.postgres_dsn


@pytest.fixture(scope="session")
def make_database(postgres: str) -> Callable[[str], Awaitable[str]]:
    """A fresh database with a login role of its own, as often as asked."""

    async def make(service: str) -> str:
        return (await provision(postgres, service, suffix=f"t{next(_numbers)}")).dsn

    return make


@pytest.fixture(scope="session")
def kafka_of_the_run() -> Iterator[KafkaChoice]:
    """What SALDO_KAFKA asks for; Apache Kafka is started once and serves the whole run, for a start takes seconds."""
    asked = Stack().kafka
    if asked.profile == "embedded" or asked.stands_elsewhere:
        yield asked
        return
    with Stack(parts={Part.KAFKA}) as stack:
        yield replace(asked, bootstrap=stack.kafka_bootstrap)


@pytest.fixture(scope="module")
async def kafka(kafka_of_the_run: KafkaChoice) -> KafkaChoice:
    """The Kafka of the module's own stacks: its topics and groups start empty, whether it was just started or not."""
    if kafka_of_the_run.stands_elsewhere and not Stack().kafka.stands_elsewhere:
        await make_empty(kafka_of_the_run.bootstrap)
    return kafka_of_the_run


@pytest.fixture(scope="module")
async def broker(kafka: KafkaChoice) -> AsyncIterator[str]:
    """Its address."""
    async with Stack(parts={Part.KAFKA}, kafka=kafka) as stack:
        yield stack.kafka_bootstrap


@pytest.fixture(scope="session")
def mail_sink() -> Iterator[Stack]:
    """A real SMTP server that keeps what it got."""
    with Stack(parts={Part.MAIL}) as stack:
        yield stack


@pytest.fixture(scope="session")
def processor() -> Iterator[Stack]:
    """The card processor simulator."""
    with Stack(parts={Part.PROCESSOR}) as stack:
        yield stack


@pytest.fixture(scope="session")
def token_issuer(tmp_path_factory: pytest.TempPathFactory) -> TokenIssuer:
    """Issues the tokens that services under test accept."""
    return TokenIssuer(tmp_path_factory.mktemp("tokens"))


@pytest.fixture(scope="module")
def process_settings(
    make_database: Callable[[str], Awaitable[str]], broker: str, kafka: KafkaChoice, token_issuer: TokenIssuer
) -> Callable[[str], Awaitable[dict[str, Any]]]:
    """The settings that every service shares, for a fresh database on the module's broker."""

    async def settings(service: str) -> dict[str, Any]:
        return {
            "database_dsn": await make_database(service),
            "kafka_bootstrap": broker,
            "kafka_profile": kafka.profile,
            "kafka_replication_factor": kafka.replication_factor,
            "clock": "movable",
            "token_issuer": token_issuer.issuer,
            "token_jwks_file": token_issuer.jwks_file,
        }

    return settings
