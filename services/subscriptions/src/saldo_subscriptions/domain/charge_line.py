"""One finished line of charges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from saldo_money import Money

from saldo_subscriptions.domain.calendar import DayPeriod
from saldo_subscriptions.domain.catalogue import TaxCategory


class LineKind(StrEnum):
    """A whole period, or a part of one by days."""

    RECURRING = "recurring"
    PRORATED = "prorated"


@dataclass(slots=True, kw_only=True)
class ChargeLine:
    """One finished line: a period of one subscription, rounded once.

    `period_starts_on` is the first day of the cadence's period and unique per subscription, so that no period is
    charged twice; the service days are the days charged.
    """

    line_id: str
    charges_id: str
    account_id: str
    subscription_id: str
    kind: LineKind
    plan_code: str
    plan_name: str
    quantity: int
    unit_price: Money
    amount: Money
    tax_category: TaxCategory
    period_starts_on: date
    service_starts_on: date
    service_ends_before: date
    first_of_series: bool

    @property
    def service(self) -> DayPeriod:
        """The days it charges."""
        return DayPeriod(self.service_starts_on, self.service_ends_before)
