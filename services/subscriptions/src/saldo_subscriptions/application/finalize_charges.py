"""A billing date came: finish the charges of the periods that begin on it, in advance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.charging import charge
from saldo_subscriptions.application.customer import customer_needs, load_customer
from saldo_subscriptions.application.late_payment import keep_terms
from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.charges import RUN
from saldo_subscriptions.domain.subscription import SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalizeCharges:
    """Woken by the timer `charges`, once per account and billing date; several dates catch up one by one."""

    account_id: str
    billing_on: date


class FinalizeChargesHandler:
    """Charges every running subscription whose next period begins on that day; a repeat finds none.

    What late payment has switched off is passed over: charging resumes with the service.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def needs(self, command: FinalizeCharges) -> Needs:
        return customer_needs(command.account_id)

    async def handle(self, command: FinalizeCharges, work: UnitOfWork) -> Answer:
        customer = await load_customer(work, command.account_id, self._catalogue)
        keep_terms(customer, work)
        due = [
            subscription
            for subscription in customer.live
            if subscription.status is SubscriptionStatus.ACTIVE
            and subscription.next_billing_on == command.billing_on
            and not customer.switched_off(subscription)
        ]
        if due:
            charge(customer, due, work, billing_on=command.billing_on, trigger=RUN)
        return None
