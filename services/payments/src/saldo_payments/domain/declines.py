"""Why an attempt brought no money, what to advise, and whether trying again can help (GOTO-56 to 63)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeclineReason(StrEnum):
    """The closed list; a processor's own codes end in its adapter. Same values as on the wire."""

    ISSUER_DECLINED = "issuer_declined"
    CREDIT_LIMIT_REACHED = "credit_limit_reached"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    TRANSACTION_BLOCKED = "transaction_blocked"
    NAME_MISMATCH = "name_mismatch"
    ADDRESS_MISMATCH = "address_mismatch"
    AUTHENTICATION_REQUIRED = "authentication_required"
    AUTHENTICATION_FAILED = "authentication_failed"
    CARD_EXPIRED = "card_expired"
    CARD_NUMBER_INVALID = "card_number_invalid"
    SECURITY_CODE_INVALID = "security_code_invalid"
    CARD_LOST_OR_STOLEN = "card_lost_or_stolen"
    SUSPECTED_FRAUD = "suspected_fraud"
    METHOD_NOT_USABLE = "method_not_usable"
    NO_PAYMENT_METHOD = "no_payment_method"
    CURRENCY_NOT_ACCEPTED = "currency_not_accepted"
    AMOUNT_NOT_ACCEPTED = "amount_not_accepted"
    ABANDONED_BY_PAYER = "abandoned_by_payer"
    PROCESSOR_UNAVAILABLE = "processor_unavailable"
    OTHER = "other"


class Advice(StrEnum):
    """What the payer is told to do; the texts stand in their translations."""

    CONTACT_ISSUER = "contact_issuer"
    TRY_ANOTHER_METHOD = "try_another_method"
    CHECK_NAME_AND_ADDRESS = "check_name_and_address"
    CHECK_CARD_DETAILS = "check_card_details"
    AUTHENTICATE = "authenticate"
    UPDATE_METHOD = "update_method"
    TRY_LATER = "try_later"
    CONTACT_SUPPORT = "contact_support"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a decline.

    `retryable`: the same card may well be accepted later without anybody's doing. `rests`: the issuer said no to this
    card, so it rests for an hour (GOTO-52); a payer who did not finish the prompts may try again at once.
    """

    advice: Advice
    retryable: bool
    rests: bool = True


CONSEQUENCES: dict[DeclineReason, Consequence] = {
    DeclineReason.ISSUER_DECLINED: Consequence(Advice.CONTACT_ISSUER, retryable=True),
    DeclineReason.CREDIT_LIMIT_REACHED: Consequence(Advice.CONTACT_ISSUER, retryable=True),
    DeclineReason.INSUFFICIENT_FUNDS: Consequence(Advice.CONTACT_ISSUER, retryable=True),
    DeclineReason.TRANSACTION_BLOCKED: Consequence(Advice.CONTACT_ISSUER, retryable=False),
    DeclineReason.NAME_MISMATCH: Consequence(Advice.CHECK_NAME_AND_ADDRESS, retryable=False),
    DeclineReason.ADDRESS_MISMATCH: Consequence(Advice.CHECK_NAME_AND_ADDRESS, retryable=False),
    DeclineReason.AUTHENTICATION_REQUIRED: Consequence(Advice.AUTHENTICATE, retryable=False, rests=False),
    DeclineReason.AUTHENTICATION_FAILED: Consequence(Advice.AUTHENTICATE, retryable=False, rests=False),
    DeclineReason.CARD_EXPIRED: Consequence(Advice.UPDATE_METHOD, retryable=False),
    DeclineReason.CARD_NUMBER_INVALID: Consequence(Advice.CHECK_CARD_DETAILS, retryable=False),
    DeclineReason.SECURITY_CODE_INVALID: Consequence(Advice.CHECK_CARD_DETAILS, retryable=False),
    DeclineReason.CARD_LOST_OR_STOLEN: Consequence(Advice.TRY_ANOTHER_METHOD, retryable=False),
    DeclineReason.SUSPECTED_FRAUD: Consequence(Advice.TRY_ANOTHER_METHOD, retryable=False),
    DeclineReason.METHOD_NOT_USABLE: Consequence(Advice.UPDATE_METHOD, retryable=False, rests=False),
    DeclineReason.NO_PAYMENT_METHOD: Consequence(Advice.UPDATE_METHOD, retryable=False, rests=False),
    DeclineReason.CURRENCY_NOT_ACCEPTED: Consequence(Advice.TRY_ANOTHER_METHOD, retryable=False, rests=False),
    DeclineReason.AMOUNT_NOT_ACCEPTED: Consequence(Advice.CONTACT_SUPPORT, retryable=False, rests=False),
    DeclineReason.ABANDONED_BY_PAYER: Consequence(Advice.AUTHENTICATE, retryable=False, rests=False),
    DeclineReason.PROCESSOR_UNAVAILABLE: Consequence(Advice.TRY_LATER, retryable=True, rests=False),
    DeclineReason.OTHER: Consequence(Advice.CONTACT_SUPPORT, retryable=False, rests=False),
}
