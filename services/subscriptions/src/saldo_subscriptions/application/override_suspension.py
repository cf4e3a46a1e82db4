"""An agent lets service run although invoices are overdue, until a day, with a reason (C-24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.customer import customer_needs, load_customer
from saldo_subscriptions.application.late_payment import resume, set_timers
from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.override import Override

OVERRIDE_NAMESPACE = UUID("5a1d0b11-0000-5000-8000-000000000032")  # ours, fixed for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideSuspension:
    """`until` is the local day on which late payment counts again; the reason is kept with who gave it."""

    account_id: str
    until: date
    reason: str


class OverrideSuspensionHandler:
    """Puts the suspension off, brings suspended service back at once, and logs both."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def needs(self, command: OverrideSuspension) -> Needs:
        return customer_needs(command.account_id)

    async def handle(self, command: OverrideSuspension, work: UnitOfWork) -> Answer:
        """Raises NotYetKnown, NotFound, NothingToOverride and OverrideOutOfRange."""
        customer = await load_customer(work, command.account_id, self._catalogue)
        standing = customer.standing
        was_suspended = standing.suspended
        standing.put_off(
            command.until,
            terms=customer.terms,
            zone=customer.zone,
            now=work.now,
            subscription_ids=customer.suspendable_ids,
        )
        work.save(standing)
        override = _logged(command, work, was_suspended=was_suspended)
        work.save(override)
        set_timers(customer, work)
        if was_suspended:
            resume(customer, work)
        return {
            "override_id": override.override_id,
            "state": standing.state.value,
            "until": command.until.isoformat(),
            "_version": f"subscriptions/service-state/{standing.version}",
        }


def _logged(command: OverrideSuspension, work: UnitOfWork, *, was_suspended: bool) -> Override:
    return Override(
        override_id=str(uuid5(OVERRIDE_NAMESPACE, work.cause.cause_id)),
        account_id=command.account_id,
        until_on=command.until,
        reason=command.reason,
        was_suspended=was_suspended,
        made_by=str(work.cause.actor),
        made_at=work.now,
    )
