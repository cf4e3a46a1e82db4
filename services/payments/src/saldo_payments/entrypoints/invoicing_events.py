"""What payments hears of invoicing: accounts, what is open on invoices, and own payments arriving in the books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from saldo_contracts.envelope import Envelope
from saldo_contracts.events import (
    AccountOpened,
    AccountStatus,
    BillingProfileUpdated,
    Collection,
    CreditIssued,
    Event,
    InvoiceIssued,
    InvoicePaid,
    InvoicePart,
    InvoicePartiallyPaid,
    InvoiceReopened,
    PaymentApplied,
    RefundIssued,
)
from saldo_messaging import Translator

from saldo_payments.application.copy_account import CopyAccount
from saldo_payments.application.copy_invoices import CopyInvoice, CopyOpenAmounts, OpenAfter
from saldo_payments.application.request_payment import RequestPayment


def on_account_snapshot(event: Event, envelope: Envelope) -> CopyAccount | None:
    """AccountOpened and BillingProfileUpdated carry the same whole snapshot."""
    if not isinstance(event, AccountOpened | BillingProfileUpdated):
        return None
    return CopyAccount(
        account_id=event.account_id,
        seller_id=event.seller_id,
        account_number=event.account_number,
        account_version=event.account_version,
        currency=event.currency,
        country=event.country,
        automatic_collection=event.collection is Collection.AUTOMATIC,
        is_open=event.status is AccountStatus.OPEN,
    )


def on_invoice_issued(event: Event, envelope: Envelope) -> RequestPayment | None:
    if not isinstance(event, InvoiceIssued):
        return None
    return RequestPayment(
        account_id=event.account_id,
        invoice_id=event.invoice_id,
        number=event.number,
        open_minor_units=event.open_amount.minor_units,
        currency=event.open_amount.currency,
        due_date=event.due_date,
        invoice_version=envelope.sequence,
    )


def on_invoice_changed(event: Event, envelope: Envelope) -> CopyInvoice | None:
    if not isinstance(event, InvoicePartiallyPaid | InvoicePaid | InvoiceReopened):
        return None
    return CopyInvoice(
        account_id=event.account_id,
        invoice_id=event.invoice_id,
        number=event.number,
        open_minor_units=event.open_after.minor_units,
        currency=event.open_after.currency,
        due_date=event.due_date,
        invoice_version=envelope.sequence,
    )


def on_payment_applied(event: Event, envelope: Envelope) -> CopyOpenAmounts | None:
    if not isinstance(event, PaymentApplied):
        return None
    return CopyOpenAmounts(account_id=event.account_id, parts=_parts(event.applications), payment_id=event.payment_id)


def on_document_applied(event: Event, envelope: Envelope) -> CopyOpenAmounts | None:
    """A credit note or a refund touched invoices; the payment a refund names was in the books before."""
    if not isinstance(event, CreditIssued | RefundIssued):
        return None
    return CopyOpenAmounts(account_id=event.account_id, parts=_parts(event.applications), payment_id=None)


def _parts(applications: Iterable[InvoicePart]) -> tuple[OpenAfter, ...]:
    return tuple(
        OpenAfter(
            invoice_id=part.invoice_id,
            number=part.number,
            open_minor_units=part.open_after.minor_units,
            currency=part.open_after.currency,
        )
        for part in applications
    )


LISTENS: Mapping[type[Event], Translator] = {
    AccountOpened: on_account_snapshot,
    BillingProfileUpdated: on_account_snapshot,
    InvoiceIssued: on_invoice_issued,
    InvoicePartiallyPaid: on_invoice_changed,
    InvoicePaid: on_invoice_changed,
    InvoiceReopened: on_invoice_changed,
    PaymentApplied: on_payment_applied,
    CreditIssued: on_document_applied,
    RefundIssued: on_document_applied,
}
