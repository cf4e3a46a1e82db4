"""A subscription: one plan, sold to one account by the period, from an anchor day on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from saldo_money import Money

from saldo_subscriptions.domain.cadences import Cadence, CadenceProfile, cadence_of
from saldo_subscriptions.domain.calendar import DayPeriod
from saldo_subscriptions.domain.catalogue import Plan, TaxCategory
from saldo_subscriptions.domain.errors import IllegalTransition
from saldo_subscriptions.domain.events import CancelledForNonPayment, DayCredit, SubscriptionBegan
from saldo_subscriptions.domain.proration import charged_part, credit_for_days_without_access, prorated


class SubscriptionStatus(StrEnum):
    """SCHEDULED -> ACTIVE -> CANCELLED_NON_PAYMENT; a scheduled one may be cancelled too. Ended states are final."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    CANCELLED_NON_PAYMENT = "cancelled_non_payment"


LIVE: Final = (SubscriptionStatus.SCHEDULED, SubscriptionStatus.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedLine:
    """The last line a subscription was charged by: all that a later credit can be about.

    Earlier lines hold no day without access, because nothing recurring is charged while service is suspended.
    """

    charges_id: str
    line_id: str
    net_minor_units: int
    service_starts_on: date
    service_ends_before: date

    @property
    def service(self) -> DayPeriod:
        """The days it charges."""
        return DayPeriod(self.service_starts_on, self.service_ends_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePeriod:
    """What a subscription owes for one of its periods: all of it, or the days after a late start."""

    number: int
    period: DayPeriod
    service: DayPeriod
    amount: Money
    whole: bool
    first_of_series: bool


@dataclass(slots=True, kw_only=True)
class Subscription:
    """A plan that an account pays for by the period, in advance.

        SCHEDULED -> ACTIVE -> CANCELLED_NON_PAYMENT
            |_____________________^

    `unit_price` is that of the day it was ordered, of one unit and one period, net of tax. `charged_until` is the
    day before which everything is charged: the next billing date; while it is scheduled, its start.
    """

    subscription_id: str
    order_id: str
    account_id: str
    seller_id: str
    product_code: str
    plan_code: str
    plan_name: str
    quantity: int
    unit_price: Money
    currency: str
    cadence: CadenceProfile
    tax_category: TaxCategory
    prepaid_protected: bool
    status: SubscriptionStatus
    anchor_on: date
    charged_until: date
    last_line: ChargedLine | None = None
    ended_on: date | None = None
    version: int = 0
    events: list[object] = field(default_factory=list)

    @classmethod
    def ordered(
        cls, subscription_id: str, plan: Plan, *, order_id: str, account_id: str, quantity: int, price: Money, on: date
    ) -> Subscription:
        """A subscription that begins on the given day."""
        return cls(
            subscription_id=subscription_id,
            order_id=order_id,
            account_id=account_id,
            seller_id=plan.seller_id,
            product_code=plan.product_code,
            plan_code=plan.plan_code,
            plan_name=plan.name,
            quantity=quantity,
            unit_price=price,
            currency=price.currency.code,
            cadence=plan.cadence,
            tax_category=plan.tax_category,
            prepaid_protected=plan.prepaid_protected,
            status=SubscriptionStatus.SCHEDULED,
            anchor_on=on,
            charged_until=on,
        )

    @property
    def live(self) -> bool:
        """Whether it runs or will."""
        return self.status in LIVE

    @property
    def suspendable(self) -> bool:
        """Whether late payment reaches it: it is live and its plan is not protected."""
        return self.live and not self.prepaid_protected

    @property
    def periods(self) -> Cadence:
        """Its periods, computed from the anchor."""
        return cadence_of(self.cadence, self.anchor_on)

    @property
    def next_billing_on(self) -> date | None:
        """The first day that is not charged yet; None when nothing will be charged any more."""
        return self.charged_until if self.live else None

    @property
    def period_price(self) -> Money:
        """Of one whole period, net of tax."""
        return self.unit_price.times(self.quantity)

    def period_on(self, day: date) -> DayPeriod:
        """The period a day belongs to; for an earlier day, the first."""
        return self.periods.period(self.periods.number_of(max(day, self.anchor_on)))

    def begin(self, on: date, *, live_after: int) -> None:
        """SCHEDULED -> ACTIVE. A later day than planned (the account was suspended) moves the anchor there."""
        if self.status is not SubscriptionStatus.SCHEDULED:
            raise IllegalTransition(self.status, "begin")
        self.status = SubscriptionStatus.ACTIVE
        self.anchor_on = self.charged_until = on
        self.events.append(SubscriptionBegan(current_period=self.periods.period(0), live_after=live_after))

    def due_on(self, day: date) -> DuePeriod | None:
        """What it owes when service runs from that day on and the day's period is not charged yet.

        The whole period when it begins on that day, else its part by C-17. None when that part has no days: then
        `skip_to` the next period.
        """
        number = self.periods.number_of(day)
        period = self.periods.period(number)
        service = charged_part(period, day)
        if service is None:
            return None
        whole = service == period
        amount = (
            self.period_price
            if whole
            else prorated(self.unit_price, quantity=self.quantity, days=service.days, period_days=period.days)
        )
        return DuePeriod(
            number=number,
            period=period,
            service=service,
            amount=amount,
            whole=whole,
            first_of_series=self.last_line is None,
        )

    def charge(self, due: DuePeriod, *, charges_id: str, line_id: str) -> None:
        """The period stands in finished charges; it cannot be charged again."""
        if self.status is not SubscriptionStatus.ACTIVE or due.period.ends_before <= self.charged_until:
            raise IllegalTransition(self.status, f"charge of the period from {due.period.starts_on}")
        self.charged_until = due.period.ends_before
        self.last_line = ChargedLine(
            charges_id=charges_id,
            line_id=line_id,
            net_minor_units=due.amount.minor_units,
            service_starts_on=due.service.starts_on,
            service_ends_before=due.service.ends_before,
        )

    def skip_to(self, day: date) -> None:
        """Nothing of the period before that day is charged: it came back on the period's last day (C-17)."""
        self.charged_until = max(self.charged_until, day)

    def cancel_for_non_payment(self, on: date, *, without_access_from: date, live_after: int) -> None:
        """It is over; the days without access come off the line that charged them (ZOOM-04, C-25).

        Raises IllegalTransition when it is not live.
        """
        if not self.live:
            raise IllegalTransition(self.status, "cancellation for non-payment")
        self.status = SubscriptionStatus.CANCELLED_NON_PAYMENT
        self.ended_on = without_access_from - timedelta(days=1)
        self.events.append(
            CancelledForNonPayment(
                access_ended_on=self.ended_on,
                cancelled_on=on,
                credits=self._credits(without_access_from),
                live_after=live_after,
            )
        )

    def _credits(self, without_access_from: date) -> tuple[DayCredit, ...]:
        line = self.last_line
        if line is None:
            return ()
        net = credit_for_days_without_access(
            Money(line.net_minor_units, self.currency), line.service, without_access_from=without_access_from
        )
        return () if net.is_zero else (DayCredit(charges_id=line.charges_id, line_id=line.line_id, net=net),)
