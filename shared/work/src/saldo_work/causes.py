"""Who asked for something, and what led to it: the actor and the cause of a command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from saldo_contracts.permissions import Permission


class ActorKind(StrEnum):
    """The kinds of actor an audit distinguishes."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SERVICE = "service"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and how far.

    `sellers` are the sellers it may act for; `accounts` the accounts within them, None meaning every account of
    those sellers (an agent). A SYSTEM actor is a service acting by itself: it reaches everything. `relayed`: the
    actor is known from an event only: what follows from an event is the house's own doing and is not checked again.
    """

    kind: ActorKind
    subject: str
    sellers: frozenset[str] = frozenset()
    accounts: frozenset[str] | None = frozenset()
    permissions: frozenset[Permission] = frozenset()
    relayed: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether the actor holds the permission (a SYSTEM actor holds all)."""
        return self.kind is ActorKind.SYSTEM or permission in self.permissions

    def reaches(self, *, seller_id: str, account_id: str) -> bool:
        """Whether the account is one that this actor may know of; where not, the answer is 404, never 403."""
        if self.kind is ActorKind.SYSTEM or self.relayed:
            return True
        return seller_id in self.sellers and (self.accounts is None or account_id in self.accounts)

    def names(self, account_id: str) -> bool:
        """Whether the token alone leaves the account within reach: asked where its seller is not known (yet), so that
        what is beyond reach is 404 whether it exists or not."""
        return self.kind is ActorKind.SYSTEM or self.relayed or self.accounts is None or account_id in self.accounts

    def __str__(self) -> str:
        """The form of the `ce_actor` header: `agent:7f2...`; the subject is an id, never a name."""
        return f"{self.kind.value}:{self.subject}"


def system_actor(service: str) -> Actor:
    """The service acting by itself (timers, loops)."""
    return Actor(kind=ActorKind.SYSTEM, subject=service, accounts=None)


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to a command: an event, a request, a timer, or a step of a loop.

    `cause_id` goes to `ce_causationid` of every event that follows. `effective_at` is the business time at which the
    command counts when that is not now (a timer's due time, so that a late billing run bills the right day).
    """

    cause_id: str
    actor: Actor
    traceparent: str | None = None
    tracestate: str | None = None
    effective_at: datetime | None = None
