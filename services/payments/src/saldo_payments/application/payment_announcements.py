"""Payments in the words other services read."""

from __future__ import annotations

from saldo_contracts import events as told
from saldo_contracts.wire import Amount
from saldo_money import Money

from saldo_payments.application.method_announcements import summary
from saldo_payments.domain.account import Account
from saldo_payments.domain.events import (
    AttemptLimitMet,
    AuthenticationAsked,
    AutopaySwitched,
    ChargeBegun,
    CollectionFailed,
    MoneyCollected,
    PayerAuthenticated,
)
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_states import PaymentOrigin


def autopay_changed(account: Account, event: AutopaySwitched) -> told.AutopayChanged:
    return told.AutopayChanged(account_id=account.account_id, seller_id=account.seller_id, enabled=event.enabled)


def limit_reached(account: Account, event: AttemptLimitMet) -> told.PaymentAttemptLimitReached:
    return told.PaymentAttemptLimitReached(
        account_id=account.account_id,
        seller_id=account.seller_id,
        until=event.until,
        attempts_max=event.attempts_max,
        last_payment_id=event.payment_id,
    )


def initiated(payment: Payment, event: ChargeBegun) -> told.PaymentInitiated:
    return told.PaymentInitiated(
        account_id=payment.account_id,
        seller_id=payment.seller_id,
        payment_id=payment.payment_id,
        amount=_amount(payment.amount),
        attempt_id=event.attempt_id,
        origin=_origin(payment, retry=event.retry),
        customer_present=payment.customer_present,
        intended_invoice_ids=_invoices(payment),
        payment_method_id=event.method_id,
        method=summary(event.face),
    )


def authentication_required(payment: Payment, event: AuthenticationAsked) -> told.PaymentAuthenticationRequired:
    return told.PaymentAuthenticationRequired(
        account_id=payment.account_id,
        seller_id=payment.seller_id,
        payment_id=payment.payment_id,
        amount=_amount(payment.amount),
        attempt_id=event.attempt_id,
        origin=_origin(payment, retry=False),
        customer_present=payment.customer_present,
        intended_invoice_ids=_invoices(payment),
        method=summary(event.face),
        expires_at=event.expires_at,
        contact_id=None,
    )


def authenticated(payment: Payment, event: PayerAuthenticated) -> told.PaymentAuthenticated:
    return told.PaymentAuthenticated(
        account_id=payment.account_id,
        seller_id=payment.seller_id,
        payment_id=payment.payment_id,
        amount=_amount(payment.amount),
        attempt_id=event.attempt_id,
        authenticated_at=event.at,
    )


def succeeded(payment: Payment, event: MoneyCollected) -> told.PaymentSucceeded:
    return told.PaymentSucceeded(
        account_id=payment.account_id,
        seller_id=payment.seller_id,
        payment_id=payment.payment_id,
        amount=_amount(event.amount),
        attempt_id=event.attempt_id,
        origin=_origin(payment, retry=event.retry),
        customer_present=payment.customer_present,
        intended_invoice_ids=_invoices(payment),
        payment_method_id=event.method_id,
        method=summary(event.face),
        captured_at=event.captured_at,
        receipt_contact_id=None,
    )


def failed(payment: Payment, event: CollectionFailed) -> told.PaymentFailed:
    return told.PaymentFailed(
        account_id=payment.account_id,
        seller_id=payment.seller_id,
        payment_id=payment.payment_id,
        amount=_amount(payment.amount),
        attempt_id=event.attempt_id,
        origin=_origin(payment, retry=event.retry),
        customer_present=payment.customer_present,
        intended_invoice_ids=_invoices(payment),
        payment_method_id=event.method_id,
        method=summary(event.face) if event.face else None,
        reason=told.DeclineReason(event.reason.value),
        advice=told.AdviceKey(event.consequence.advice.value),
        retryable=event.consequence.retryable,
        retry_not_before=event.method_rests_until,
        next_automatic_try_at=event.next_automatic_try_at,
        contact_id=None,
    )


def _amount(money: Money) -> Amount:
    return Amount(minor_units=money.minor_units, currency=money.currency.code)


def _origin(payment: Payment, *, retry: bool) -> told.PaymentOrigin:
    """A further try of an automatic payment is the schedule's, not the invoice's."""
    if payment.origin is PaymentOrigin.AUTOPAY and retry:
        return told.PaymentOrigin.RETRY
    return told.PaymentOrigin(payment.origin.value)


def _invoices(payment: Payment) -> tuple[str, ...]:
    return (payment.invoice_id,) if payment.invoice_id else ()
