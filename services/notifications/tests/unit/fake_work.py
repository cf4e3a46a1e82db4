"""A unit of work in memory, for use cases without a database."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from saldo_notifications.domain.account import Account
from saldo_notifications.domain.contact import Contact
from saldo_notifications.domain.events import NoticeEvent
from saldo_notifications.domain.notice import OPEN_STATES, Notice
from saldo_work import Actor, ActorKind, Cause, Json, NotFound, system_actor

Entity = TypeVar("Entity")
BUSINESS_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MACHINE_NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

_KEYS: dict[type, str] = {Account: "account_id", Contact: "contact_id", Notice: "notice_id"}
_GROUPS: dict[str, Callable[[Any, str], bool]] = {
    "of_event": lambda notice, value: notice.event_id == value,
    "open_of_contact": lambda notice, value: notice.contact_id == value and notice.state in OPEN_STATES,
}


class NoTimers:
    """This service sets none."""

    def schedule(
        self, kind: str, dedupe_key: str, *, due_at: datetime, payload: Mapping[str, Json], account_id: str
    ) -> None:
        raise AssertionError("a timer was set")

    def cancel(self, dedupe_key: str) -> None:
        raise AssertionError("a timer was cancelled")


@dataclass
class FakeWork:
    """Hands out copies and keeps what is saved; `told` are the domain events in order."""

    cause: Cause = field(
        default_factory=lambda: Cause("cause-1", system_actor("notifications"), traceparent=TRACEPARENT)
    )
    now: datetime = BUSINESS_NOW
    rows: dict[tuple[type, str], Any] = field(default_factory=dict)
    told: list[NoticeEvent] = field(default_factory=list)
    timers: NoTimers = field(default_factory=NoTimers)

    async def get(self, kind: type[Entity], key: str) -> Entity:
        found = await self.find(kind, key)
        if found is None:
            raise NotFound(f"no {kind.__name__}", key=key)
        return found

    async def find(self, kind: type[Entity], key: str) -> Entity | None:
        found: Entity | None = copy.copy(self.rows.get((kind, key)))
        return found

    async def group(self, kind: type[Entity], group: str, value: str) -> list[Entity]:
        members = [row for (of, _), row in sorted(self.rows.items(), key=lambda item: item[0][1]) if of is kind]
        return [copy.copy(row) for row in members if _GROUPS[group](row, value)]

    def save(self, entity: object) -> None:
        kept: Any = copy.copy(entity)
        kept.version += 1
        if isinstance(kept, Notice):
            self.told += kept.events
            kept.events = []
        self.rows[type(entity), getattr(entity, _KEYS[type(entity)])] = kept

    def resume_trace(self, traceparent: str | None, tracestate: str | None, *, stored_at: datetime) -> None:
        """No fake writes a trace."""

    def remove(self, entity: object) -> None:
        del self.rows[type(entity), getattr(entity, _KEYS[type(entity)])]

    def notices(self) -> list[Notice]:
        return [row for row in self.rows.values() if isinstance(row, Notice)]


@dataclass
class MachineClock:
    """Machine time that a test moves."""

    moment: datetime = MACHINE_NOW

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


def agent(*, sellers: frozenset[str] = frozenset({"borealis"})) -> Actor:
    return Actor(kind=ActorKind.AGENT, subject="agent-1", sellers=sellers, accounts=None)
