"""The unit of work as a use case sees it: load, decide, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

from saldo_work.causes import Cause

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Answer: TypeAlias = "Mapping[str, Json] | None"
"""What a command answers: JSON that can be stored beside its cause and given again to a repeat."""

Entity = TypeVar("Entity")
CommandT_contra = TypeVar("CommandT_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a command will load, so that a batch loads it set-wise; leaving something out costs time only.

    `keys` are (class, primary key) pairs; `groups` are (class, name of a declared group, value) triples, for instance
    `(Invoice, "open_of_account", account_id)`.
    """

    keys: tuple[tuple[type, str], ...] = ()
    groups: tuple[tuple[type, str, str], ...] = ()


class Timers(Protocol):
    """Rows that wake a command when business time reaches them, in the same transaction as their effect."""

    def schedule(
        self, kind: str, dedupe_key: str, *, due_at: datetime, payload: Mapping[str, Json], account_id: str
    ) -> None:
        """Set or move the timer of this dedupe key. The kind names the command that bootstrap builds from payload."""

    def cancel(self, dedupe_key: str) -> None:
        """Delete the timer if it is there; a timer that already ran is no error."""


class UnitOfWork(Protocol):
    """One command's stage over the unit of work it shares with others.

    `get`, `find` and `group` hand out copies; only what is given to `save` is written, together with the
    announcements of its domain events. On an error everything staged here is thrown away, and nothing else.
    """

    @property
    def cause(self) -> Cause: ...

    @property
    def now(self) -> datetime:
        """Business time of this command: the cause's effective time, else the clock's, aware, UTC."""

    @property
    def timers(self) -> Timers: ...

    async def get(self, kind: type[Entity], key: str) -> Entity:
        """The entity, row-locked until the unit ends; raises `NotFound`."""

    async def find(self, kind: type[Entity], key: str) -> Entity | None:
        """The entity or None, row-locked until the unit ends."""

    async def group(self, kind: type[Entity], group: str, value: str) -> list[Entity]:
        """The members of a declared group in key order, row-locked; what earlier commands of the unit saved counts."""

    def save(self, entity: object) -> None:
        """Stage an entity, new or changed, and announce the domain events it gathered; its version grows by one."""

    def remove(self, entity: object) -> None:
        """Stage the deletion of an entity."""

    def resume_trace(self, traceparent: str | None, tracestate: str | None, *, stored_at: datetime) -> None:
        """What is told from here on continues the trace that a waiting row stored, whoever brings its end (a webhook,
        an operator). Rows stored over 15 minutes of machine time ago, and rows of the present trace, change nothing."""


class Handler(Protocol[CommandT_contra]):
    """A use case."""

    def needs(self, command: CommandT_contra) -> Needs:
        """Pure: what the command will load."""

    async def handle(self, command: CommandT_contra, work: UnitOfWork) -> Answer:
        """Load, decide, save; no call to the outside. Raises a refusal, NotYetKnown or Transient."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What makes an HTTP request one cause: who called which route with which Idempotency-Key."""

    caller: str
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A command's answer; `repeated` when it is the stored answer of an earlier run of the same cause."""

    body: Answer
    repeated: bool


class Commands(Protocol):
    """The one door through which a request becomes a command; commands that wait together share a unit of work."""

    async def run(self, command: object, cause: Cause, *, request_key: RequestKey | None = None) -> Answered:
        """Raises `Refused`, `CauseReused`, `NotYetKnown` (after two seconds of waiting) or `Transient`."""
