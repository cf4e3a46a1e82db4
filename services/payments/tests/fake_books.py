"""A unit of work in memory, with the groups and announcements of the real one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar

from saldo_contracts.events import Event
from saldo_payments.adapters.books import SqlBooks
from saldo_payments.application.announcements import announce
from saldo_work import Answer, Cause, Handler, Json, NotFound, system_actor

Entity = TypeVar("Entity")
EventT = TypeVar("EventT", bound=Event)
BEGINNING = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timer:
    kind: str
    due_at: datetime
    payload: Mapping[str, Json]


class FakeTimers:
    def __init__(self) -> None:
        self.waiting: dict[str, Timer] = {}

    def schedule(
        self, kind: str, dedupe_key: str, *, due_at: datetime, payload: Mapping[str, Json], account_id: str
    ) -> None:
        self.waiting[dedupe_key] = Timer(kind, due_at, payload)

    def cancel(self, dedupe_key: str) -> None:
        self.waiting.pop(dedupe_key, None)


@dataclass(slots=True)
class FakeMachineTime:
    """Machine time that stands until it is told to pass."""

    at: datetime = BEGINNING

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class FakeAlarms:
    """Remembers what was cried."""

    cried: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def in_doubt_too_long(self, *, payment_id: str, attempt_id: str, at: datetime) -> None:
        self.cried.append(("in_doubt_too_long", {"payment_id": payment_id, "attempt_id": attempt_id}))

    def answers_contradict(self, *, payment_id: str, attempt_id: str, settled: str, told: str) -> None:
        self.cried.append(("answers_contradict", {"attempt_id": attempt_id, "settled": settled, "told": told}))

    def method_undecided(self, *, payment_method_id: str, account_id: str) -> None:
        self.cried.append(("method_undecided", {"payment_method_id": payment_method_id}))


class FakeBooks:
    """Everything that was saved, told and scheduled; `run` runs one command as a transaction of its own."""

    def __init__(self) -> None:
        self.entities: dict[tuple[type, str], Any] = {}
        self.told: list[Event] = []
        self.timers = FakeTimers()
        self.now = BEGINNING
        self._causes = 0

    async def run(self, handler: Handler[Any], command: object, cause: Cause | None = None) -> Answer:
        """Raises what the handler raises, and then nothing of it stands."""
        self._causes += 1
        handler.needs(command)
        work = FakeWork(self, cause or Cause(f"cause-{self._causes}", system_actor("payments")))
        answer = await handler.handle(command, work)
        self.entities.update(work.saved)
        self.told.extend(work.told)
        self.timers.waiting = work.timers.waiting
        return answer

    def put(self, *entities: object) -> None:
        """Things that stand there already."""
        for entity in entities:
            stored = SqlBooks.by_class[type(entity)]
            self.entities[(type(entity), stored.key_of(entity))] = entity

    def the(self, kind: type[Entity], key: str) -> Entity:
        found: Entity = self.entities[(kind, key)]
        return found

    def every(self, kind: type[Entity]) -> list[Entity]:
        return [entity for (its_kind, _), entity in self.entities.items() if its_kind is kind]

    def of(self, kind: type[EventT]) -> list[EventT]:
        """What was told of this class."""
        return [event for event in self.told if isinstance(event, kind)]


class FakeWork:
    """The stage of one command."""

    def __init__(self, books: FakeBooks, cause: Cause) -> None:
        self._books = books
        self.cause = cause
        self.timers = FakeTimers()
        self.timers.waiting = dict(books.timers.waiting)
        self._out: dict[tuple[type, str], Any] = {}
        self.saved: dict[tuple[type, str], Any] = {}
        self.told: list[Event] = []

    @property
    def now(self) -> datetime:
        return self.cause.effective_at or self._books.now

    async def get(self, kind: type[Entity], key: str) -> Entity:
        found = await self.find(kind, key)
        if found is None:
            raise NotFound(f"there is no {kind.__name__}")
        return found

    async def find(self, kind: type[Entity], key: str) -> Entity | None:
        place = (kind, key)
        if place not in self._out and place in self._books.entities:
            self._out[place] = copy.copy(self._books.entities[place])
            self._out[place].events = []
        found: Entity | None = self._out.get(place)
        return found

    async def group(self, kind: type[Entity], group: str, value: str) -> list[Entity]:
        declared = SqlBooks.by_class[kind].groups[group]
        keys = sorted({key for its_kind, key in {**self._books.entities, **self._out} if its_kind is kind})
        found = [entity for key in keys if (entity := await self.find(kind, key)) is not None]
        return [
            entity
            for entity in found
            if attrgetter(declared.column)(entity) == value and (declared.holds is None or declared.holds(entity))
        ]

    def save(self, entity: object) -> None:
        staged: Any = entity
        place = (type(entity), SqlBooks.by_class[type(entity)].key_of(entity))
        staged.version += 1
        self.saved[place] = self._out[place] = staged
        for event in staged.events:
            self.told.extend(announce(entity, event))
        staged.events = []

    def resume_trace(self, traceparent: str | None, tracestate: str | None, *, stored_at: datetime) -> None:
        """No fake writes a trace."""

    def remove(self, entity: object) -> None:
        raise AssertionError("payments removes no rows")
