"""An account's profile was saved in invoicing: renew the copy."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.customer import customer_needs, load_customer, schedule_charges
from saldo_subscriptions.application.late_payment import set_timers
from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.account import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProfile:
    """A whole snapshot; an older one is ignored."""

    account_id: str
    profile: Profile


class UpdateProfileHandler:
    """Renews the copy; where the zone is another, the days ahead begin at other moments."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def needs(self, command: UpdateProfile) -> Needs:
        return customer_needs(command.account_id)

    async def handle(self, command: UpdateProfile, work: UnitOfWork) -> Answer:
        """Raises NotYetKnown while the account's copy has not arrived."""
        customer = await load_customer(work, command.account_id, self._catalogue)
        zone = customer.zone
        if not customer.account.take_over(command.profile):
            return None
        work.save(customer.account)
        if customer.zone != zone:
            set_timers(customer, work)
            schedule_charges(customer, [s for s in customer.live if s.charged_until > customer.today(work)], work)
        return None
