"""Both sides of dunning in one small world: every step that can happen to it, and what must hold after each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from saldo_contracts import events as told
from saldo_contracts.event import Event
from saldo_subscriptions.domain.errors import NothingToOverride, OverrideOutOfRange
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import Subscription
from saldo_subscriptions.domain.suspension import ServiceState

from services.subscriptions.tests.house import House, house
from services.subscriptions.tests.unit.invoicing_model import InvoicingModel, Snapshot

EARLIER = date(2026, 5, 20)  # so that the protected plan is billed while the other is suspended
FIRST_DAY = date(2026, 6, 1)
PROMISED_DAYS = 23  # of an override: on the day of the suspension it reaches the next billing date
SUSPENSION_DAYS = 7


@dataclass(slots=True)
class DunningWorld:
    """One account with a suspendable and a protected plan; messages wait until somebody delivers them."""

    house: House
    books: InvoicingModel
    edges: set[tuple[ServiceState, ServiceState]] = field(default_factory=set)

    @classmethod
    def begin(cls) -> DunningWorld:
        """The protected plan was ordered and paid in May, the other is ordered on 1 June."""
        account = house(EARLIER)
        world = cls(account, InvoicingModel(today=EARLIER))
        account.order("vault-monthly")
        world.books.hear(account.told)
        world.books.pay(world.books.owed)
        world.settle()
        account.move_to(FIRST_DAY)
        account.order("connect-monthly")
        world.books.day(FIRST_DAY)
        world.books.hear(account.told)
        return world

    def fork(self) -> DunningWorld:
        """A copy that goes its own way; edges are gathered for all."""
        return DunningWorld(self.house.fork(), self.books.fork(), self.edges)

    # -- what can happen -----------------------------------------------------------------------------------------

    def steps(self) -> Mapping[str, Callable[[], None]]:
        """Everything that can happen now. A failed payment tells nothing here: it is the step not taken."""
        steps: dict[str, Callable[[], None]] = {
            "clock": self.clock,
            "pay all": lambda: self.books.pay(max(self.books.owed, 1)),
            "pay a cent": lambda: self.books.pay(1),
            "pay the oldest": self.pay_oldest,
            "order": lambda: self._seen(lambda: self.house.order("support-monthly")),
            "override": self.override,
        }
        if self.books.delivered:
            steps["old news"] = lambda: self._observe(self.books.delivered[0])
        if self.books.unheard:
            steps["deliver"] = self.deliver
        return steps

    def pay_oldest(self) -> None:
        """Exactly what the oldest bill has open."""
        self.books.pay(next((bill.open for bill in self.books.bills if bill.open), 1))

    def deliver(self) -> None:
        """The next snapshot arrives; what it causes is invoiced."""
        self._observe(self.books.deliver())

    def override(self) -> None:
        """An agent puts it off, where there is something to put off."""
        try:
            self._seen(lambda: self.house.put_off(self.house.now.date() + timedelta(days=PROMISED_DAYS)))
        except (NothingToOverride, OverrideOutOfRange):
            return

    def clock(self) -> None:
        """Time goes on to the next moment at which anything happens, messages delivered or not."""
        tomorrow = datetime.combine(self.house.now.date() + timedelta(days=1), time.min, UTC)
        overdue = [b.due_on + timedelta(days=1) for b in self.books.bills if b.open and b.due_on >= self.books.today]
        moments = [datetime.combine(day, time.min, UTC) for day in overdue]
        moments += [due for due in (self.house.next_due(),) if due is not None]
        self.house.now = max(self.house.now, min(moments, default=tomorrow))
        self.books.day(self.house.now.date())
        self._seen(self.house.run_due)

    def settle(self) -> None:
        """Deliver and run everything that waits, without letting time pass."""
        self.books.day(self.house.now.date())
        self._seen(self.house.run_due)
        while self.books.unheard:
            self.deliver()
            self._seen(self.house.run_due)

    def _observe(self, snapshot: Snapshot) -> None:
        self._seen(
            lambda: self.house.balance(
                snapshot.version, snapshot.balance, oldest=snapshot.oldest, overdue=snapshot.overdue
            )
        )

    def _seen(self, step: Callable[[], object]) -> None:
        before = len(self.house.told)
        standing = self.house.standing
        left, suspends_on = standing.state, standing.suspension_on
        step()
        self._gather(left, before)
        if suspends_on is not None:
            self._not_billed_from(suspends_on, self.house.told[before:])
        self.books.hear(self.house.told)

    def _gather(self, left: ServiceState, before: int) -> None:
        """The ways that were taken, also two in one step (a suspension and a cancellation that are both due)."""
        news = self.house.told[before:]
        path = [left]
        if any(isinstance(event, told.ServiceSuspended) for event in news):
            path.append(ServiceState.SUSPENDED)
        path.append(self.house.standing.state)
        for event in news:
            if isinstance(event, told.ServiceReactivated) and event.reason is told.ReactivationReason.BALANCE_CLEARED:
                assert not self.house.standing.owes, "partial payment re-enabled the service"
        self.edges.update(pair for pair in pairwise(path) if pair[0] is not pair[1])

    def _not_billed_from(self, suspends_on: date, news: list[Event]) -> None:
        """A suspension that was known comes before the billing dates from its day on, whichever timer woke first."""
        if any(isinstance(event, told.ServiceSuspended) for event in news):
            for event in news:
                if isinstance(event, told.ChargesFinalized) and event.billing_date >= suspends_on:
                    assert {line.subscription_id for line in event.lines} <= self._protected(), "billed, then suspended"

    # -- what must hold ------------------------------------------------------------------------------------------

    def check_always(self) -> None:
        """Holds at every moment, whatever is still under way."""
        switches = [e for e in self.house.told if isinstance(e, told.ServiceSuspended | told.ServiceReactivated)]
        for earlier, later in pairwise(switches):
            if isinstance(earlier, told.ServiceSuspended) and isinstance(later, told.ServiceSuspended):
                # Twice suspended without a reactivation: a cancellation and a new order lie between.
                assert self._ordered_between(earlier, later)
            assert not (isinstance(earlier, told.ServiceReactivated) and isinstance(later, told.ServiceReactivated))
        assert not switches or isinstance(switches[0], told.ServiceSuspended)
        self._no_period_twice()
        self._nothing_charged_while_suspended()

    def _ordered_between(self, earlier: told.ServiceSuspended, later: told.ServiceSuspended) -> bool:
        place = {id(event): position for position, event in enumerate(self.house.told)}
        between = self.house.told[place[id(earlier)] : place[id(later)]]
        return any(isinstance(event, told.SubscriptionDowngraded) for event in between) and any(
            isinstance(event, told.OrderPlaced) for event in between
        )

    def _no_period_twice(self) -> None:
        days: set[tuple[str, date]] = set()
        for line in self.house.lines:
            for offset in range(line.service.days):
                day = (line.subscription_id, line.service_starts_on + timedelta(days=offset))
                assert day not in days, f"{day} is charged twice"
                days.add(day)

    def _nothing_charged_while_suspended(self) -> None:
        protected = self._protected()
        off = False
        for event in self.house.told:
            if isinstance(event, told.ServiceSuspended):
                off = True
            elif isinstance(event, told.ServiceReactivated | told.OrderPlaced):
                off = False
            elif isinstance(event, told.ChargesFinalized):
                charged = {line.subscription_id for line in event.lines} - protected
                assert not (charged and off), "charged while suspended"

    def _protected(self) -> set[str]:
        return {s.subscription_id for s in self.house.entities(Subscription) if s.prepaid_protected}

    def check_at_rest(self) -> None:
        """Holds once everything that waits was delivered and ran (asked of a copy)."""
        rest = self.fork()
        rest.settle()
        rest.check_always()
        standing, owes = rest.house.standing, rest.books.owed - rest.books.credit
        assert standing.balance.minor_units == owes
        assert standing.oldest_overdue_due_on == rest.books.oldest_overdue
        assert standing.state is not ServiceState.SUSPENDED or owes > 0, "suspended without debt"
        rest._no_one_past_the_date(standing)
        rest._timers_follow(standing)

    def _no_one_past_the_date(self, standing: Standing) -> None:
        today, oldest = self.house.now.date(), self.books.oldest_overdue
        if standing.state in (ServiceState.SUSPENDED, ServiceState.CANCELLED_NON_PAYMENT) or oldest is None:
            return
        if self.books.owed <= self.books.credit:
            return
        assert standing.state is ServiceState.SUSPENSION_SCHEDULED
        promised = standing.put_off_until or date.min
        assert today < max(oldest + timedelta(days=SUSPENSION_DAYS), promised), "runs past its suspension date"

    def _timers_follow(self, standing: Standing) -> None:
        kinds = {timer.kind for timer in self.house.waiting.values()}
        assert ("suspension" in kinds) == (standing.state is ServiceState.SUSPENSION_SCHEDULED)
        dated = standing.suspended and standing.cancellation_on is not None
        assert ("cancellation" in kinds) == dated
        for subscription in self.house.entities(Subscription):
            if subscription.live and not (standing.suspended and subscription.suspendable):
                assert f"charges/{subscription.account_id}/{subscription.charged_until}" in self.house.waiting

    def fingerprint(self) -> Hashable:
        """Two worlds with the same one have the same future, as far as the small world goes."""
        now, standing = self.house.now, self.house.standing
        return (
            now,
            standing.state,
            standing.suspension_on,
            standing.cancellation_on,
            standing.put_off_until,
            standing.without_access_from,
            standing.ledger_version == self.books.version,
            tuple((s.status, s.charged_until) for s in self.house.entities(Subscription)),
            tuple((b.due_on, b.open) for b in self.books.bills if b.open),
            self.books.credit,
            tuple((s.balance, s.overdue, s.oldest) for s in self.books.unheard),
            tuple(sorted((key, timer.due_at) for key, timer in self.house.waiting.items())),
        )
