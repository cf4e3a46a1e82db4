"""The shapes that answers have, and how they are made."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field
from saldo_contracts.wire import Amount, Code, Id, Period
from saldo_money import Money

from saldo_subscriptions.application.ports import FinishedCharges, SubscriptionView
from saldo_subscriptions.domain.cadences import CadenceProfile
from saldo_subscriptions.domain.calendar import DayPeriod
from saldo_subscriptions.domain.catalogue import Plan, Seller, TaxCategory
from saldo_subscriptions.domain.charge_line import ChargeLine, LineKind
from saldo_subscriptions.domain.order import Order, Rejection
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.suspension import ServiceState

SUSPENDED = "suspended"


class PlanBody(BaseModel):
    """A plan that can be ordered; prices are of one unit and one period, net of tax."""

    plan_code: Code
    product_code: Code
    name: str
    cadence: CadenceProfile
    tax_category: TaxCategory
    prices: list[Amount]
    prepaid_protected: Annotated[bool, Field(description="Late payment never suspends it.")]
    online_cancellation: Annotated[bool, Field(description="A customer may cancel it without a support case (C-21).")]


class CatalogueBody(BaseModel):
    """What one seller offers, and its terms of late payment in days after the due date."""

    seller_id: Code
    suspension_days: int
    cancellation_days: int
    plans: list[PlanBody]


class SubscriptionBody(BaseModel):
    """A subscription as it is today, in the account's time zone."""

    subscription_id: Id
    order_id: Id
    product_code: Code
    plan_code: Code
    plan_name: str
    quantity: int
    unit_price: Amount
    period_price: Annotated[Amount, Field(description="Of one whole period, net of tax.")]
    cadence: CadenceProfile
    status: Annotated[str, Field(description="scheduled, active, suspended, cancelled_non_payment")]
    prepaid_protected: bool
    anchor_date: Annotated[date, Field(description="Every period is computed from this day.")]
    current_period: Annotated[Period | None, Field(description="None once it is over.")]
    next_billing_date: Annotated[date | None, Field(description="None while nothing is going to be charged.")]
    ended_on: Annotated[date | None, Field(description="The last day with access.")]


class ServiceStateBody(BaseModel):
    """Where the account's service stands with late payment."""

    state: ServiceState
    since: AwareDatetime
    balance: Amount
    overdue: Amount
    oldest_overdue_due_date: date | None
    oldest_overdue_invoice_id: Id | None
    suspension_date: Annotated[date | None, Field(description="The local day late payment suspends the service.")]
    cancellation_date: Annotated[
        date | None, Field(description="The local day late payment cancels what is suspended.")
    ]
    suspended_since: AwareDatetime | None
    put_off_until: Annotated[date | None, Field(description="The day an agent's override ends (C-24).")]


class ChargeLineBody(BaseModel):
    """One finished line."""

    line_id: Id
    subscription_id: Id
    kind: LineKind
    plan_code: Code
    plan_name: str
    quantity: int
    unit_price: Amount
    amount: Amount
    tax_category: TaxCategory
    service_period: Period
    first_of_series: bool


class ChargesBody(BaseModel):
    """The finished lines of one billing date, of which invoicing makes one document."""

    charges_id: Id
    billing_date: date
    trigger: str
    total: Annotated[Amount, Field(description="Net of tax.")]
    lines: list[ChargeLineBody]


class DecisionBody(BaseModel):
    """An order that was refused."""

    order_id: Id
    plan: str
    quantity: int
    starts_on: date
    reason: Rejection
    oldest_overdue_invoice_id: Id | None
    decided_at: AwareDatetime


def catalogue_body(seller: Seller) -> CatalogueBody:
    """In the order of the seller's own file."""
    return CatalogueBody(
        seller_id=seller.seller_id,
        suspension_days=seller.terms.suspension_days,
        cancellation_days=seller.terms.cancellation_days,
        plans=[_plan(plan) for plan in seller.plans.values()],
    )


def _plan(plan: Plan) -> PlanBody:
    return PlanBody(
        plan_code=plan.plan_code,
        product_code=plan.product_code,
        name=plan.name,
        cadence=plan.cadence,
        tax_category=plan.tax_category,
        prices=[_amount(price) for price in plan.prices.values()],
        prepaid_protected=plan.prepaid_protected,
        online_cancellation=plan.online_cancellation,
    )


def subscription_body(view: SubscriptionView) -> SubscriptionBody:
    """A suspended one has no next billing date once that has passed: charging resumes with the service."""
    subscription = view.subscription
    billing_on = subscription.next_billing_on
    waits = view.suspended and billing_on is not None and billing_on <= view.today
    return SubscriptionBody(
        subscription_id=subscription.subscription_id,
        order_id=subscription.order_id,
        product_code=subscription.product_code,
        plan_code=subscription.plan_code,
        plan_name=subscription.plan_name,
        quantity=subscription.quantity,
        unit_price=_amount(subscription.unit_price),
        period_price=_amount(subscription.period_price),
        cadence=subscription.cadence,
        status=SUSPENDED if view.suspended else subscription.status.value,
        prepaid_protected=subscription.prepaid_protected,
        anchor_date=subscription.anchor_on,
        current_period=_period(subscription.period_on(view.today)) if subscription.live else None,
        next_billing_date=None if waits else billing_on,
        ended_on=subscription.ended_on,
    )


def service_state_body(standing: Standing) -> ServiceStateBody:
    """As it was last decided."""
    return ServiceStateBody(
        state=standing.state,
        since=standing.since,
        balance=_amount(standing.balance),
        overdue=_amount(standing.overdue),
        oldest_overdue_due_date=standing.oldest_overdue_due_on,
        oldest_overdue_invoice_id=standing.oldest_overdue_invoice_id,
        suspension_date=standing.suspension_on,
        cancellation_date=standing.cancellation_on,
        suspended_since=standing.suspended_since,
        put_off_until=standing.put_off_until,
    )


def charges_body(finished: FinishedCharges) -> ChargesBody:
    """With all its lines."""
    charges = finished.charges
    return ChargesBody(
        charges_id=charges.charges_id,
        billing_date=charges.billing_on,
        trigger=charges.trigger,
        total=_amount(charges.total),
        lines=[_line(line) for line in finished.lines],
    )


def _line(line: ChargeLine) -> ChargeLineBody:
    return ChargeLineBody(
        line_id=line.line_id,
        subscription_id=line.subscription_id,
        kind=line.kind,
        plan_code=line.plan_code,
        plan_name=line.plan_name,
        quantity=line.quantity,
        unit_price=_amount(line.unit_price),
        amount=_amount(line.amount),
        tax_category=line.tax_category,
        service_period=_period(line.service),
        first_of_series=line.first_of_series,
    )


def decision_body(order: Order) -> DecisionBody:
    """Only refused orders have one."""
    if order.rejection is None:
        raise ValueError(f"order {order.order_id} was not refused")
    return DecisionBody(
        order_id=order.order_id,
        plan=order.plan_code,
        quantity=order.quantity,
        starts_on=order.starts_on,
        reason=order.rejection,
        oldest_overdue_invoice_id=order.overdue_invoice_id,
        decided_at=order.decided_at,
    )


def _amount(money: Money) -> Amount:
    return Amount(minor_units=money.minor_units, currency=money.currency.code)


def _period(period: DayPeriod) -> Period:
    return Period(starts_on=period.starts_on, ends_before=period.ends_before)
