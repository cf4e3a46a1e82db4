"""What happened inside subscriptions; `application/announcements.py` says how the world is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from saldo_money import Money

from saldo_subscriptions.domain.calendar import DayPeriod
from saldo_subscriptions.domain.charge_line import ChargeLine


class BackBecause(StrEnum):
    """Why a suspended service is on again."""

    BALANCE_CLEARED = "balance_cleared"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWasSuspended:
    """Late payment switched the listed subscriptions off."""

    subscription_ids: tuple[str, ...]
    overdue: Money
    oldest_overdue_due_on: date | None
    since: datetime
    cancels_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWasReactivated:
    """The listed subscriptions are on again."""

    because: BackBecause
    subscription_ids: tuple[str, ...]
    suspended_since: datetime
    reactivated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWasPlaced:
    """An order was accepted; the entity tells the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWasRejected:
    """An order was refused and recorded; the entity tells the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionBegan:
    """A subscription runs and its charges accrue from its anchor on."""

    current_period: DayPeriod
    live_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCredit:
    """What comes off one charged line, net of tax, for its days without access."""

    charges_id: str
    line_id: str
    net: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledForNonPayment:
    """A subscription is over because nothing was paid; its days without access are credited."""

    access_ended_on: date
    cancelled_on: date
    credits: tuple[DayCredit, ...]
    live_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargesWereFinalized:
    """The lines of one billing date are finished; the entity tells the rest."""

    lines: tuple[ChargeLine, ...]
