"""What the use cases need from outside: the catalogue, and views for reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from saldo_subscriptions.domain.account import Account
from saldo_subscriptions.domain.catalogue import DunningTerms, Plan, Seller
from saldo_subscriptions.domain.charge_line import ChargeLine
from saldo_subscriptions.domain.charges import Charges
from saldo_subscriptions.domain.order import Order
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import Subscription


class Catalogue(Protocol):
    """What is sold by whom; it does not change while the process runs."""

    def seller(self, seller_id: str) -> Seller | None:
        """None for a seller that this deployment does not serve."""

    def plan(self, plan_code: str) -> Plan | None:
        """A plan by its code, which is unique over all sellers; None when nobody offers it."""

    def terms_of(self, seller_id: str) -> DunningTerms:
        """The seller's terms of late payment; the usual ones for a seller that offers nothing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedCharges:
    """Charges with their lines, in the order they were made."""

    charges: Charges
    lines: tuple[ChargeLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionView:
    """A subscription as it is today: `suspended` says whether late payment keeps it switched off."""

    subscription: Subscription
    suspended: bool
    today: date


class AccountReads(Protocol):
    """Queries over what stands in the database; nothing here locks or changes anything.

    Lists are in the order they are paged by; `after` holds the ordering values of the last row that was seen.
    """

    async def account(self, account_id: str) -> Account | None:
        """None while the account's copy has not arrived."""

    async def standing(self, account_id: str) -> Standing | None:
        """How it stands with late payment."""

    async def subscriptions(self, account_id: str, *, after: str | None, limit: int) -> Sequence[Subscription]:
        """By subscription id, ended ones included."""

    async def subscription(self, account_id: str, subscription_id: str) -> Subscription | None:
        """One of this account's."""

    async def charges(
        self, account_id: str, *, after: tuple[date, str] | None, limit: int
    ) -> Sequence[FinishedCharges]:
        """Newest billing date first, then by charges id."""

    async def refused_orders(
        self, account_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Order]:
        """Newest first, then by order id."""
