"""What starting, running on and coming back have in common: finished charges, and the timer of the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from saldo_work import UnitOfWork

from saldo_subscriptions.application.customer import Customer, schedule_charges
from saldo_subscriptions.domain.charges import finalize, start_trigger
from saldo_subscriptions.domain.subscription import Subscription, SubscriptionStatus


def charge(
    customer: Customer, subscriptions: Sequence[Subscription], work: UnitOfWork, *, billing_on: date, trigger: str
) -> None:
    """Finalise what these owe from the day on, in one document, and set the timers of what follows."""
    finished = finalize(
        customer.account_id,
        customer.account.seller_id,
        billing_on=billing_on,
        trigger=trigger,
        subscriptions=subscriptions,
    )
    for subscription in subscriptions:
        work.save(subscription)
    if finished is not None:
        charges, lines = finished
        work.save(charges)
        for line in lines:
            work.save(line)
    schedule_charges(customer, subscriptions, work)


def start(customer: Customer, subscriptions: Sequence[Subscription], work: UnitOfWork, *, on: date) -> None:
    """Let subscriptions run from a day on and charge them: new ones their first period, others what C-17 leaves.

    Those that are charged beyond that day already just run on. A repeat finds nothing to start.
    """
    starting = [subscription for subscription in subscriptions if subscription.charged_until <= on]
    if not starting:
        return
    for subscription in starting:
        if subscription.status is SubscriptionStatus.SCHEDULED:
            subscription.begin(on, live_after=len(customer.live))
    charge(customer, starting, work, billing_on=on, trigger=start_trigger(starting[0].subscription_id))
