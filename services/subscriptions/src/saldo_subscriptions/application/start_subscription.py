"""Somebody orders a plan: it is checked, recorded, and started or refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.charging import start
from saldo_subscriptions.application.customer import Customer, customer_needs, load_customer, schedule_start
from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.catalogue import Plan
from saldo_subscriptions.domain.errors import StartOutOfRange
from saldo_subscriptions.domain.order import Order, OrderStatus, Rejection, why_refused
from saldo_subscriptions.domain.subscription import Subscription

ORDER_NAMESPACE: Final = UUID("5a1d0b11-0000-5000-8000-000000000033")  # ours, fixed for ever
START_DAYS_AHEAD_MAX: Final = 366  # one year: prices of later days are not known


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSubscription:
    """`starts_on` None means today in the account's zone; `quantity` is 1 or more."""

    account_id: str
    plan_code: str
    quantity: int
    starts_on: date | None


class StartSubscriptionHandler:
    """Every order is recorded, also a refused one: the refusal is an outcome that is told, not an error.

    The answer's member `status` says `placed` or `rejected`; a rejected one has `rejection` with its facts.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def needs(self, command: StartSubscription) -> Needs:
        return customer_needs(command.account_id)

    async def handle(self, command: StartSubscription, work: UnitOfWork) -> Answer:
        """Raises NotYetKnown, NotFound and StartOutOfRange."""
        customer = await load_customer(work, command.account_id, self._catalogue)
        starts_on = _start_day(command.starts_on, customer.today(work))
        order = _order(command, customer, work, starts_on=starts_on)
        plan = self._catalogue.plan(command.plan_code)
        rejection = why_refused(plan, customer.account, customer.standing, live=len(customer.live))
        if plan is None or rejection is not None:
            return _refuse(order, rejection or Rejection.UNKNOWN_PLAN, customer, work)
        return _place(order, plan, customer, work)


def _start_day(asked: date | None, today: date) -> date:
    latest = today + timedelta(days=START_DAYS_AHEAD_MAX)
    if asked is not None and not today <= asked <= latest:
        raise StartOutOfRange(asked, earliest=today, latest=latest)
    return asked or today


def _order(command: StartSubscription, customer: Customer, work: UnitOfWork, *, starts_on: date) -> Order:
    return Order(
        # Derived from the cause, so that a repeat of the same request is the same order.
        order_id=str(uuid5(ORDER_NAMESPACE, f"order/{work.cause.cause_id}")),
        account_id=command.account_id,
        seller_id=customer.account.seller_id,
        plan_code=command.plan_code,
        product_code=None,
        quantity=command.quantity,
        starts_on=starts_on,
        status=OrderStatus.REJECTED,
        rejection=None,
        overdue_invoice_id=None,
        subscription_id=None,
        unit_price=None,
        cadence=None,
        decided_at=work.now,
        asked_by=str(work.cause.actor),
    )


def _refuse(order: Order, rejection: Rejection, customer: Customer, work: UnitOfWork) -> Answer:
    standing = customer.standing
    about_debt = rejection in (Rejection.OVERDUE, Rejection.UNPAID_INVOICES)
    order.reject(rejection, overdue_invoice_id=standing.oldest_overdue_invoice_id if about_debt else None)
    work.save(order)
    return {
        "status": order.status.value,
        "order_id": order.order_id,
        "rejection": rejection.value,
        "balance_minor_units": standing.balance.minor_units if about_debt else None,
        "currency": standing.balance.currency.code if about_debt else None,
        "oldest_overdue_invoice_id": order.overdue_invoice_id,
        "_version": f"subscriptions/order/{order.version}",
    }


def _place(order: Order, plan: Plan, customer: Customer, work: UnitOfWork) -> Answer:
    price = plan.prices[customer.account.currency]
    subscription = Subscription.ordered(
        str(uuid5(ORDER_NAMESPACE, f"subscription/{order.order_id}")),
        plan,
        order_id=order.order_id,
        account_id=customer.account_id,
        quantity=order.quantity,
        price=price,
        on=order.starts_on,
    )
    order.place(plan, price=price, subscription_id=subscription.subscription_id)
    work.save(order)
    state = customer.standing.state
    customer.standing.order_accepted(work.now)
    if customer.standing.state is not state:
        work.save(customer.standing)
    customer.subscriptions.append(subscription)
    if order.starts_on <= customer.today(work):
        start(customer, [subscription], work, on=order.starts_on)
    else:
        work.save(subscription)
        schedule_start(customer, subscription, work)
    return {
        "status": order.status.value,
        "order_id": order.order_id,
        "subscription_id": subscription.subscription_id,
        "subscription_status": subscription.status.value,
        "starts_on": subscription.anchor_on.isoformat(),
        "_version": f"subscriptions/subscription/{subscription.version}",
    }
