"""What is still owed on a document; what stands on it is the document's and never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from saldo_money import Money

from saldo_invoicing.domain.account import Account
from saldo_invoicing.domain.document import Document, DocumentKind
from saldo_invoicing.domain.due_dates import late_from
from saldo_invoicing.domain.errors import IllegalTransition
from saldo_invoicing.domain.events import InvoiceEvent, InvoiceFellOverdue, InvoiceWasReopened, InvoiceWasSettled
from saldo_invoicing.domain.receipt import Receipt, ReceiptKind


class InvoiceStatus(StrEnum):
    """What people see. CREDITED is the status of a credit note, on which nothing is ever owed."""

    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    CREDITED = "credited"


OPEN = (InvoiceStatus.UNPAID, InvoiceStatus.PARTIALLY_PAID)


@dataclass(slots=True)
class Invoice:
    """An issued document and what has been settled on it.

        UNPAID -> PARTIALLY_PAID -> PAID       settled by payments and credits
           ^______________|__________|         reopened when a payment is taken back
        CREDITED                               a credit note, final from issue

    open + paid + credited = total. `position` counts the account's documents from 1. `overdue_since` is the first late
    day and is set once; the invoice is overdue while it is set and something is open.
    """

    invoice_id: str
    account_id: str
    position: int
    seller_id: str
    number: str
    kind: DocumentKind
    charges_id: str | None
    currency: str
    total: Money
    tax: Money
    open: Money
    paid: Money
    credited: Money
    issued_on: date
    issued_at: datetime
    due_on: date
    hardware: bool
    status: InvoiceStatus
    overdue_since: date | None = None
    version: int = 0
    events: list[InvoiceEvent] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether anything can be paid on it."""
        return self.status in OPEN

    @property
    def is_overdue(self) -> bool:
        """Whether something open on it is late."""
        return self.is_open and self.overdue_since is not None

    def settle(self, receipt: Receipt, at: datetime) -> Money:
        """Take what it needs from the receipt; what was taken. Raises IllegalTransition when nothing is open."""
        if not self.is_open:
            raise IllegalTransition("invoice", self.status.value, "settle")
        amount = receipt.use(self.invoice_id, self.open)
        if amount.is_zero:
            return amount
        self.open -= amount
        if receipt.kind is ReceiptKind.PAYMENT:
            self.paid += amount
        else:
            self.credited += amount
        self.status = InvoiceStatus.PAID if self.open.is_zero else InvoiceStatus.PARTIALLY_PAID
        self.events.append(InvoiceWasSettled(amount, self.open, receipt.settles_as, receipt.payment_id, at))
        return amount

    def reopen(self, amount: Money, payment_id: str) -> None:
        """Owe again what this payment had settled. Raises IllegalTransition when it had not settled that much."""
        if self.status not in (InvoiceStatus.PARTIALLY_PAID, InvoiceStatus.PAID) or amount > self.paid:
            raise IllegalTransition("invoice", self.status.value, "reopen")
        self.open += amount
        self.paid -= amount
        self.status = InvoiceStatus.UNPAID if self.open == self.total else InvoiceStatus.PARTIALLY_PAID
        self.events.append(InvoiceWasReopened(amount, self.open, payment_id))

    def fall_overdue(self, today: date) -> bool:
        """Become overdue if it is late and open and never was; whether it did, which is told once per invoice."""
        if not self.is_open or self.overdue_since is not None or today < late_from(self.due_on):
            return False
        self.overdue_since = late_from(self.due_on)
        self.events.append(InvoiceFellOverdue(self.open, self.overdue_since))
        return True


def oldest_first(invoice: Invoice) -> tuple[date, int]:
    """The order in which debts are settled: by due date, then by issue."""
    return (invoice.due_on, invoice.position)


def issued(document: Document, account: Account, now: datetime) -> Invoice:
    """The invoice of a document that asks for money; one that asks for nothing is paid at once."""
    account.documents += 1
    total = Money(document.total_minor_units, document.currency)
    nothing = Money(0, document.currency)
    return Invoice(
        invoice_id=document.document_id,
        account_id=document.account_id,
        position=account.documents,
        seller_id=account.seller_id,
        number=document.number,
        kind=document.kind,
        charges_id=document.charges_id,
        currency=document.currency,
        total=total,
        tax=Money(document.tax_minor_units, document.currency),
        open=total,
        paid=nothing,
        credited=nothing,
        issued_on=document.issued_on,
        issued_at=now,
        due_on=document.due_on,
        hardware=document.hardware,
        status=InvoiceStatus.UNPAID if total.is_positive else InvoiceStatus.PAID,
    )


def credit_note(document: Document, account: Account, now: datetime) -> Invoice:
    """The row of a credit note: its total is below zero and nothing is ever open on it."""
    note = issued(document, account, now)
    note.total, note.tax, note.open = -note.total, -note.tax, Money(0, document.currency)
    note.status = InvoiceStatus.CREDITED
    return note
