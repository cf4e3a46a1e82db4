"""The unit of work over PostgreSQL: one transaction that many commands share, each in a stage of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

import asyncpg
from saldo_work import Cause, Needs, NotFound

from saldo_messaging.clocks import machine_now
from saldo_messaging.database import Connection, DatabaseAway
from saldo_messaging.outgoing import Announce, Envelopes, OutboxRow, insert_outbox
from saldo_messaging.staged_trace import StagedTrace, Trace
from saldo_messaging.stored import Stored
from saldo_messaging.timer_rows import StagedTimers, TimerChange, write_timers

Entity = TypeVar("Entity")


@dataclass(slots=True)
class _Shelf:
    """What the unit of work holds of one class: its identity map and what will be written."""

    entities: dict[str, Any]  # key -> entity, or None for one that is known not to exist
    inserted: dict[str, Any]
    updated: dict[str, Any]
    removed: dict[str, Any]
    group_values: dict[str, set[str]]  # group -> values whose members are loaded
    members: dict[str, dict[str, set[str]]]  # group -> value -> keys that are or were members


class SqlUnitOfWork:
    """Subclasses declare what they store, in lock order, which is the order of flush too."""

    declared: ClassVar[tuple[Stored[Any], ...]] = ()
    by_class: ClassVar[Mapping[type, Stored[Any]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.declared = tuple(value for value in vars(cls).values() if isinstance(value, Stored))
        cls.by_class = {stored.kind: stored for stored in cls.declared}

    def __init__(
        self,
        connection: Connection,
        *,
        now: datetime,
        envelopes: Envelopes,
        announce: Announce,
    ) -> None:
        self._connection = connection
        self.now = now
        self._envelopes = envelopes
        self._announce = announce
        self._shelves = {stored: _new_shelf() for stored in self.declared}
        self._outbox: list[OutboxRow] = []
        self._timers: dict[str, TimerChange] = {}

    # -- loading -------------------------------------------------------------------------------------------------

    async def load(self, needs: Iterable[Needs]) -> None:
        """Load what many commands need, class by class in lock order, one statement a class and group."""
        keys: dict[Stored[Any], set[str]] = defaultdict(set)
        groups: dict[tuple[Stored[Any], str], set[str]] = defaultdict(set)
        for need in needs:
            for kind, key in need.keys:
                keys[self._stored(kind)].add(key)
            for kind, group, value in need.groups:
                groups[(self._stored(kind), group)].add(value)
        for stored in self.declared:
            if stored in keys:
                await self.load_keys(stored, keys[stored])
            for name in stored.groups:
                if (stored, name) in groups:
                    await self.load_group(stored, name, groups[(stored, name)])

    async def load_keys(self, stored: Stored[Any], keys: Iterable[str]) -> None:
        """Load the entities of these keys that are not loaded yet, locked in key order."""
        shelf = self._shelves[stored]
        missing = sorted(key for key in keys if key not in shelf.entities)
        if not missing:
            return
        for row in await self._fetch(stored.load_sql, missing):
            self._shelve(stored, stored.make(row))
        for key in missing:
            shelf.entities.setdefault(key, None)

    async def _fetch(self, sql: str, values: Sequence[str]) -> Sequence[asyncpg.Record]:
        try:
            return await self._connection.fetch(sql, values)
        except (OSError, TimeoutError) as error:
            raise DatabaseAway(type(error).__name__) from error  # inside a handler it must not count as the handler's

    async def load_group(self, stored: Stored[Any], name: str, values: Iterable[str]) -> None:
        """Load the members of these groups that are not loaded yet, locked in key order."""
        shelf = self._shelves[stored]
        missing = sorted(value for value in values if value not in shelf.group_values[name])
        if not missing:
            return
        for row in await self._fetch(stored.group_sql[name], missing):
            entity = stored.make(row)
            if shelf.entities.get(stored.key_of(entity)) is None and stored.key_of(entity) not in shelf.removed:
                self._shelve(stored, entity)
        shelf.group_values[name].update(missing)

    def _shelve(self, stored: Stored[Any], entity: Any) -> None:
        shelf = self._shelves[stored]
        key = stored.key_of(entity)
        shelf.entities[key] = entity
        for name, group in stored.groups.items():
            shelf.members[name].setdefault(_text(attrgetter(group.column)(entity)), set()).add(key)

    def held(self, stored: Stored[Any], key: str) -> Any | None:
        """The shared entity as earlier commands of this unit left it."""
        return self._shelves[stored].entities.get(key)

    def candidates(self, stored: Stored[Any], name: str, value: str) -> set[str]:
        """Keys that are or once were members of the group."""
        return self._shelves[stored].members[name].get(value, set())

    def _stored(self, kind: type) -> Stored[Any]:
        try:
            return self.by_class[kind]
        except KeyError:
            raise TypeError(f"{type(self).__name__} does not store {kind.__name__}") from None

    # -- stages --------------------------------------------------------------------------------------------------

    def stage(self, cause: Cause) -> Stage:
        """A stage for one command."""
        return Stage(self, cause)

    def merge(self, stage: Stage) -> None:
        """Take over what a command staged."""
        for (stored, key), entity in stage.saved.items():
            shelf = self._shelves[stored]
            if entity is None:
                self._take_out(shelf, key)
                continue
            known = not stored.append_only and shelf.entities.get(key) is not None and key not in shelf.inserted
            (shelf.updated if known else shelf.inserted)[key] = entity
            if key in shelf.removed:  # removed and saved again: the row is still there
                shelf.updated[key] = entity
                shelf.inserted.pop(key, None)
                shelf.removed.pop(key)
            self._shelve(stored, entity)
        self._outbox.extend(stage.rows)
        self._timers.update(stage.timers.changes)

    @staticmethod
    def _take_out(shelf: _Shelf, key: str) -> None:
        if shelf.inserted.pop(key, None) is None:
            shelf.removed[key] = shelf.entities.get(key)
        shelf.updated.pop(key, None)
        shelf.entities[key] = None

    def timer_changed(self, dedupe_key: str) -> bool:
        """Whether a command of this unit cancelled the timer or set it anew."""
        return dedupe_key in self._timers

    def timers_ran(self, dedupe_keys: Iterable[str]) -> None:
        """Delete the rows of timers whose command ran, unless a command of this unit set them anew."""
        for key in dedupe_keys:
            self._timers.setdefault(key, None)

    # -- writing -------------------------------------------------------------------------------------------------

    async def flush(self) -> int:
        """Write everything set-wise; returns how many events go out.

        Children are deleted before their parents, and what frees a unique value (delete, update) comes before what
        takes it (insert). Outbox rows last, so that their ids follow causality.
        """
        for stored in reversed(self.declared):
            if removed := self._shelves[stored].removed:
                await self._connection.execute(stored.delete_sql, sorted(removed))
        for stored in self.declared:
            shelf = self._shelves[stored]
            for sql, entities in ((stored.update_sql, shelf.updated), (stored.insert_sql, shelf.inserted)):
                if entities:
                    await self._connection.execute(sql, *stored.arrays(list(entities.values())))
        await write_timers(self._connection, self._timers)
        await insert_outbox(self._connection, self._outbox)
        return len(self._outbox)

    @property
    def kinds_written(self) -> frozenset[type]:
        """The classes of which something was or will be inserted or updated."""
        return frozenset(stored.kind for stored, shelf in self._shelves.items() if shelf.inserted or shelf.updated)

    def announced(
        self,
        entity: object,
        events: Sequence[object],
        *,
        key: str,
        version: int,
        cause: Cause,
        at: datetime,
        trace: Trace,
    ) -> Sequence[OutboxRow]:
        """The outbox rows of an entity's domain events."""
        contract_events = [told for event in events for told in self._announce(entity, event)]
        if not contract_events:
            return ()
        return self._envelopes.wrap(
            contract_events,
            aggregate_id=key,
            version=version,
            cause=cause,
            occurred_at=at,
            recorded_at=machine_now(),
            trace=trace,
        )


def _new_shelf() -> _Shelf:
    return _Shelf({}, {}, {}, {}, defaultdict(set), defaultdict(dict))


def _text(value: object) -> str:
    """A group column's value as handlers name it."""
    return str(value.value) if isinstance(value, Enum) else str(value)


class Stage:
    """One command's view of the unit: the `saldo_work.UnitOfWork` that a handler gets."""

    def __init__(self, unit: SqlUnitOfWork, cause: Cause) -> None:
        self._unit = unit
        self._cause = cause
        self._out: dict[tuple[Stored[Any], str], Any] = {}  # copies handed out
        self.saved: dict[tuple[Stored[Any], str], Any] = {}  # None: removed
        self.rows: list[OutboxRow] = []
        self._trace = StagedTrace(cause)
        self.timers = StagedTimers(self._trace)

    @property
    def cause(self) -> Cause:
        return self._cause

    @property
    def now(self) -> datetime:
        """Business time: the cause's effective time, else the unit's."""
        return self._cause.effective_at or self._unit.now

    async def get(self, kind: type[Entity], key: str) -> Entity:
        """See `saldo_work.UnitOfWork.get`."""
        entity = await self.find(kind, key)
        if entity is None:
            raise NotFound(f"there is no {kind.__name__} {key}", kind=kind.__name__, key=key)
        return entity

    async def find(self, kind: type[Entity], key: str) -> Entity | None:
        """See `saldo_work.UnitOfWork.find`."""
        stored = self._unit._stored(kind)
        await self._unit.load_keys(stored, (key,))
        found: Entity | None = self._hand_out(stored, key)
        return found

    def _hand_out(self, stored: Stored[Any], key: str) -> Any | None:
        place = (stored, key)
        if place in self.saved:
            return self.saved[place]
        if place in self._out:
            return self._out[place]
        entity = self._unit.held(stored, key)
        if entity is None:
            return None
        self._out[place] = out = stored.copy(entity)
        return out

    async def group(self, kind: type[Entity], group: str, value: str) -> list[Entity]:
        """See `saldo_work.UnitOfWork.group`."""
        stored = self._unit._stored(kind)
        await self._unit.load_group(stored, group, (value,))
        keys = set(self._unit.candidates(stored, group, value))
        keys.update(key for owner, key in self.saved if owner is stored)
        declared = stored.groups[group]
        members = [entity for key in sorted(keys) if (entity := self._hand_out(stored, key)) is not None]
        return [
            entity
            for entity in members
            if _text(getattr(entity, declared.column)) == value and (declared.holds is None or declared.holds(entity))
        ]

    def resume_trace(self, traceparent: str | None, tracestate: str | None, *, stored_at: datetime) -> None:
        """See `saldo_work.UnitOfWork.resume_trace`."""
        self._trace.resume(traceparent, tracestate, stored_at=stored_at)

    def save(self, entity: object) -> None:
        """See `saldo_work.UnitOfWork.save`."""
        stored = self._unit._stored(type(entity))
        staged: Any = entity
        if not stored.append_only:
            staged.version += 1
        self.saved[(stored, stored.key_of(entity))] = entity
        events: list[object] = getattr(entity, "events", [])
        if events:
            version = getattr(entity, "version", 1)
            told = self._unit.announced(
                entity,
                events,
                key=stored.key_of(entity),
                version=version,
                cause=self._cause,
                at=self.now,
                trace=self._trace.current(),
            )
            self.rows.extend(told)
            staged.events = []

    def remove(self, entity: object) -> None:
        """See `saldo_work.UnitOfWork.remove`."""
        stored = self._unit._stored(type(entity))
        if stored.append_only:
            raise TypeError(f"{stored.table.name} is append only")
        self.saved[(stored, stored.key_of(entity))] = None
