"""Stripe's words for a refusal, in ours (docs.stripe.com/declines/codes); what is not listed is the issuer's no."""

from __future__ import annotations

from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.method_states import MethodRejection

REASONS: dict[str, DeclineReason] = {
    "insufficient_funds": DeclineReason.INSUFFICIENT_FUNDS,
    "card_velocity_exceeded": DeclineReason.CREDIT_LIMIT_REACHED,
    "withdrawal_count_limit_exceeded": DeclineReason.CREDIT_LIMIT_REACHED,
    "transaction_not_allowed": DeclineReason.TRANSACTION_BLOCKED,
    "service_not_allowed": DeclineReason.TRANSACTION_BLOCKED,
    "card_not_supported": DeclineReason.TRANSACTION_BLOCKED,
    "restricted_card": DeclineReason.TRANSACTION_BLOCKED,
    "security_violation": DeclineReason.TRANSACTION_BLOCKED,
    "stop_payment_order": DeclineReason.TRANSACTION_BLOCKED,
    "revocation_of_authorization": DeclineReason.TRANSACTION_BLOCKED,
    "revocation_of_all_authorizations": DeclineReason.TRANSACTION_BLOCKED,
    "incorrect_zip": DeclineReason.ADDRESS_MISMATCH,
    "incorrect_address": DeclineReason.ADDRESS_MISMATCH,
    "postal_code_invalid": DeclineReason.ADDRESS_MISMATCH,
    "invalid_cardholder_name": DeclineReason.NAME_MISMATCH,
    "authentication_required": DeclineReason.AUTHENTICATION_REQUIRED,
    "authentication_not_handled": DeclineReason.AUTHENTICATION_FAILED,
    "payment_intent_authentication_failure": DeclineReason.AUTHENTICATION_FAILED,
    "setup_intent_authentication_failure": DeclineReason.AUTHENTICATION_FAILED,
    "expired_card": DeclineReason.CARD_EXPIRED,
    "invalid_expiry_month": DeclineReason.CARD_EXPIRED,
    "invalid_expiry_year": DeclineReason.CARD_EXPIRED,
    "incorrect_number": DeclineReason.CARD_NUMBER_INVALID,
    "invalid_number": DeclineReason.CARD_NUMBER_INVALID,
    "invalid_account": DeclineReason.CARD_NUMBER_INVALID,
    "incorrect_cvc": DeclineReason.SECURITY_CODE_INVALID,
    "invalid_cvc": DeclineReason.SECURITY_CODE_INVALID,
    "lost_card": DeclineReason.CARD_LOST_OR_STOLEN,
    "stolen_card": DeclineReason.CARD_LOST_OR_STOLEN,
    "pickup_card": DeclineReason.CARD_LOST_OR_STOLEN,
    "fraudulent": DeclineReason.SUSPECTED_FRAUD,
    "merchant_blacklist": DeclineReason.SUSPECTED_FRAUD,
    "highest_risk_level": DeclineReason.SUSPECTED_FRAUD,
    "currency_not_supported": DeclineReason.CURRENCY_NOT_ACCEPTED,
    "invalid_amount": DeclineReason.AMOUNT_NOT_ACCEPTED,
    "amount_too_small": DeclineReason.AMOUNT_NOT_ACCEPTED,
    "amount_too_large": DeclineReason.AMOUNT_NOT_ACCEPTED,
    "processing_error": DeclineReason.PROCESSOR_UNAVAILABLE,
    "issuer_not_available": DeclineReason.PROCESSOR_UNAVAILABLE,
    "try_again_later": DeclineReason.PROCESSOR_UNAVAILABLE,
    "reenter_transaction": DeclineReason.PROCESSOR_UNAVAILABLE,
    "duplicate_transaction": DeclineReason.OTHER,
    "resource_missing": DeclineReason.METHOD_NOT_USABLE,
    "payment_method_unactivated": DeclineReason.METHOD_NOT_USABLE,
}

REJECTIONS: dict[DeclineReason, MethodRejection] = {
    DeclineReason.CARD_EXPIRED: MethodRejection.EXPIRED,
    DeclineReason.CARD_NUMBER_INVALID: MethodRejection.DETAILS_INVALID,
    DeclineReason.SECURITY_CODE_INVALID: MethodRejection.DETAILS_INVALID,
    DeclineReason.METHOD_NOT_USABLE: MethodRejection.DETAILS_INVALID,
    DeclineReason.ADDRESS_MISMATCH: MethodRejection.ADDRESS_MISMATCH,
    DeclineReason.NAME_MISMATCH: MethodRejection.ADDRESS_MISMATCH,
    DeclineReason.AUTHENTICATION_REQUIRED: MethodRejection.AUTHENTICATION_FAILED,
    DeclineReason.AUTHENTICATION_FAILED: MethodRejection.AUTHENTICATION_FAILED,
}


def reason_of(code: str | None, decline_code: str | None) -> DeclineReason:
    """The decline code says more than the code."""
    for word in (decline_code, code):
        if word in REASONS:
            return REASONS[word]
    return DeclineReason.ISSUER_DECLINED


def rejection_of(code: str | None, decline_code: str | None) -> MethodRejection:
    """Why a card is not kept."""
    return REJECTIONS.get(reason_of(code, decline_code), MethodRejection.PROCESSOR_DECLINED)
