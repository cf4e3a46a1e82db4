"""What payments knows of an invoice: how much is open on it, as last told by its owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from saldo_money import Money

from saldo_payments.domain.events import DomainEvent


@dataclass(slots=True, kw_only=True)
class InvoiceCopy:
    """A copy never moves money by itself.

    `invoice_version` is that of the newest fact told under the invoice's own id. Facts told under another id (a payment
    applied, a credit) have no version of the invoice; they count in the order of the account's stream.
    """

    invoice_id: str
    account_id: str
    number: str
    open: Money
    due_date: date | None
    invoice_version: int
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    def take(self, open_after: Money, *, invoice_version: int, due_date: date) -> bool:
        """Take over a fact of the invoice itself; False for one older than the copy."""
        if invoice_version <= self.invoice_version:
            return False
        self.open, self.invoice_version, self.due_date = open_after, invoice_version, due_date
        return True
