"""The day came on which an ordered subscription begins."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.charging import start
from saldo_subscriptions.application.customer import customer_needs, load_customer
from saldo_subscriptions.application.late_payment import keep_terms
from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.subscription import SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSubscription:
    """Woken by the timer `start`."""

    account_id: str
    subscription_id: str


class BeginSubscriptionHandler:
    """Activates and charges it; while service is suspended it waits and begins on the day service comes back."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def needs(self, command: BeginSubscription) -> Needs:
        return customer_needs(command.account_id)

    async def handle(self, command: BeginSubscription, work: UnitOfWork) -> Answer:
        customer = await load_customer(work, command.account_id, self._catalogue)
        keep_terms(customer, work)
        for subscription in customer.live:
            if (
                subscription.subscription_id == command.subscription_id
                and subscription.status is SubscriptionStatus.SCHEDULED
                and not customer.switched_off(subscription)
            ):
                start(customer, [subscription], work, on=subscription.anchor_on)
        return None
