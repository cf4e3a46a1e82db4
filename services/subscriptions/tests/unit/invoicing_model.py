"""A small model of invoicing's side of dunning: what is owed, what is overdue, and the snapshots it tells in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from saldo_contracts import events as told
from saldo_contracts.event import Event


@dataclass(slots=True)
class Bill:
    """One invoice: due on the day it is issued (terms of 0 days), overdue from the next day on."""

    charges_id: str
    due_on: date
    open: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A BalanceChanged that was told, perhaps not heard yet."""

    version: int
    balance: int
    overdue: int
    oldest: date | None


@dataclass(slots=True)
class InvoicingModel:
    """Bills oldest first, credit that no bill needed, and what the other side has not heard yet."""

    bills: list[Bill] = field(default_factory=list)
    credit: int = 0
    today: date = date.min
    version: int = 0
    heard: int = 0
    unheard: list[Snapshot] = field(default_factory=list)
    told: Snapshot = Snapshot(0, 0, 0, None)
    delivered: tuple[Snapshot, ...] = ()

    def fork(self) -> InvoicingModel:
        """A copy that goes its own way."""
        bills = [Bill(bill.charges_id, bill.due_on, bill.open) for bill in self.bills]
        return InvoicingModel(
            bills, self.credit, self.today, self.version, self.heard, list(self.unheard), self.told, self.delivered
        )

    @property
    def owed(self) -> int:
        """Open on all bills."""
        return sum(bill.open for bill in self.bills)

    @property
    def oldest_overdue(self) -> date | None:
        """The due date of the oldest bill that is overdue today."""
        return min((bill.due_on for bill in self.bills if bill.open and bill.due_on < self.today), default=None)

    def hear(self, events: list[Event]) -> None:
        """Take in what subscriptions told since: charges become bills, credits of a downgrade reduce their own."""
        for event in events[self.heard :]:
            if isinstance(event, told.ChargesFinalized):
                total = sum(line.amount.minor_units for line in event.lines)
                self.bills.append(Bill(event.charges_id, event.billing_date, total))
                self._spend_credit()
                self._tell()
            elif isinstance(event, told.SubscriptionDowngraded):
                for credit in event.credits:
                    self._credit(credit.charges_id, credit.net_amount.minor_units)
        self.heard = len(events)

    def day(self, today: date) -> None:
        """The calendar moved; a bill may have become overdue."""
        self.today = today
        if self._snapshot(self.version) != self.told:
            self._tell()

    def pay(self, amount: int) -> None:
        """A payment goes to the oldest bills; what is left becomes credit."""
        self.credit += amount
        self._spend_credit()
        self._tell()

    def deliver(self) -> Snapshot:
        """The next snapshot leaves; the last two stay at hand, to come again."""
        snapshot = self.unheard.pop(0)
        self.delivered = (*self.delivered[-1:], snapshot)
        return snapshot

    def _credit(self, charges_id: str, amount: int) -> None:
        for bill in self.bills:
            if bill.charges_id == charges_id:
                used = min(bill.open, amount)
                bill.open -= used
                amount -= used
        self.credit += amount
        self._spend_credit()
        self._tell()

    def _spend_credit(self) -> None:
        for bill in self.bills:
            used = min(bill.open, self.credit)
            bill.open -= used
            self.credit -= used

    def _snapshot(self, version: int) -> Snapshot:
        overdue = sum(bill.open for bill in self.bills if bill.due_on < self.today)
        return Snapshot(version, self.owed - self.credit, overdue, self.oldest_overdue)

    def _tell(self) -> None:
        self.version += 1
        self.told = self._snapshot(self.version)
        self.unheard.append(self.told)
