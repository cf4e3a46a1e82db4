"""An order: what somebody wanted to buy, and whether it was accepted or why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from saldo_money import Money

from saldo_subscriptions.domain.account import Account
from saldo_subscriptions.domain.catalogue import Plan
from saldo_subscriptions.domain.charges import SUBSCRIPTIONS_MAX
from saldo_subscriptions.domain.events import OrderWasPlaced, OrderWasRejected
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.suspension import ServiceState


class OrderStatus(StrEnum):
    """Decided when it is placed, and final."""

    PLACED = "placed"
    REJECTED = "rejected"


class Rejection(StrEnum):
    """Why an order was refused."""

    UNKNOWN_PLAN = "unknown_plan"
    PLAN_OF_ANOTHER_SELLER = "plan_of_another_seller"
    CURRENCY_NOT_PRICED = "currency_not_priced"
    ACCOUNT_CLOSED = "account_closed"
    UNPAID_INVOICES = "unpaid_invoices"
    OVERDUE = "overdue"
    NO_PAYMENT_METHOD = "no_payment_method"
    TOO_MANY_SUBSCRIPTIONS = "too_many_subscriptions"


@dataclass(slots=True, kw_only=True)
class Order:
    """PLACED or REJECTED from the beginning; a refused order is kept, so that anybody can be told why.

    `unit_price` stands only where it was placed; `overdue_invoice_id` where an overdue invoice is the reason.
    """

    order_id: str
    account_id: str
    seller_id: str
    plan_code: str
    product_code: str | None
    quantity: int
    starts_on: date
    status: OrderStatus
    rejection: Rejection | None
    overdue_invoice_id: str | None
    subscription_id: str | None
    unit_price: Money | None
    cadence: str | None
    decided_at: datetime
    asked_by: str
    version: int = 0
    events: list[object] = field(default_factory=list)

    @property
    def amount(self) -> Money | None:
        """Of one period, net of tax."""
        return None if self.unit_price is None else self.unit_price.times(self.quantity)

    def place(self, plan: Plan, *, price: Money, subscription_id: str) -> None:
        """The order stands."""
        self.status = OrderStatus.PLACED
        self.product_code = plan.product_code
        self.subscription_id = subscription_id
        self.unit_price = price
        self.cadence = plan.cadence.value
        self.events.append(OrderWasPlaced())

    def reject(self, rejection: Rejection, *, overdue_invoice_id: str | None) -> None:
        """The order is refused; nothing else changes by it."""
        self.status = OrderStatus.REJECTED
        self.rejection = rejection
        self.overdue_invoice_id = overdue_invoice_id
        self.events.append(OrderWasRejected())


def why_refused(plan: Plan | None, account: Account, standing: Standing, *, live: int) -> Rejection | None:
    """The first rule that refuses the order, None when none does.

    What is offered comes first, then what is owed (C-23, ZOOM-01), then how it would be paid (C-02). An open invoice
    that is not yet due does not block.
    """
    if plan is None:
        return Rejection.UNKNOWN_PLAN
    if plan.seller_id != account.seller_id:
        return Rejection.PLAN_OF_ANOTHER_SELLER
    if account.currency not in plan.prices:
        return Rejection.CURRENCY_NOT_PRICED
    if account.closed:
        return Rejection.ACCOUNT_CLOSED
    return _why_not_trusted(account, standing, live=live)


def _why_not_trusted(account: Account, standing: Standing, *, live: int) -> Rejection | None:
    if standing.owes and standing.state in (ServiceState.SUSPENDED, ServiceState.CANCELLED_NON_PAYMENT):
        return Rejection.UNPAID_INVOICES
    if standing.is_overdue:
        return Rejection.OVERDUE
    if not account.can_be_charged:
        return Rejection.NO_PAYMENT_METHOD
    if live >= SUBSCRIPTIONS_MAX:
        return Rejection.TOO_MANY_SUBSCRIPTIONS
    return None
