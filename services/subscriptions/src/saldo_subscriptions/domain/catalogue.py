"""What a seller offers: plans with their prices, and the terms on which late payment ends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from saldo_money import Money

from saldo_subscriptions.domain.cadences import CadenceProfile


class TaxCategory(StrEnum):
    """What kind of tax a line falls under; the rate is invoicing's affair."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO_RATED = "zero_rated"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Something sold by the period.

    `prices` holds the price of one unit and one period, net of tax, by currency code. `prepaid_protected`: late
    payment never suspends it. `online_cancellation`: a customer may cancel it without a support case (C-21).
    """

    plan_code: str
    product_code: str
    seller_id: str
    name: str
    cadence: CadenceProfile
    tax_category: TaxCategory
    prices: Mapping[str, Money]
    prepaid_protected: bool = False
    online_cancellation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningTerms:
    """How many days after the due date of the oldest overdue invoice late payment suspends and cancels (C-26)."""

    suspension_days: int = 7
    cancellation_days: int = 30

    def __post_init__(self) -> None:
        if not 0 <= self.suspension_days < self.cancellation_days:
            raise ValueError("suspension comes before cancellation, and neither before the due date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A seller with its plans by code."""

    seller_id: str
    terms: DunningTerms
    plans: Mapping[str, Plan]
