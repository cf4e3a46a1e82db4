"""What the suspension table asks for beyond the state itself: timers, cancelled subscriptions, charges that resume."""

from __future__ import annotations

from datetime import date

from saldo_work import UnitOfWork

from saldo_subscriptions.application.charging import start
from saldo_subscriptions.application.customer import Customer
from saldo_subscriptions.domain.calendar import first_instant
from saldo_subscriptions.domain.suspension import Told

SUSPENSION_TIMER = "suspension"
CANCELLATION_TIMER = "cancellation"


def keep_terms(customer: Customer, work: UnitOfWork) -> None:
    """Do what is due by now: suspend, cancel what nobody paid; then set the timers of what is still to come.

    Whoever charges calls this first, so that a suspension and a billing date of the same day have one order:
    suspension first.
    """
    happened = customer.standing.reach(
        work.now, terms=customer.terms, zone=customer.zone, subscription_ids=customer.suspendable_ids
    )
    if happened:
        work.save(customer.standing)
    if Told.CANCELLED in happened:
        _cancel_subscriptions(customer, work)
    if happened or customer.standing.dated:
        set_timers(customer, work)


def set_timers(customer: Customer, work: UnitOfWork) -> None:
    """The timers follow the standing's dates; a date that has passed already counts from now, never from the past."""
    standing = customer.standing
    _set(SUSPENSION_TIMER, customer, work, on=standing.suspension_on)
    # A cancellation has to find the account suspended: its timer is set when that has happened.
    _set(CANCELLATION_TIMER, customer, work, on=standing.cancellation_on if standing.suspended else None)


def resume(customer: Customer, work: UnitOfWork) -> None:
    """Service is on again: charging resumes today, prorated by C-17; what was to start meanwhile starts today."""
    start(customer, customer.suspendable, work, on=customer.today(work))


def _set(kind: str, customer: Customer, work: UnitOfWork, *, on: date | None) -> None:
    key = f"{kind}/{customer.account_id}"
    if on is None:
        work.timers.cancel(key)
        return
    work.timers.schedule(
        kind,
        key,
        due_at=max(first_instant(on, customer.zone), work.now),
        payload={"account_id": customer.account_id},
        account_id=customer.account_id,
    )


def _cancel_subscriptions(customer: Customer, work: UnitOfWork) -> None:
    without_access_from = customer.standing.without_access_from
    if without_access_from is None:
        raise ValueError(f"account {customer.account_id} was cancelled without having been suspended")
    remaining = len(customer.live)
    for subscription in customer.suspendable:
        remaining -= 1
        subscription.cancel_for_non_payment(
            customer.today(work), without_access_from=without_access_from, live_after=remaining
        )
        work.save(subscription)
