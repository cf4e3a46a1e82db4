"""A process that cannot start ends with one sentence that names the variable to mend, and never with its value."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import SplitResult, urlsplit, urlunsplit

import pytest
from pydantic_settings import SettingsConfigDict
from saldo_messaging import MessagingSettings, ProcessSettings, Service, main

from shared.messaging.tests.component import purse

MakeDatabase: TypeAlias = Callable[[str], Coroutine[Any, Any, str]]

SECRET = "hunter2"
NOBODY_LISTENS = "127.0.0.1:1"
PREFIX = "SHARED_"  # of a service whose `build` stands in the package shared, which is this test's


class PurseSettings(ProcessSettings):
    """As every service has them; one field takes several values."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    webhook_secrets: tuple[str, ...] = ()


def from_environment() -> Service:
    return purse.build(PurseSettings().messaging())  # type: ignore[call-arg]  # fields come from the environment


ENVIRONMENT = {
    "DATABASE_DSN": f"postgresql://purse:{SECRET}@{NOBODY_LISTENS}/purse",
    "KAFKA_BOOTSTRAP": NOBODY_LISTENS,
    "TOKEN_ISSUER": "http://issuer.example",
}


def last_words(build: Callable[[], Service], *arguments: str) -> str:
    """What the process says when it ends; exit code 1 prints it to standard error."""
    with pytest.raises(SystemExit) as ended:
        main(build, arguments)
    assert isinstance(ended.value.code, str), f"it ended with {ended.value.code}"
    assert SECRET not in ended.value.code
    return ended.value.code


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(PREFIX + name, value)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_DSN", None, "settings: SHARED_DATABASE_DSN is missing"),
        ("DATABASE_DSN", f"mysql://u:{SECRET}@host/db", "settings: SHARED_DATABASE_DSN is not an address like"),
        ("DATABASE_DSN", f"postgresql://u:{SECRET}@host:port/db", "settings: SHARED_DATABASE_DSN is not an address"),
        ("KAFKA_PROFILE", "rabbit", "settings: SHARED_KAFKA_PROFILE: Input should be 'embedded' or 'apache'"),
        ("API_PORT", "70000", "settings: SHARED_API_PORT: Input should be less than or equal to 65535"),
        ("WEBHOOK_SECRETS", SECRET, "settings: SHARED_WEBHOOK_SECRETS is not JSON"),
    ],
)
def test_a_wrong_setting_is_named(environment: pytest.MonkeyPatch, name: str, value: str | None, said: str) -> None:
    if value is None:
        environment.delenv(PREFIX + name)
    else:
        environment.setenv(PREFIX + name, value)
    assert last_words(from_environment, "api").startswith(said)


@pytest.mark.parametrize("command", ["api", "migrate", "dead-letters list"])
def test_a_database_that_nobody_serves_is_named(environment: pytest.MonkeyPatch, command: str) -> None:
    said = last_words(from_environment, *command.split())
    assert said.startswith("subscriptions: the database (SHARED_DATABASE_DSN) cannot be reached")


def test_a_broker_that_nobody_serves_is_named(environment: pytest.MonkeyPatch) -> None:
    said = last_words(from_environment, "topics", "check")
    assert said.startswith("subscriptions: the broker (SHARED_KAFKA_BOOTSTRAP) cannot be used")


@pytest.mark.parametrize(
    ("mend", "said"),
    [
        (lambda parts: parts._replace(path="/nowhere"), 'refuses us: database "nowhere" does not exist'),
        (
            lambda parts: parts._replace(netloc=parts.netloc.replace(parts.password, SECRET)),
            "refuses us: password authentication failed",
        ),
    ],
    ids=["no such database", "wrong password"],
)
@pytest.mark.parametrize("command", ["api", "migrate"])
def test_a_refusal_of_the_database_is_quoted(
    make_database: MakeDatabase, mend: Callable[[SplitResult], SplitResult], said: str, command: str
) -> None:
    dsn = urlunsplit(mend(urlsplit(asyncio.run(make_database("purse")))))
    found = last_words(built_for(dsn), command)
    assert found.startswith("subscriptions: the database (SHARED_DATABASE_DSN) ") and said in found


def test_a_database_without_tables_says_which_command_is_missing(make_database: MakeDatabase) -> None:
    said = last_words(built_for(asyncio.run(make_database("purse"))), "dead-letters", "list")
    assert said == "subscriptions: the database has no tables yet; run `migrate` first"


def test_a_port_that_is_taken_is_named(make_database: MakeDatabase) -> None:
    dsn = asyncio.run(make_database("purse"))
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        said = last_words(built_for(dsn, api_port=taken.getsockname()[1]), "api")
    assert said.startswith("subscriptions: the port (SHARED_API_PORT or SHARED_WORKER_PORT) is taken")


def built_for(dsn: str, *, api_port: int = 0) -> Callable[[], Service]:
    settings = MessagingSettings(dsn=dsn, kafka_bootstrap=NOBODY_LISTENS, api_port=api_port)

    def build() -> Service:
        return replace(purse.build(settings), api=lambda _: nothing, serve_http=serving)

    return build


async def nothing(*_: object) -> None:
    """An ASGI application of no routes."""


async def serving(_: object, host: str, port: int) -> None:
    """As a web server does at its start; that is all these tests come to."""
    await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
