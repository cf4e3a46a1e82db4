"""Finished charges: the lines of one account and one billing date, of which invoicing makes one document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from saldo_money import Money

from saldo_subscriptions.domain.charge_line import ChargeLine, LineKind
from saldo_subscriptions.domain.events import ChargesWereFinalized
from saldo_subscriptions.domain.subscription import DuePeriod, Subscription

SUBSCRIPTIONS_MAX: Final = 500  # live ones per account: all may fall on one billing date, and a message holds 500 lines
CHARGES_NAMESPACE: Final = UUID("5a1d0b11-0000-5000-8000-000000000031")  # ours, fixed for ever
RUN: Final = "run"


@dataclass(slots=True, kw_only=True)
class Charges:
    """The finished lines of one billing date and trigger; told once, never changed."""

    charges_id: str
    account_id: str
    seller_id: str
    billing_on: date
    trigger: str
    total: Money
    events: list[object] = field(default_factory=list)


def start_trigger(subscription_id: str) -> str:
    """The trigger of charges that a start (or a start again) brings about."""
    return f"start:{subscription_id}"


def charges_id_of(account_id: str, billing_on: date, trigger: str) -> str:
    """uuid5 of account, billing date and trigger: the same billing always has the same id."""
    return str(uuid5(CHARGES_NAMESPACE, f"{account_id}|{billing_on.isoformat()}|{trigger}"))


def line_id_of(subscription_id: str, period_starts_on: date) -> str:
    """uuid5 of subscription and period."""
    return str(uuid5(CHARGES_NAMESPACE, f"{subscription_id}|{period_starts_on.isoformat()}"))


def finalize(
    account_id: str, seller_id: str, *, billing_on: date, trigger: str, subscriptions: Sequence[Subscription]
) -> tuple[Charges, tuple[ChargeLine, ...]] | None:
    """Charge what the subscriptions owe from that day on, in one document; None when no day is to be charged.

    Subscriptions that are charged beyond that day already are left alone.
    """
    charges_id = charges_id_of(account_id, billing_on, trigger)
    lines = []
    for subscription in subscriptions:
        if subscription.charged_until > billing_on:
            continue
        due = subscription.due_on(billing_on)
        if due is None:
            subscription.skip_to(subscription.period_on(billing_on).ends_before)
            continue
        line = _line(subscription, due, charges_id=charges_id)
        subscription.charge(due, charges_id=charges_id, line_id=line.line_id)
        lines.append(line)
    if not lines:
        return None
    charges = Charges(
        charges_id=charges_id,
        account_id=account_id,
        seller_id=seller_id,
        billing_on=billing_on,
        trigger=trigger,
        total=Money.total((line.amount for line in lines), lines[0].amount.currency),
        events=[ChargesWereFinalized(lines=tuple(lines))],
    )
    return charges, tuple(lines)


def _line(subscription: Subscription, due: DuePeriod, *, charges_id: str) -> ChargeLine:
    return ChargeLine(
        line_id=line_id_of(subscription.subscription_id, due.period.starts_on),
        charges_id=charges_id,
        account_id=subscription.account_id,
        subscription_id=subscription.subscription_id,
        kind=LineKind.RECURRING if due.whole else LineKind.PRORATED,
        plan_code=subscription.plan_code,
        plan_name=subscription.plan_name,
        quantity=subscription.quantity,
        unit_price=subscription.unit_price,
        amount=due.amount,
        tax_category=subscription.tax_category,
        period_starts_on=due.period.starts_on,
        service_starts_on=due.service.starts_on,
        service_ends_before=due.service.ends_before,
        first_of_series=due.first_of_series,
    )
