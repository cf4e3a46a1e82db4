"""The embedded stack as its owner sees it: started in seconds, addressed by attributes, gone without a trace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from saldo_local.addresses import ALL_PARTS, Addresses, Part
from saldo_local.kafka_choice import KafkaChoice, UnknownKafka
from saldo_local.tokens import KEY_FILE, TokenIssuer

POSTGRES_VARIABLE = "SALDO_POSTGRES_DSN"
KAFKA_VARIABLE = "SALDO_KAFKA"
STOP_SECONDS_MAX = 20.0  # twice what the keeper gives its children


class StackFailed(Exception):
    """The stack could not be started; the text is for people and quotes the log of the part that failed."""


class PartNotStarted(Exception):
    """An address was asked for of a part that this stack was told to leave out."""


class Stack:
    """PostgreSQL, Kafka broker, mail sink, card processor simulator and token issuer on loopback.

    Use it as `with Stack() as stack`, `async with Stack() as stack`, or by `start()` and `stop()`; a repeat of either
    does nothing. `parts` limits what is started. SALDO_POSTGRES_DSN (an administrator's) replaces the embedded server;
    SALDO_KAFKA, or `kafka` where given, says which Kafka (KafkaChoice.of). Everything ends when the owner's process
    ends, however it ends.
    """

    def __init__(self, parts: Collection[Part] = ALL_PARTS, *, kafka: KafkaChoice | None = None) -> None:
        self._parts = frozenset(parts)
        self._kafka = kafka
        self._talking = threading.Lock()
        self._keeper: subprocess.Popen[str] | None = None
        self._addresses: Addresses | None = None

    def start(self) -> Self:
        """About a second, several with Apache Kafka. Raises StackFailed."""
        if self._keeper is not None:
            return self
        outside = _from_outside(self._parts, self.kafka)
        command = [sys.executable, "-m", "saldo_local", "keeper", *sorted(self._parts - outside.keys())]
        command += [f"--kafka={self.kafka.word}"]
        self._keeper = subprocess.Popen(  # noqa: S603  the command is ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            self._addresses = _with_outside(Addresses(**self._read_answer()["ready"]), outside)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Returns when every process has ended and the run directory is gone."""
        keeper, self._keeper, self._addresses = self._keeper, None, None
        if keeper is None:
            return
        if keeper.stdin is not None:
            keeper.stdin.close()
        try:
            keeper.wait(STOP_SECONDS_MAX)
        finally:
            if keeper.stdout is not None:
                keeper.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    @property
    def addresses(self) -> Addresses:
        if self._addresses is None:
            raise StackFailed("The stack is not running: call start() first.")
        return self._addresses

    @property
    def run_directory(self) -> Path:
        """Holds every child's log under `logs/`; gone after stop()."""
        return Path(self.addresses.run_directory)

    @property
    def postgres_dsn(self) -> str:
        """The administrator's; services get their own from `saldo_local.databases.provision`."""
        return _told(self.addresses.postgres_dsn, Part.POSTGRES)

    @property
    def kafka_bootstrap(self) -> str:
        """host:port"""
        return _told(self.addresses.kafka_bootstrap, Part.KAFKA)

    @property
    def kafka(self) -> KafkaChoice:
        """Decides the broker profile (the embedded one: no idempotent producer, short sessions) and the topics' copies.

        Raises StackFailed for a word in SALDO_KAFKA that names none.
        """
        if self._kafka is not None:
            return self._kafka
        try:
            return KafkaChoice.of(os.environ.get(KAFKA_VARIABLE, ""))
        except UnknownKafka as error:
            raise StackFailed(f"{KAFKA_VARIABLE}: {error}") from None

    def end_child(self, name: str, kind: signal.Signals = signal.SIGKILL) -> None:
        """End one server of the stack (`kafka-2`, `postgres`; the names of its logs) and wait until it has ended.

        It stays away until `start_child`. Raises StackFailed.
        """
        self._order(child=name, signal=int(kind))

    def start_child(self, name: str) -> None:
        """Start a server that was ended, on its old port and data, and wait until it is ready. Raises StackFailed."""
        self._order(child=name)

    @property
    def smtp_host(self) -> str:
        return _told(self.addresses.smtp_host, Part.MAIL)

    @property
    def smtp_port(self) -> int:
        if not self.addresses.smtp_port:
            raise PartNotStarted(_missing(Part.MAIL))
        return self.addresses.smtp_port

    @property
    def mail_api_url(self) -> str:
        return _told(self.addresses.mail_api_url, Part.MAIL)

    @property
    def processor_url(self) -> str:
        """For `StripeClient(api_key, base_addresses={"api": processor_url})`."""
        return _told(self.addresses.processor_url, Part.PROCESSOR)

    @property
    def processor_api_key(self) -> str:
        return _told(self.addresses.processor_api_key, Part.PROCESSOR)

    @property
    def processor_webhook_secret(self) -> str:
        """Every endpoint registered at this simulator signs with it."""
        return _told(self.addresses.processor_webhook_secret, Part.PROCESSOR)

    @property
    def issuer(self) -> str:
        """The `iss` of every token; also where /.well-known/jwks.json is served."""
        return _told(self.addresses.issuer, Part.TOKENS)

    @property
    def jwks_url(self) -> str:
        return _told(self.addresses.jwks_url, Part.TOKENS)

    @property
    def jwks_path(self) -> Path:
        return Path(_told(self.addresses.jwks_path, Part.TOKENS))

    @property
    def tokens(self) -> TokenIssuer:
        return TokenIssuer.load(self.run_directory / Part.TOKENS / KEY_FILE, self.issuer)

    def _order(self, **order: object) -> None:
        with self._talking:
            if self._keeper is None or self._keeper.stdin is None:
                raise StackFailed("The stack is not running: call start() first.")
            self._keeper.stdin.write(json.dumps(order) + "\n")
            self._keeper.stdin.flush()
            self._read_answer()

    def _read_answer(self) -> dict[str, Any]:
        if self._keeper is None or self._keeper.stdout is None:
            raise StackFailed("The stack was stopped while it started.")
        line = self._keeper.stdout.readline()
        if not line:
            raise StackFailed("The stack's keeper ended without a word; run `python -m saldo_local stack` to see why.")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise StackFailed(answer["failed"])
        return answer


def _from_outside(parts: frozenset[Part], kafka: KafkaChoice) -> dict[Part, str]:
    """What stands elsewhere."""
    outside: dict[Part, str] = {}
    if Part.POSTGRES in parts and (dsn := os.environ.get(POSTGRES_VARIABLE)):
        outside[Part.POSTGRES] = dsn
    if Part.KAFKA in parts and kafka.stands_elsewhere:
        outside[Part.KAFKA] = kafka.bootstrap
    return outside


def _with_outside(addresses: Addresses, outside: dict[Part, str]) -> Addresses:
    return replace(
        addresses,
        postgres_dsn=outside.get(Part.POSTGRES, addresses.postgres_dsn),
        kafka_bootstrap=outside.get(Part.KAFKA, addresses.kafka_bootstrap),
    )


def _told(value: str, part: Part) -> str:
    if not value:
        raise PartNotStarted(_missing(part))
    return value


def _missing(part: Part) -> str:
    return f"This stack was started without its part {part.value!r}."
