"""What happens inside payments; announcements turn it into the words other services read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from saldo_money import Money

from saldo_payments.domain.declines import Consequence, DeclineReason
from saldo_payments.domain.method_states import MethodRejection


@dataclass(frozen=True, slots=True)
class ContactGiven:
    """The person of a method's billing address was named (C-11)."""


@dataclass(frozen=True, slots=True)
class MethodSubmitted:
    """A card was handed in and waits for its check."""


@dataclass(frozen=True, slots=True)
class MethodValidated:
    """The check passed."""

    is_default: bool
    qualifying_after: int


@dataclass(frozen=True, slots=True)
class MethodRejected:
    """The card is refused, at the door or by the check."""

    reason: MethodRejection
    limit: int | None
    qualifying_after: int


@dataclass(frozen=True, slots=True)
class MethodRemoved:
    """The card is no longer on file."""

    was_default: bool
    qualifying_after: int


@dataclass(frozen=True, slots=True)
class MethodFace:
    """All that anybody but the processor may know of a card; None where the processor did not say."""

    brand: str | None
    last_four: str | None


@dataclass(frozen=True, slots=True)
class DefaultMethodChanged:
    """Another card is charged from now on, or none is left."""

    method_id: str | None
    face: MethodFace | None
    previous_id: str | None
    chosen_by_customer: bool


@dataclass(frozen=True, slots=True)
class AutopaySwitched:
    """Charging at issue was switched on or off."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class AttemptLimitMet:
    """The account used up its tries; every further one is refused until then."""

    until: datetime
    attempts_max: int
    payment_id: str


@dataclass(frozen=True, slots=True)
class ChargeBegun:
    """The processor is going to be asked for money."""

    attempt_id: str
    retry: bool
    method_id: str | None
    face: MethodFace


@dataclass(frozen=True, slots=True)
class AuthenticationAsked:
    """The issuer wants the payer to authenticate."""

    attempt_id: str
    face: MethodFace
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PayerAuthenticated:
    """The payer passed the issuer's prompts and the money came."""

    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MoneyCollected:
    """The money is ours; once per payment."""

    attempt_id: str
    retry: bool
    amount: Money
    method_id: str | None
    face: MethodFace
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class CollectionFailed:
    """An attempt brought no money, or none could be made."""

    attempt_id: str | None
    retry: bool
    method_id: str | None
    face: MethodFace | None
    reason: DeclineReason
    consequence: Consequence
    method_rests_until: datetime | None
    next_automatic_try_at: datetime | None


DomainEvent: TypeAlias = (
    ContactGiven
    | MethodSubmitted
    | MethodValidated
    | MethodRejected
    | MethodRemoved
    | DefaultMethodChanged
    | AutopaySwitched
    | AttemptLimitMet
    | ChargeBegun
    | AuthenticationAsked
    | PayerAuthenticated
    | MoneyCollected
    | CollectionFailed
)
