"""The smallest service that uses all of messaging: purses filled by messages, requests, timers and an outside loop.

It takes the name and the topics of subscriptions, since the catalogue of topics is closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from saldo_contracts.envelope import Envelope
from saldo_contracts.event import Event
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.subscriptions import ReactivationReason, ServiceReactivated
from saldo_messaging import ClaimLoop, Group, MessagingSettings, Runtime, Service, SqlUnitOfWork, Step, Stored
from saldo_money import Money
from saldo_work import Answer, Needs, NotYetKnown, Refusal, UnitOfWork
from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, MetaData, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB

SELLER = "borealis"
metadata = MetaData()
purses_table = Table(
    "purses",
    metadata,
    Column("account_id", Uuid(as_uuid=False), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("held_minor_units", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("notes", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("held_minor_units < 1000000", name="purses_not_bottomless"),
)


@dataclass(slots=True)
class Filled:
    """Domain event."""

    amount: Money


@dataclass(slots=True)
class Purse:
    """open -> called (an outside call is under way) -> open."""

    account_id: str
    owner: str
    held: Money
    state: str = "open"
    notes: tuple[str, ...] = ()
    version: int = 0
    events: list[Filled] = field(default_factory=list)


class PurseBooks(SqlUnitOfWork):
    """What the toy stores."""

    purses = Stored(
        Purse,
        purses_table,
        key="account_id",
        groups={
            "of_owner": Group(
                "owner", where=purses_table.c.held_minor_units > 0, holds=lambda p: p.held.minor_units > 0
            )
        },
    )


@dataclass(frozen=True, slots=True)
class Fill:
    account_id: str
    minor_units: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class CallOut:
    account_id: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    account_id: str


class NegativeFill(Refusal):
    """A purse is never emptied."""


Act = Callable[[Fill, UnitOfWork], Awaitable[None]]


class Script:
    """What a test makes the handler do for one account, before it does its work."""

    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        self.seen: list[Fill] = []

    def on(self, account_id: str, act: Act) -> None:
        """Say what happens for this account from now on."""
        self.acts[account_id] = act

    async def play(self, command: Fill, work: UnitOfWork) -> None:
        self.seen.append(command)
        if act := self.acts.get(command.account_id):
            await act(command, work)


class FillHandler:
    """Notes of the command steer the test: 'poison' breaks, 'unknown' waits, 'wake me' sets a timer."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def needs(self, command: Fill) -> Needs:
        return Needs(keys=((Purse, command.account_id),))

    async def handle(self, command: Fill, work: UnitOfWork) -> Answer:
        await self._script.play(command, work)
        if command.minor_units < 0:
            raise NegativeFill("a purse is never emptied", minor_units=command.minor_units)
        if command.note == "poison":
            raise RuntimeError("poison")
        if command.note == "unknown":
            raise NotYetKnown("account", command.account_id)
        purse = await work.find(Purse, command.account_id) or Purse(command.account_id, "ada", Money(0, "EUR"))
        purse.held += Money(command.minor_units, "EUR")
        purse.notes = (*purse.notes, command.note)
        purse.events.append(Filled(Money(command.minor_units, "EUR")))
        if command.note == "wake me":
            work.timers.schedule(
                "fill",
                f"fill/{command.account_id}",
                due_at=work.now + timedelta(days=1),
                payload={"account_id": command.account_id, "minor_units": 5},
                account_id=command.account_id,
            )
        work.save(purse)
        return {"held": purse.held.minor_units, "at": work.now.isoformat()}


class CallOutHandler:
    def needs(self, command: CallOut) -> Needs:
        return Needs(keys=((Purse, command.account_id),))

    async def handle(self, command: CallOut, work: UnitOfWork) -> Answer:
        purse = await work.get(Purse, command.account_id)
        if purse.state != "wanted":
            raise Refusal("not wanted")
        purse.state = "called"
        work.save(purse)
        return {"account_id": purse.account_id}


class CallEndedHandler:
    def needs(self, command: CallEnded) -> Needs:
        return Needs(keys=((Purse, command.account_id),))

    async def handle(self, command: CallEnded, work: UnitOfWork) -> Answer:
        purse = await work.get(Purse, command.account_id)
        purse.state = "open"
        purse.notes = (*purse.notes, "called")
        work.save(purse)
        return None


def announce(entity: object, event: object) -> Iterable[Event]:
    if isinstance(entity, Purse) and isinstance(event, Filled):
        yield ServiceReactivated(
            account_id=entity.account_id,
            seller_id=SELLER,
            reason=ReactivationReason.BALANCE_CLEARED,
            subscription_ids=(),
            suspended_since=datetime(2026, 1, 1, tzinfo=UTC),
            reactivated_at=datetime(2026, 1, 1, tzinfo=UTC),
        )


def on_balance_cleared(event: BalanceCleared, envelope: Envelope) -> Fill:
    notes = {13: "poison", 14: "unknown", 15: "wake me"}
    return Fill(event.account_id, event.balance.minor_units, notes.get(event.balance.minor_units, envelope.id))


def build(
    settings: MessagingSettings,
    called: Callable[[str], None] = lambda _: None,
    *,
    script: Script | None = None,
    loops: Callable[[Runtime], Sequence[ClaimLoop]] | None = None,
) -> Service:
    """The toy service; `called` is told of every outside call."""

    def own_loops(runtime: Runtime) -> Sequence[ClaimLoop]:
        async def candidates(limit: int) -> Sequence[Step]:
            query = select(purses_table.c.account_id).where(purses_table.c.state == "wanted").limit(limit)
            async with runtime.database.engine.connect() as connection:
                rows = (await connection.execute(query)).scalars().all()
            return [Step(CallOut(row), cause_id=row) for row in rows]

        async def call(answer: Answer) -> object:
            account_id = str((answer or {})["account_id"])
            called(account_id)
            return CallEnded(account_id)

        return [ClaimLoop("calls", candidates=candidates, call=call)]

    return Service(
        name="subscriptions",
        version="0",
        migrations="shared.messaging.tests.component.migrations",
        messaging=settings,
        books=PurseBooks,
        announce=announce,
        refusals=(),
        handlers={Fill: FillHandler(script or Script()), CallOut: CallOutHandler(), CallEnded: CallEndedHandler()},
        listens={BalanceCleared: on_balance_cleared},
        timers={"fill": lambda payload: Fill(str(payload["account_id"]), int(str(payload["minor_units"])), "timer")},
        loops=loops or own_loops,
        api=lambda runtime: _no_app,
        worker_http=lambda runtime: _no_app,
        serve_http=_serve_nothing,
    )


async def _no_app(*_: object) -> None:
    """The toy is driven without HTTP."""


async def _serve_nothing(app: object, host: str, port: int) -> None:
    """The toy is driven without HTTP."""
