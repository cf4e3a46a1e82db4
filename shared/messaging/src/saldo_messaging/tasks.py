"""A command on its way through the runner, and what became of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from saldo_contracts.derived_ids import derived_id
from saldo_work import Answer, Cause, Refusal, RequestKey

CAUSE_NAMESPACE = UUID("5a1d0b11-0000-5000-8000-000000000002")  # ours, fixed for ever: inbox keys must not change
_CAUSE_NAMESPACE_BYTES = CAUSE_NAMESPACE.bytes

Fact: TypeAlias = str | int | bool | None


class Door(Enum):
    """Where a command came in."""

    MESSAGE = "message"
    REQUEST = "request"
    TIMER = "timer"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Message:
    """A record as it came from the broker, kept whole so that it can become a dead letter."""

    topic: str
    partition: int
    offset: int
    key: str | None
    headers: tuple[tuple[str, bytes | None], ...]
    body: bytes | None
    event_id: str | None = None
    type: str | None = None

    @property
    def lane(self) -> tuple[str, str | None]:
        """What keeps its order: the key within its topic."""
        return self.topic, self.key


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer row as it was read: `recorded_at` tells whether it was set anew since."""

    dedupe_key: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Retry:
    """A message that comes out of `dead_letters` again; `final`: still not known counts as failed."""

    letter_id: int
    final: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A command with its cause; `cause_key` is its key in the inbox, None where nothing is deduplicated (loops)."""

    command: object
    cause: Cause
    door: Door
    cause_key: str | None = None
    recorded_at: datetime | None = None
    command_hash: bytes | None = None
    message: Message | None = None
    timer: DueTimer | None = None
    retry: Retry | None = None
    rejected: tuple[str, str] | None = None  # (kind, reason) of a message that must not reach a handler
    broken: Exception | None = None  # what the translation raised: it counts as the handler's own failure


@dataclass(frozen=True, slots=True)
class Done:
    """It ran, or had run before."""

    answer: Answer = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Declined:
    """A rule said no; recorded as the answer of its cause."""

    code: str
    message: str
    facts: Mapping[str, Fact]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was done; it may work later."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was done; the error is ours. A message became a dead letter, a timer is parked."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Reused:
    """The cause had come before with another command."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message kept in `dead_letters`: rejected, waiting for a copy, or behind such a one of its key."""


Outcome: TypeAlias = Done | Declined | Deferred | Failed | Reused | SetAside


def message_cause_key(group: str, source: str, event_id: str) -> str:
    """The inbox key of a message: consumer group and hash of ce_source and ce_id."""
    return derived_id(_CAUSE_NAMESPACE_BYTES, f"message|{group}|{source}|{event_id}")


def request_cause_key(request: RequestKey) -> str:
    """The inbox key of a request: caller, route, Idempotency-Key."""
    return derived_id(_CAUSE_NAMESPACE_BYTES, f"request|{request.caller}|{request.route}|{request.key}")


def hash_of(command: object) -> bytes:
    """A hash of a command's whole content: commands are frozen dataclasses of plain values, so `repr` is canonical."""
    return hashlib.sha256(f"{type(command).__module__}|{command!r}".encode()).digest()


_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def code_of(error: BaseException) -> str:
    """`AttemptLimitReached` -> `attempt-limit-reached`."""
    return _WORD_START.sub("-", type(error).__name__).lower()


def declined(error: Exception) -> Declined:
    """The outcome that a refusal or a domain error becomes; its public attributes of plain type are its facts."""
    facts: Mapping[str, object] = error.facts if isinstance(error, Refusal) else vars(error)
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in facts.items()
        if not name.startswith("_") and (value is None or isinstance(value, str | int | bool | datetime))
    }
    return Declined(code=code_of(error), message=str(error), facts=plain)
