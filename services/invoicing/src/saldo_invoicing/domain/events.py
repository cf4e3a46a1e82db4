"""What happened inside invoicing, in its own words; application/announcements.py says how it is told outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from saldo_money import Money

from saldo_invoicing.domain.document import Span


class ProfilePart(StrEnum):
    """What of a profile a change touched."""

    BILLING_ADDRESS = "billing_address"
    COMPANY = "company"
    CONTACT = "contact"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    COLLECTION = "collection"


class CreditReason(StrEnum):
    """Why a credit note was issued."""

    NON_PAYMENT_DOWNGRADE = "non_payment_downgrade"
    NEGATIVE_CHARGES = "negative_charges"
    CORRECTION = "correction"


class SettledBy(StrEnum):
    """What settled (part of) an invoice."""

    PAYMENT = "payment"
    CREDIT = "credit"


class Movement(StrEnum):
    """The kinds of journal entry, and of changes of the balance."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT = "credit"
    PAYMENT_REVERSED = "payment_reversed"
    DUE_DATE_PASSED = "due_date_passed"


@dataclass(frozen=True, slots=True)
class Part:
    """What one invoice got of a payment or credit, and what is open on it afterwards."""

    invoice_id: str
    number: str
    amount: Money
    open_after: Money


@dataclass(frozen=True, slots=True)
class AccountWasOpened:
    """A billing account exists from now on."""


@dataclass(frozen=True, slots=True)
class ProfileWasSaved:
    """The profile was saved; what it says now stands in the account."""

    changed: tuple[ProfilePart, ...]


@dataclass(frozen=True, slots=True)
class RecipientsWereReplaced:
    """The list of invoice recipients was saved."""


@dataclass(frozen=True, slots=True)
class ShippingWasSaved:
    """There is a place in this country to ship devices to, or with None no longer any."""

    country: str | None


@dataclass(frozen=True, slots=True)
class ContactWasRecorded:
    """What is known of a person changed."""


@dataclass(frozen=True, slots=True)
class InvoiceWasIssued:
    """A document that asks for money was issued."""

    account_number: str
    collection: str
    service_period: Span | None
    line_count: int


@dataclass(frozen=True, slots=True)
class CreditWasIssued:
    """A document that gives credit was issued, and went to these invoices."""

    account_number: str
    reason: CreditReason
    corrected_invoice_id: str | None
    parts: tuple[Part, ...]
    remaining: Money


@dataclass(frozen=True, slots=True)
class InvoiceWasSettled:
    """Something, or the last part, of an invoice was settled by a payment or a credit."""

    amount: Money
    open_after: Money
    settled_by: SettledBy
    payment_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceWasReopened:
    """What a payment had settled is owed again."""

    amount: Money
    open_after: Money
    payment_id: str


@dataclass(frozen=True, slots=True)
class InvoiceFellOverdue:
    """The local day after the due date came with something open."""

    open_after: Money
    since: date


@dataclass(frozen=True, slots=True)
class LateFeeWasCharged:
    """An overdue invoice cost a fee, which stands on the next document."""

    late_fee_id: str
    invoice_id: str
    number: str
    due_on: date
    total: Money
    open_after: Money
    amount: Money
    charged_on: date


@dataclass(frozen=True, slots=True)
class PaymentWasApplied:
    """A payment reached the books: which invoices it settled and what no invoice needed."""

    parts: tuple[Part, ...]
    surplus: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class BalanceMoved:
    """What the account owes changed; the snapshot stands in the account. `changed_by` is signed."""

    movement: Movement
    changed_by: Money


@dataclass(frozen=True, slots=True)
class BalanceWasCleared:
    """The balance was above zero and is exactly zero (or credit) now."""

    at: datetime


ContactEvent: TypeAlias = ContactWasRecorded
AccountEvent: TypeAlias = (
    AccountWasOpened
    | ProfileWasSaved
    | RecipientsWereReplaced
    | ShippingWasSaved
    | LateFeeWasCharged
    | BalanceMoved
    | BalanceWasCleared
)
InvoiceEvent: TypeAlias = (
    InvoiceWasIssued | CreditWasIssued | InvoiceWasSettled | InvoiceWasReopened | InvoiceFellOverdue
)
ReceiptEvent: TypeAlias = PaymentWasApplied
DomainEvent: TypeAlias = ContactEvent | AccountEvent | InvoiceEvent | ReceiptEvent
