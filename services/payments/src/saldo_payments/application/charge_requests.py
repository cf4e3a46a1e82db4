"""From rows to what the processor is told of an attempt, and back from a claim's answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from saldo_money import Money
from saldo_work import Answer, Json

from saldo_payments.application.ports import CardCheckRequest, ChargeRequest
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_method import PaymentMethod


def charge_answer(payment: Payment, attempt: PaymentAttempt, method: PaymentMethod | None) -> Answer:
    """What a claim answers; it stays in memory, since a loop's answers are not stored."""
    return {
        "attempt_id": attempt.attempt_id,
        "payment_id": payment.payment_id,
        "account_id": payment.account_id,
        "seller_id": payment.seller_id,
        "minor_units": attempt.amount.minor_units,
        "currency": attempt.amount.currency.code,
        "token": method.processor_token if method else payment.one_time_token,
        "customer": method.processor_customer if method else None,
        "customer_present": attempt.customer_present,
        "strong_authentication": attempt.strong_authentication,
        "first_asked_at": attempt.recorded_at.isoformat(),
        "reference": attempt.reference,
        "call_off": attempt.call_off,
    }


def charge_request(answer: Mapping[str, Json]) -> ChargeRequest:
    """The request of a claim's answer."""
    return ChargeRequest(
        attempt_id=str(answer["attempt_id"]),
        payment_id=str(answer["payment_id"]),
        account_id=str(answer["account_id"]),
        seller_id=str(answer["seller_id"]),
        amount=Money(_whole(answer["minor_units"]), str(answer["currency"])),
        token=_text(answer["token"]),
        customer=_text(answer["customer"]),
        customer_present=bool(answer["customer_present"]),
        strong_authentication=bool(answer["strong_authentication"]),
        first_asked_at=datetime.fromisoformat(str(answer["first_asked_at"])),
        reference=_text(answer["reference"]),
    )


def card_check_request(answer: Mapping[str, Json]) -> CardCheckRequest:
    """The request of a claimed card check."""
    return CardCheckRequest(
        payment_method_id=str(answer["payment_method_id"]),
        account_id=str(answer["account_id"]),
        seller_id=str(answer["seller_id"]),
        token=str(answer["token"]),
        customer=_text(answer["customer"]),
        strong_authentication=bool(answer["strong_authentication"]),
        reference=_text(answer["reference"]),
    )


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


def _whole(value: Json) -> int:
    if not isinstance(value, int):
        raise TypeError("minor units are a whole number")
    return value
