"""What the processor says of a card that was handed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from saldo_payments.domain.method_states import MethodRejection
from saldo_payments.domain.payment_method import CardFace


class CheckAnswer(StrEnum):
    """UNKNOWN is no answer; no money is moved by a check, so it is simply asked again."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    AUTHENTICATION_REQUIRED = "authentication_required"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCheckOutcome:
    """`customer`, `token` and `reference` are the processor's names for the customer, the kept card and this check."""

    answer: CheckAnswer
    card: CardFace | None = None
    token: str | None = None
    customer: str | None = None
    reference: str | None = None
    rejection: MethodRejection | None = None
    next_action_url: str | None = None
