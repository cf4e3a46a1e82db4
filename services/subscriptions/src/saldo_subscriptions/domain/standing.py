"""How an account stands with what it owes, and what that does to its service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from saldo_money import Money

from saldo_subscriptions.domain.calendar import first_whole_day, local_day
from saldo_subscriptions.domain.catalogue import DunningTerms
from saldo_subscriptions.domain.errors import NothingToOverride, OverrideOutOfRange
from saldo_subscriptions.domain.events import BackBecause, ServiceWasReactivated, ServiceWasSuspended
from saldo_subscriptions.domain.suspension import Move, ServiceState, Told, Trigger, move_of

OVERRIDE_DAYS_MAX: Final = 90  # one quarter: longer promises are made anew, and logged anew
LIMITED_BY_DATES: Final = (ServiceState.SUSPENSION_SCHEDULED, ServiceState.SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSnapshot:
    """What invoicing's ledger said of the account at one version."""

    ledger_version: int
    balance: Money
    overdue: Money
    oldest_overdue_due_on: date | None
    oldest_overdue_invoice_id: str | None

    @property
    def trigger(self) -> Trigger:
        """How the suspension table reads it. More credit than debt counts as cleared."""
        if not self.balance.is_positive:
            return Trigger.CLEARED
        return Trigger.OVERDUE if self.oldest_overdue_due_on is not None else Trigger.NOT_OVERDUE


@dataclass(slots=True, kw_only=True)
class Standing:
    """One state row per account, moved by `SUSPENSION_TABLE` alone.

        ACTIVE <-> SUSPENSION_SCHEDULED -> SUSPENDED -> CANCELLED_NON_PAYMENT
           ^________________________________|  balance 0.00      |
           ^_____________________________________________________|  a new order

    `suspension_on` and `cancellation_on` are the local days on which late payment suspends and cancels, as long as
    something is overdue; they follow the oldest overdue invoice. `without_access_from` is the first whole local day
    without service. `put_off_until` is the day an agent's override names (C-24).
    """

    account_id: str
    seller_id: str
    state: ServiceState
    since: datetime
    balance: Money
    overdue: Money
    ledger_version: int = 0
    oldest_overdue_due_on: date | None = None
    oldest_overdue_invoice_id: str | None = None
    suspension_on: date | None = None
    cancellation_on: date | None = None
    suspended_since: datetime | None = None
    without_access_from: date | None = None
    put_off_until: date | None = None
    version: int = 0
    events: list[object] = field(default_factory=list)

    @classmethod
    def opened(cls, account_id: str, seller_id: str, *, currency: str, now: datetime) -> Standing:
        """A new account owes nothing."""
        nothing = Money.zero(currency)
        return cls(
            account_id=account_id,
            seller_id=seller_id,
            state=ServiceState.ACTIVE,
            since=now,
            balance=nothing,
            overdue=nothing,
        )

    @property
    def suspended(self) -> bool:
        """Whether paid service is switched off and may come back."""
        return self.state is ServiceState.SUSPENDED

    @property
    def dated(self) -> bool:
        """Whether a date of the seller's terms is ahead."""
        return self.suspension_on is not None or self.cancellation_on is not None

    @property
    def owes(self) -> bool:
        """Whether anything is unpaid, due or not."""
        return self.balance.is_positive

    @property
    def is_overdue(self) -> bool:
        """Whether any invoice is overdue (C-23)."""
        return self.owes and self.oldest_overdue_due_on is not None

    def observe(
        self,
        snapshot: BalanceSnapshot,
        *,
        terms: DunningTerms,
        zone: str,
        now: datetime,
        subscription_ids: tuple[str, ...],
    ) -> bool:
        """Take over a newer balance; False, and nothing changed, when it is not newer.

        `subscription_ids` are those that late payment reaches; they are told when they come back.
        """
        if snapshot.ledger_version <= self.ledger_version:
            return False
        self.ledger_version = snapshot.ledger_version
        self.balance = snapshot.balance
        self.overdue = snapshot.overdue
        self.oldest_overdue_due_on = snapshot.oldest_overdue_due_on
        self.oldest_overdue_invoice_id = snapshot.oldest_overdue_invoice_id
        self._go(move_of(self.state, snapshot.trigger), now=now, subscription_ids=subscription_ids)
        self._date(terms, zone)
        return True

    def reach(
        self, now: datetime, *, terms: DunningTerms, zone: str, subscription_ids: tuple[str, ...]
    ) -> tuple[Told, ...]:
        """Do what the calendar asks of an account that still owes; says what happened, in order.

        Suspension comes before cancellation. A repeat, or a timer that woke for a date that moved, does nothing.
        """
        day = local_day(now, zone)
        happened = []
        if self.state is ServiceState.SUSPENSION_SCHEDULED and _came(self.suspension_on, day):
            move = move_of(self.state, Trigger.SUSPENSION_DATE)
            self.without_access_from = first_whole_day(now, zone)
            self.suspended_since = now
            self._go(move, now=now, subscription_ids=subscription_ids, announce=False)
            self._date(terms, zone)
            self._tell_suspended(subscription_ids, now)
            happened.append(Told.SUSPENDED)
        if self.state is ServiceState.SUSPENDED and _came(self.cancellation_on, day):
            self._go(move_of(self.state, Trigger.CANCELLATION_DATE), now=now, subscription_ids=subscription_ids)
            self._date(terms, zone)
            happened.append(Told.CANCELLED)
        return tuple(happened)

    def put_off(
        self, until: date, *, terms: DunningTerms, zone: str, now: datetime, subscription_ids: tuple[str, ...]
    ) -> None:
        """An agent's override: service runs until that day, whatever is overdue (C-24). A later one replaces it.

        Raises NothingToOverride, and OverrideOutOfRange for a day that is not later than today or too far away.
        """
        if self.state not in LIMITED_BY_DATES:
            raise NothingToOverride(self.state)
        today = local_day(now, zone)
        earliest, latest = today + timedelta(days=1), today + timedelta(days=OVERRIDE_DAYS_MAX)
        if not earliest <= until <= latest:
            raise OverrideOutOfRange(until, earliest=earliest, latest=latest)
        self.put_off_until = until
        self._go(
            move_of(self.state, Trigger.OVERRIDE),
            now=now,
            subscription_ids=subscription_ids,
            because=BackBecause.OVERRIDE,
        )
        if self.oldest_overdue_due_on is None:  # nothing is overdue any more: nothing is left to be put off
            self._go(move_of(self.state, Trigger.NOT_OVERDUE), now=now, subscription_ids=())
        self._date(terms, zone)

    def order_accepted(self, now: datetime) -> None:
        """A new order stands: an account on the free level is a paying one again."""
        self._go(move_of(self.state, Trigger.ORDER), now=now, subscription_ids=())

    def _go(
        self,
        move: Move,
        *,
        now: datetime,
        subscription_ids: tuple[str, ...],
        announce: bool = True,
        because: BackBecause = BackBecause.BALANCE_CLEARED,
    ) -> None:
        if announce and move.tells is Told.REACTIVATED and self.suspended_since is not None:
            self.events.append(
                ServiceWasReactivated(
                    because=because,
                    subscription_ids=subscription_ids,
                    suspended_since=self.suspended_since,
                    reactivated_at=now,
                )
            )
        if move.to is self.state:
            return
        self.state = move.to
        self.since = now
        if move.to in (ServiceState.ACTIVE, ServiceState.SUSPENSION_SCHEDULED):
            self.suspended_since = None
            self.without_access_from = None
        if move.to is ServiceState.ACTIVE:
            self.put_off_until = None

    def _date(self, terms: DunningTerms, zone: str) -> None:
        """Both dates from the oldest overdue invoice, the override and the day the suspension really began.

        Whoever is suspended late (an outage of ours, a reopened old invoice) still has the days between the two.
        """
        self.suspension_on = self.cancellation_on = None
        oldest = self.oldest_overdue_due_on
        if self.state not in LIMITED_BY_DATES or oldest is None:
            return
        suspends_on = max(oldest + timedelta(days=terms.suspension_days), self.put_off_until or date.min)
        began_on = suspends_on
        if self.suspended_since is not None:
            began_on = local_day(self.suspended_since, zone)
        else:
            self.suspension_on = suspends_on
        between = timedelta(days=terms.cancellation_days - terms.suspension_days)
        self.cancellation_on = max(oldest + timedelta(days=terms.cancellation_days), began_on + between)

    def _tell_suspended(self, subscription_ids: tuple[str, ...], now: datetime) -> None:
        self.events.append(
            ServiceWasSuspended(
                subscription_ids=subscription_ids,
                overdue=self.overdue,
                oldest_overdue_due_on=self.oldest_overdue_due_on,
                since=now,
                cancels_on=self.cancellation_on,
            )
        )


def _came(date_set: date | None, day: date) -> bool:
    return date_set is not None and date_set <= day
