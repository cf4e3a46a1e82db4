"""What invoicing hears from payments: money that came, and money that was taken back."""

from __future__ import annotations

from saldo_contracts.envelope import Envelope
from saldo_contracts.events import OfflinePaymentRecorded, PaymentReversed, PaymentSucceeded

from saldo_invoicing.application.apply_payment import ApplyPayment
from saldo_invoicing.application.reverse_payment import ReversePayment


def on_payment_succeeded(event: PaymentSucceeded, _: Envelope) -> ApplyPayment:
    """The money is ours."""
    return _apply(event)


def on_offline_payment_recorded(event: OfflinePaymentRecorded, _: Envelope) -> ApplyPayment:
    """A wire or cheque that an agent recorded counts at once; the PaymentSucceeded that follows is a repeat."""
    return _apply(event)


def on_payment_reversed(event: PaymentReversed, _: Envelope) -> ReversePayment:
    """The money was taken back, in full or in part."""
    return ReversePayment(
        account_id=event.account_id,
        payment_id=event.payment_id,
        reversal_id=event.reversal_id,
        minor_units=event.amount.minor_units,
        currency=event.amount.currency,
    )


def _apply(event: PaymentSucceeded | OfflinePaymentRecorded) -> ApplyPayment:
    return ApplyPayment(
        account_id=event.account_id,
        payment_id=event.payment_id,
        minor_units=event.amount.minor_units,
        currency=event.amount.currency,
        intended_invoice_ids=tuple(event.intended_invoice_ids),
    )
