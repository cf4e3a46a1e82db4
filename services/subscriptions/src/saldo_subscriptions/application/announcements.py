"""How the world is told: the one way out from a domain event to the words on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, TypeVar, assert_never, cast, get_args

from saldo_contracts import events as told
from saldo_contracts.event import Event
from saldo_contracts.wire import Amount, Period, decimal_string
from saldo_money import Money

from saldo_subscriptions.domain import events as happened
from saldo_subscriptions.domain.calendar import DayPeriod
from saldo_subscriptions.domain.charge_line import ChargeLine
from saldo_subscriptions.domain.charges import Charges, line_id_of
from saldo_subscriptions.domain.order import Order, Rejection
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import Subscription

Happened: TypeAlias = (
    happened.ServiceWasSuspended
    | happened.ServiceWasReactivated
    | happened.OrderWasPlaced
    | happened.OrderWasRejected
    | happened.SubscriptionBegan
    | happened.CancelledForNonPayment
    | happened.ChargesWereFinalized
)

HAPPENED: tuple[type, ...] = get_args(Happened)
Told = TypeVar("Told")

# A page shows our own reason; the wire's list is shorter, and what it lacks is `other`.
_REJECTIONS = {
    Rejection.UNKNOWN_PLAN: told.OrderRejection.PRODUCT_NOT_AVAILABLE,
    Rejection.PLAN_OF_ANOTHER_SELLER: told.OrderRejection.PRODUCT_NOT_AVAILABLE,
    Rejection.CURRENCY_NOT_PRICED: told.OrderRejection.PRODUCT_NOT_AVAILABLE,
    Rejection.ACCOUNT_CLOSED: told.OrderRejection.OTHER,
    Rejection.UNPAID_INVOICES: told.OrderRejection.UNPAID_INVOICES,
    Rejection.OVERDUE: told.OrderRejection.OVERDUE,
    Rejection.NO_PAYMENT_METHOD: told.OrderRejection.NO_PAYMENT_METHOD,
    Rejection.TOO_MANY_SUBSCRIPTIONS: told.OrderRejection.OTHER,
}


def announce(entity: object, event: object) -> Iterable[Event]:
    """The contract events of one domain event, in the order they are told; raises TypeError for a stranger."""
    if not isinstance(event, HAPPENED):
        raise TypeError(f"{type(event).__name__} is no domain event of subscriptions")
    return _tell(entity, cast(Happened, event))


def _tell(entity: object, event: Happened) -> tuple[Event, ...]:
    match event:
        case happened.ServiceWasSuspended():
            return (_service_suspended(_of(entity, Standing), event),)
        case happened.ServiceWasReactivated():
            return (_service_reactivated(_of(entity, Standing), event),)
        case happened.OrderWasPlaced():
            return (_order_placed(_of(entity, Order)),)
        case happened.OrderWasRejected():
            return (_order_rejected(_of(entity, Order)),)
        case happened.SubscriptionBegan():
            return _subscription_began(_of(entity, Subscription), event)
        case happened.CancelledForNonPayment():
            return _cancelled_for_non_payment(_of(entity, Subscription), event)
        case happened.ChargesWereFinalized():
            return (_charges_finalized(_of(entity, Charges), event),)
        case _:
            assert_never(event)


def _of(entity: object, kind: type[Told]) -> Told:
    if not isinstance(entity, kind):
        raise TypeError(f"{type(entity).__name__} cannot tell this: {kind.__name__} does")
    return entity


def amount(money: Money) -> Amount:
    """Money on the wire."""
    return Amount(minor_units=money.minor_units, currency=money.currency.code)


def _price(money: Money) -> str:
    return decimal_string(money.to_decimal())


def _period(period: DayPeriod) -> Period:
    return Period(starts_on=period.starts_on, ends_before=period.ends_before)


def _service_suspended(standing: Standing, event: happened.ServiceWasSuspended) -> Event:
    return told.ServiceSuspended(
        account_id=standing.account_id,
        seller_id=standing.seller_id,
        reason=told.SuspensionReason.LATE_PAYMENT,
        subscription_ids=event.subscription_ids,
        overdue=amount(event.overdue),
        oldest_overdue_due_date=event.oldest_overdue_due_on,
        since=event.since,
        cancels_on=event.cancels_on,
    )


def _service_reactivated(standing: Standing, event: happened.ServiceWasReactivated) -> Event:
    return told.ServiceReactivated(
        account_id=standing.account_id,
        seller_id=standing.seller_id,
        reason=told.ReactivationReason(event.because.value),
        subscription_ids=event.subscription_ids,
        suspended_since=event.suspended_since,
        reactivated_at=event.reactivated_at,
    )


def _order_placed(order: Order) -> Event:
    price, whole = order.unit_price, order.amount
    if price is None or whole is None or order.product_code is None or order.cadence is None:
        raise ValueError(f"order {order.order_id} was placed without a price")
    line = told.OrderLine(
        line_id=line_id_of(order.order_id, order.starts_on),
        subscription_id=order.subscription_id,
        product_code=order.product_code,
        item_code=order.plan_code,
        kind=told.ItemKind.PLAN,
        cadence=told.Cadence(order.cadence),
        quantity=str(order.quantity),
        unit_price=_price(price),
        amount=amount(whole),
    )
    return told.OrderPlaced(
        account_id=order.account_id,
        seller_id=order.seller_id,
        order_id=order.order_id,
        channel=told.OrderChannel.PORTAL,
        quote_id=None,
        currency=price.currency.code,
        lines=(line,),
        hardware=False,
        placed_at=order.decided_at,
    )


def _order_rejected(order: Order) -> Event:
    if order.rejection is None:
        raise ValueError(f"order {order.order_id} was rejected without a reason")
    return told.OrderRejected(
        account_id=order.account_id,
        seller_id=order.seller_id,
        order_id=order.order_id,
        channel=told.OrderChannel.PORTAL,
        quote_id=None,
        reason=_REJECTIONS[order.rejection],
        oldest_overdue_invoice_id=order.overdue_invoice_id,
        rejected_at=order.decided_at,
    )


def _subscription_began(subscription: Subscription, event: happened.SubscriptionBegan) -> tuple[Event, ...]:
    activated = told.SubscriptionActivated(
        account_id=subscription.account_id,
        seller_id=subscription.seller_id,
        subscription_id=subscription.subscription_id,
        product_code=subscription.product_code,
        plan_code=subscription.plan_code,
        cadence=told.Cadence(subscription.cadence.value),
        price=amount(subscription.period_price),
        items=(_item(subscription),),
        anchor_date=subscription.anchor_on,
        current_period=_period(event.current_period),
        term=told.TermKind.PERIODIC,
        renews_on=event.current_period.ends_before,
        auto_renew=True,
        live_after=event.live_after,
        order_id=subscription.order_id,
        contract_id=None,
        service_starts_on=subscription.anchor_on,
    )
    started = told.BillingStarted(
        account_id=subscription.account_id,
        seller_id=subscription.seller_id,
        subscription_id=subscription.subscription_id,
        product_code=subscription.product_code,
        plan_code=subscription.plan_code,
        billing_starts_on=subscription.anchor_on,
        service_starts_on=subscription.anchor_on,
        anchor_date=subscription.anchor_on,
        cadence=told.Cadence(subscription.cadence.value),
    )
    return activated, started


def _item(subscription: Subscription) -> told.SubscriptionItem:
    return told.SubscriptionItem(
        item_id=line_id_of(subscription.subscription_id, subscription.anchor_on),
        item_code=subscription.plan_code,
        kind=told.ItemKind.PLAN,
        quantity=str(subscription.quantity),
        unit_price=_price(subscription.unit_price),
    )


def _cancelled_for_non_payment(subscription: Subscription, event: happened.CancelledForNonPayment) -> tuple[Event, ...]:
    downgraded = told.SubscriptionDowngraded(
        account_id=subscription.account_id,
        seller_id=subscription.seller_id,
        subscription_id=subscription.subscription_id,
        product_code=subscription.product_code,
        plan_code=subscription.plan_code,
        reason=told.EndReason.NON_PAYMENT,
        previous_plan_code=subscription.plan_code,
        access_ended_on=event.access_ended_on,
        downgraded_on=event.cancelled_on,
        credits=tuple(
            told.LineCredit(charges_id=credit.charges_id, line_id=credit.line_id, net_amount=amount(credit.net))
            for credit in event.credits
        ),
        live_after=event.live_after,
    )
    ended = told.SubscriptionEnded(
        account_id=subscription.account_id,
        seller_id=subscription.seller_id,
        subscription_id=subscription.subscription_id,
        product_code=subscription.product_code,
        plan_code=subscription.plan_code,
        reason=told.EndReason.NON_PAYMENT,
        ended_on=event.access_ended_on,
        live_after=event.live_after,
    )
    return downgraded, ended


def _charges_finalized(charges: Charges, event: happened.ChargesWereFinalized) -> Event:
    services = {line.service for line in event.lines}
    return told.ChargesFinalized(
        account_id=charges.account_id,
        seller_id=charges.seller_id,
        charges_id=charges.charges_id,
        billing_date=charges.billing_on,
        trigger=charges.trigger,
        period=_period(services.pop()) if len(services) == 1 else None,
        currency=charges.total.currency.code,
        lines=tuple(_line(line) for line in event.lines),
    )


def _line(line: ChargeLine) -> told.ChargeLine:
    return told.ChargeLine(
        line_id=line.line_id,
        subscription_id=line.subscription_id,
        kind=told.LineKind(line.kind.value),
        description_key=f"subscription.{line.kind.value}",
        description_arguments={"plan": line.plan_name, "plan_code": line.plan_code},
        quantity=str(line.quantity),
        unit_price=_price(line.unit_price),
        amount=amount(line.amount),
        service_period=_period(line.service),
        tax_category=told.TaxCategory(line.tax_category.value),
        fee_basis=told.FeeBasis.NONE,
        wireless_class=None,
        hardware=False,
        voice=False,
        first_of_series=line.first_of_series,
    )
