"""An account's profile was saved in invoicing: renew the copy."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.customer import (
    Customer,
    customer_needs,
    load_customer,
    schedule_charges,
    schedule_start,
)
from saldo_subscriptions.application.late_payment import set_timers
from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.account import Profile
from saldo_subscriptions.domain.subscription import SubscriptionStatus


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
            _move_days_ahead(customer, work)
        return None


def _move_days_ahead(customer: Customer, work: UnitOfWork) -> None:
    """Days that have begun in the new zone already keep their old timers, which are due within hours."""
    today = customer.today(work)
    ahead = [subscription for subscription in customer.live if subscription.charged_until > today]
    for subscription in ahead:
        if subscription.status is SubscriptionStatus.SCHEDULED:
            schedule_start(customer, subscription, work)
    schedule_charges(
        customer, [subscription for subscription in ahead if subscription.status is SubscriptionStatus.ACTIVE], work
    )
