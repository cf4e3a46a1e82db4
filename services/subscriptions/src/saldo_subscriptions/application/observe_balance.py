"""The balance changed: the suspension table reads the new snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from saldo_money import Money
from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.customer import customer_needs, load_customer
from saldo_subscriptions.application.late_payment import resume, set_timers
from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.standing import BalanceSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserveBalance:
    """One snapshot of invoicing's ledger, minor units of one currency."""

    account_id: str
    ledger_version: int
    currency: str
    balance_minor_units: int
    overdue_minor_units: int
    oldest_overdue_due_on: date | None
    oldest_overdue_invoice_id: str | None


class ObserveBalanceHandler:
    """Schedules, calls off or ends a suspension; an older snapshot is ignored."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def needs(self, command: ObserveBalance) -> Needs:
        return customer_needs(command.account_id)

    async def handle(self, command: ObserveBalance, work: UnitOfWork) -> Answer:
        """Raises NotYetKnown while the account's copy has not arrived."""
        customer = await load_customer(work, command.account_id, self._catalogue)
        was_suspended = customer.standing.suspended
        newer = customer.standing.observe(
            _snapshot(command),
            terms=customer.terms,
            zone=customer.zone,
            now=work.now,
            subscription_ids=customer.suspendable_ids,
        )
        if not newer:
            return None
        work.save(customer.standing)
        set_timers(customer, work)
        if was_suspended and not customer.standing.suspended:
            resume(customer, work)
        return None


def _snapshot(command: ObserveBalance) -> BalanceSnapshot:
    return BalanceSnapshot(
        ledger_version=command.ledger_version,
        balance=Money(command.balance_minor_units, command.currency),
        overdue=Money(command.overdue_minor_units, command.currency),
        oldest_overdue_due_on=command.oldest_overdue_due_on,
        oldest_overdue_invoice_id=command.oldest_overdue_invoice_id,
    )
