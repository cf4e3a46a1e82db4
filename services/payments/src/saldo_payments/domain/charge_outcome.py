"""What the processor says became of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from saldo_payments.domain.declines import DeclineReason


class Answer(StrEnum):
    """UNKNOWN is no answer at all: a timeout, a broken line, a processor that cannot say."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    AUTHENTICATION_REQUIRED = "authentication_required"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOutcome:
    """`reference` is the processor's id of the charge; `code` its own word for a decline, for operators only."""

    answer: Answer
    reference: str | None = None
    reason: DeclineReason | None = None
    code: str | None = None
    next_action_url: str | None = None
    brand: str | None = None
    last_four: str | None = None
