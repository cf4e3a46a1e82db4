"""A whole account in memory: use cases run on it as in the runner, and its timers wake by hand."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from saldo_contracts.event import Event
from saldo_subscriptions.adapters.yaml_catalogue import YamlCatalogue
from saldo_subscriptions.application import announcements
from saldo_subscriptions.application.begin_subscription import BeginSubscription, BeginSubscriptionHandler
from saldo_subscriptions.application.enforce_terms import EnforceTerms, EnforceTermsHandler
from saldo_subscriptions.application.finalize_charges import FinalizeCharges, FinalizeChargesHandler
from saldo_subscriptions.application.note_payment_methods import NotePaymentMethods, NotePaymentMethodsHandler
from saldo_subscriptions.application.observe_balance import ObserveBalance, ObserveBalanceHandler
from saldo_subscriptions.application.open_account import OpenAccount, OpenAccountHandler
from saldo_subscriptions.application.override_suspension import OverrideSuspension, OverrideSuspensionHandler
from saldo_subscriptions.application.start_subscription import StartSubscription, StartSubscriptionHandler
from saldo_subscriptions.application.update_profile import UpdateProfile, UpdateProfileHandler
from saldo_subscriptions.domain.account import Profile
from saldo_subscriptions.domain.charge_line import ChargeLine
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import Subscription
from saldo_subscriptions.entrypoints import timers
from saldo_work import Actor, ActorKind, Answer, Cause, Json, NotFound, system_actor

ACCOUNT = "00000000-0000-4000-8000-00000000000a"
CATALOGUE = YamlCatalogue.read()
TIMER_COMMANDS = {
    "charges": timers.on_billing_date,
    "start": timers.on_start,
    "suspension": timers.on_terms_date,
    "cancellation": timers.on_terms_date,
}
HANDLERS: Mapping[type, Any] = {
    OpenAccount: OpenAccountHandler(),
    UpdateProfile: UpdateProfileHandler(CATALOGUE),
    NotePaymentMethods: NotePaymentMethodsHandler(),
    ObserveBalance: ObserveBalanceHandler(CATALOGUE),
    EnforceTerms: EnforceTermsHandler(CATALOGUE),
    StartSubscription: StartSubscriptionHandler(CATALOGUE),
    BeginSubscription: BeginSubscriptionHandler(CATALOGUE),
    FinalizeCharges: FinalizeChargesHandler(CATALOGUE),
    OverrideSuspension: OverrideSuspensionHandler(CATALOGUE),
}
KEYS = ("line_id", "charges_id", "subscription_id", "override_id", "order_id", "account_id")
Entity = TypeVar("Entity")
EventT = TypeVar("EventT", bound=Event)


def key_of(entity: object) -> str:
    """The entity's own id: the first of `KEYS` by which its class is stored."""
    names = {"ChargeLine": "line_id", "Charges": "charges_id", "Subscription": "subscription_id", "Order": "order_id"}
    name = names.get(type(entity).__name__, "override_id" if hasattr(entity, "override_id") else "account_id")
    return str(getattr(entity, name))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A timer."""

    kind: str
    due_at: datetime
    payload: Mapping[str, Json]


class _Timers:
    def __init__(self) -> None:
        self.changes: dict[str, Waiting | None] = {}

    def schedule(
        self, kind: str, dedupe_key: str, *, due_at: datetime, payload: Mapping[str, Json], account_id: str
    ) -> None:
        self.changes[dedupe_key] = Waiting(kind, due_at, dict(payload))

    def cancel(self, dedupe_key: str) -> None:
        self.changes[dedupe_key] = None


class _Stage:
    """One command's `saldo_work.UnitOfWork` over the house."""

    def __init__(self, house: House, cause: Cause) -> None:
        self._house = house
        self.cause = cause
        self.now = cause.effective_at or house.now
        self.timers = _Timers()
        self.saved: dict[tuple[type, str], Any] = {}
        self.told: list[Event] = []
        self._out: dict[tuple[type, str], Any] = {}

    async def find(self, kind: type[Entity], key: str) -> Entity | None:
        place = (kind, key)
        if place in self.saved:
            return self.saved[place]  # type: ignore[no-any-return]
        if place not in self._out:
            held = self._house.rows.get(place)
            if held is None:
                return None
            self._out[place] = taken = copy.copy(held)
            if hasattr(taken, "events"):
                taken.events = []
        return self._out[place]  # type: ignore[no-any-return]

    async def get(self, kind: type[Entity], key: str) -> Entity:
        found = await self.find(kind, key)
        if found is None:
            raise NotFound(f"there is no {kind.__name__} {key}")
        return found

    async def group(self, kind: type[Entity], group: str, value: str) -> list[Entity]:
        assert (kind, group) == (Subscription, "live_of_account")
        keys = sorted({key for of, key in (*self._house.rows, *self.saved) if of is kind})
        members: list[Any] = [await self.find(kind, key) for key in keys]
        return [member for member in members if member.account_id == value and member.live]

    def save(self, entity: object) -> None:
        saved: Any = entity
        if hasattr(saved, "version"):
            saved.version += 1
        self.saved[(type(entity), key_of(entity))] = entity
        for event in getattr(saved, "events", []):
            self.told.extend(announcements.announce(entity, event))
        if hasattr(saved, "events"):
            saved.events = []

    def resume_trace(self, traceparent: str | None, tracestate: str | None, *, stored_at: datetime) -> None:
        """No fake writes a trace."""

    def remove(self, entity: object) -> None:
        raise AssertionError("subscriptions removes nothing")


@dataclass(slots=True)
class House:
    """What stands in the database, what was told, and which timers wait."""

    now: datetime
    rows: dict[tuple[type, str], Any] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)
    causes: int = 0

    def fork(self) -> House:
        """A copy that goes its own way."""
        rows = {place: copy.copy(entity) for place, entity in self.rows.items()}
        return House(self.now, rows, dict(self.waiting), list(self.told), self.causes)

    def run(self, command: object, *, actor: Actor | None = None, cause: Cause | None = None) -> Answer:
        """Run a command as the runner does: all of it counts, or on an error nothing."""
        self.causes += 1
        by = cause or Cause(cause_id=f"cause-{self.causes}", actor=actor or system_actor("test"))
        stage = _Stage(self, by)
        running = HANDLERS[type(command)].handle(command, stage)
        try:
            running.send(None)
        except StopIteration as ended:
            answer: Answer = ended.value
        else:
            raise AssertionError("a handler waits for nothing but its unit of work")
        self.rows.update(stage.saved)
        self.told.extend(stage.told)
        for key, change in stage.timers.changes.items():
            self.waiting.pop(key, None)
            if change is not None:
                self.waiting[key] = change
        return answer

    def next_due(self) -> datetime | None:
        """When the next timer wakes."""
        return min((timer.due_at for timer in self.waiting.values()), default=None)

    def run_due(self) -> None:
        """Run what is due by now, in the order of due times; what that sets and is due too."""
        while (due := self.next_due()) is not None and due <= self.now:
            key = min(key for key, timer in self.waiting.items() if timer.due_at == due)
            timer = self.waiting.pop(key)
            cause = Cause(cause_id=f"{key}@{due}", actor=system_actor("subscriptions"), effective_at=due)
            self.run(TIMER_COMMANDS[timer.kind](timer.payload), cause=cause)

    def move_to(self, day: date, *, hour: int = 0) -> None:
        """Let time pass to an hour of a UTC day, running every timer when it is due."""
        target = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        while (due := self.next_due()) is not None and due <= target:
            self.now = max(self.now, due)
            self.run_due()
        self.now = target

    def of(self, kind: type[EventT]) -> list[EventT]:
        """What was told, of one class."""
        return [event for event in self.told if isinstance(event, kind)]

    def entities(self, kind: type[Entity]) -> list[Entity]:
        """All rows of a class, by key."""
        return [entity for (of, _), entity in sorted(self.rows.items(), key=lambda row: row[0][1]) if of is kind]

    @property
    def standing(self) -> Standing:
        """The account's."""
        (standing,) = self.entities(Standing)
        return standing

    @property
    def lines(self) -> list[ChargeLine]:
        """Every finished line, oldest service first."""
        return sorted(self.entities(ChargeLine), key=lambda line: (line.service_starts_on, line.line_id))

    # -- what happens to an account ------------------------------------------------------------------------------

    def order(self, plan: str, *, quantity: int = 1, starts_on: date | None = None) -> Mapping[str, Json]:
        """A customer orders; the answer."""
        command = StartSubscription(account_id=ACCOUNT, plan_code=plan, quantity=quantity, starts_on=starts_on)
        return self.run(command, actor=CUSTOMER) or {}

    def balance(self, version: int, balance: int, *, oldest: date | None = None, overdue: int | None = None) -> None:
        """Invoicing tells a balance, in minor units; everything is overdue where an oldest due date is given."""
        self.run(
            ObserveBalance(
                account_id=ACCOUNT,
                ledger_version=version,
                currency="USD",
                balance_minor_units=balance,
                overdue_minor_units=(balance if overdue is None else overdue) if oldest else 0,
                oldest_overdue_due_on=oldest,
                oldest_overdue_invoice_id=INVOICE if oldest else None,
            )
        )

    def put_off(self, until: date) -> None:
        """An agent overrides."""
        command = OverrideSuspension(account_id=ACCOUNT, until=until, reason="wire announced")
        self.run(command, actor=AGENT)


INVOICE = "00000000-0000-4000-8000-0000000000f1"
CUSTOMER = Actor(kind=ActorKind.CUSTOMER, subject="c1", sellers=frozenset({"borealis"}), accounts=frozenset({ACCOUNT}))
AGENT = Actor(kind=ActorKind.AGENT, subject="a1", sellers=frozenset({"borealis"}), accounts=None)


def house(
    today: date = date(2026, 1, 10),
    *,
    zone: str = "UTC",
    seller: str = "borealis",
    currency: str = "USD",
    methods: int = 1,
    by_transfer: bool = False,
) -> House:
    """An account of a sample seller, opened today, with a usable method."""
    made = House(datetime(today.year, today.month, today.day, 9, tzinfo=UTC))
    profile = Profile(
        account_number="A-1",
        currency=currency,
        time_zone=zone,
        pays_by_transfer=by_transfer,
        closed=False,
        profile_version=1,
    )
    made.run(OpenAccount(account_id=ACCOUNT, seller_id=seller, profile=profile))
    made.run(NotePaymentMethods(account_id=ACCOUNT, qualifying=methods))
    return made
