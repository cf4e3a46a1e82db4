"""What queries answer: frozen pictures of the books, amounts in minor units of the currency beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class AddressView:
    """An address as it was saved."""

    company: str | None
    line_1: str
    line_2: str | None
    city: str
    postal_code: str | None
    region: str | None
    country: str


@dataclass(frozen=True, slots=True)
class RecipientView:
    """Somebody who gets the invoices."""

    contact_id: str
    name: str | None
    email: str
    language: str | None
    primary: bool
    origin: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account with its profile."""

    account_id: str
    seller_id: str
    number: str
    currency: str
    status: str
    language: str
    time_zone: str
    collection: str
    opened_at: datetime
    profile_version: int
    billing_address: AddressView | None
    shipping_address: AddressView | None
    recipients: tuple[RecipientView, ...]


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """A document in a list; `total` is below zero on a credit note."""

    invoice_id: str
    position: int
    seller_id: str
    number: str
    kind: str
    status: str
    currency: str
    total: int
    tax: int
    paid: int
    credited: int
    open: int
    issued_on: date
    issued_at: datetime
    due_on: date
    overdue_since: date | None
    downloadable: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a document; the service period is half open."""

    line_id: str
    kind: str
    description_key: str
    description_arguments: Mapping[str, str]
    quantity: str
    unit_price: str
    net: int
    tax: int
    tax_name: str
    tax_rate: str
    tax_category: str
    service_period: tuple[date, date] | None
    subscription_id: str | None
    credits_line_id: str | None


@dataclass(frozen=True, slots=True)
class TaxView:
    """A tax of a document; `rate` is a decimal string, `source` says where it stands."""

    name: str
    rate: str
    base: int
    tax: int
    source: str


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """Something that settled a part of a document, or below zero, was taken back."""

    receipt_id: str
    settled_by: str
    amount: int
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceDetailsView:
    """A document with everything on it."""

    invoice: InvoiceView
    charges_id: str | None
    corrects_invoice_id: str | None
    country: str | None
    region: str | None
    lines: tuple[LineView, ...]
    taxes: tuple[TaxView, ...]
    applications: tuple[ApplicationView, ...]


@dataclass(frozen=True, slots=True)
class BalanceView:
    """What an account owes; current = what is open less credit (C-40)."""

    account_id: str
    seller_id: str
    currency: str
    ledger_version: int
    dunning: str
    current: int
    overdue: int
    credit: int
    oldest_overdue_due_on: date | None
    open_invoices: tuple[InvoiceView, ...]


@dataclass(frozen=True, slots=True)
class EntryLineView:
    """A line of the journal: the amount debited to one account of the ledger and credited to the other."""

    debit: str
    credit: str
    amount: int
    invoice_id: str | None
    receipt_id: str | None


@dataclass(frozen=True, slots=True)
class EntryView:
    """One business fact in the journal."""

    entry_id: str
    kind: str
    fact_id: str
    entered_at: datetime
    ledger_version: int
    currency: str
    lines: tuple[EntryLineView, ...]


@dataclass(frozen=True, slots=True)
class InvariantView:
    """Something that must always hold, and how often it does not."""

    name: str
    statement: str
    violations: int
