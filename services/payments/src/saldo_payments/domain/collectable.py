"""The last look: what is still to be collected, when everything under way is taken off ("one payment, once")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from saldo_money import Money

from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_states import PaymentOrigin, PaymentStatus

_NO_DUE_DATE = date.max  # sorts last


@dataclass(frozen=True, slots=True)
class Collectable:
    """Open amounts as last told, less our own payments that those do not show yet."""

    left: dict[str, Money]
    currency: str

    @property
    def total(self) -> Money:
        """Of the whole account."""
        return Money.total(self.left.values(), self.currency)

    def of(self, invoice_id: str | None) -> Money:
        """Of one invoice; None is the whole account."""
        if invoice_id is None:
            return self.total
        return self.left.get(invoice_id, Money.zero(self.currency))


def collectable(invoices: Sequence[InvoiceCopy], pending: Iterable[Payment], currency: str) -> Collectable:
    """Take each pending payment off the invoice it is meant for, and the rest of it off the oldest ones.

    Invoicing applies money the same way. `pending` are own payments that are requested, at the processor, in doubt, or
    succeeded and not yet seen in PaymentApplied; the one that asks is not among them. A requested automatic payment
    never takes more than its own invoice, because its own last look will cut it.
    """
    oldest_first = sorted(invoices, key=lambda invoice: (invoice.due_date or _NO_DUE_DATE, invoice.number))
    left = {invoice.invoice_id: invoice.open for invoice in oldest_first}
    for payment in sorted(pending, key=lambda payment: payment.invoice_id is None):
        rest = payment.amount
        if payment.invoice_id in left:
            rest = _take(left, payment.invoice_id, rest)
        if not (payment.origin is PaymentOrigin.AUTOPAY and payment.status is PaymentStatus.REQUESTED):
            for invoice_id in left:
                rest = _take(left, invoice_id, rest)
    return Collectable(left, currency)


def _take(left: dict[str, Money], invoice_id: str, rest: Money) -> Money:
    taken = min(left[invoice_id], rest)
    left[invoice_id] -= taken
    return rest - taken
