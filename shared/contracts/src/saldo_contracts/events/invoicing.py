"""What invoicing tells: accounts and their profile, documents that ask for money, what pays them, and the balance."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from saldo_contracts.event import Event
from saldo_contracts.wire import (
    LINES_MAX,
    Amount,
    Code,
    Count,
    Country,
    CurrencyCode,
    Day,
    DecimalString,
    Fingerprint,
    Id,
    Language,
    Number,
    OpenVocabulary,
    Period,
    PostalCode,
    Region,
    Timestamp,
    TimeZone,
    Version,
    Wire,
)

RECIPIENTS_MAX = 5  # C-07
Url = Annotated[str, Field(pattern="^https?://", max_length=2000)]


class Collection(StrEnum):
    """How the account pays: charged by us, or by wire and cheque (contract accounts, C-02)."""

    AUTOMATIC = "automatic"
    BY_TRANSFER = "by_transfer"


class AccountStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class ProfilePart(OpenVocabulary):
    """What of a profile was changed; what it says now is not told where it is personal."""

    BILLING_ADDRESS = "billing_address"
    COMPANY = "company"
    CONTACT = "contact"
    TAX_IDENTITY = "tax_identity"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    COLLECTION = "collection"
    STATUS = "status"
    OTHER = "other"


class DocumentKind(StrEnum):
    """Documents that ask for money; Credit and Refund announce themselves (SL-04 to SL-08)."""

    NEW = "new"
    RECURRING = "recurring"
    ONE_TIME = "one_time"


class CreditReason(OpenVocabulary):
    NON_PAYMENT_DOWNGRADE = "non_payment_downgrade"
    SURPLUS_PAYMENT = "surplus_payment"
    GOODWILL = "goodwill"
    CORRECTION = "correction"
    NEGATIVE_CHARGES = "negative_charges"
    REFUND_FAILED = "refund_failed"
    WRITE_OFF = "write_off"
    OTHER = "other"


class RefundReason(OpenVocabulary):
    DUPLICATE_PAYMENT = "duplicate_payment"
    SURPLUS_PAYMENT = "surplus_payment"
    GOODWILL = "goodwill"
    CORRECTION = "correction"
    DISPUTE_ACCEPTED = "dispute_accepted"
    OTHER = "other"


class BalanceMovement(OpenVocabulary):
    """The kind of journal entry that moved the balance."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT = "credit"
    REFUND = "refund"
    REFUND_REVERSED = "refund_reversed"
    PAYMENT_REVERSED = "payment_reversed"
    CREDIT_APPLIED = "credit_applied"
    DUE_DATE_PASSED = "due_date_passed"
    WRITE_OFF = "write_off"
    OTHER = "other"


class ReopenReason(OpenVocabulary):
    PAYMENT_REVERSED = "payment_reversed"
    CREDIT_REVERSED = "credit_reversed"
    OTHER = "other"


class SettledBy(StrEnum):
    PAYMENT = "payment"
    CREDIT = "credit"


class DownloadForm(StrEnum):
    VIEW = "view"
    DOWNLOAD = "download"
    PRINT = "print"


class RecipientOrigin(StrEnum):
    PRIMARY = "primary"
    COPY = "copy"
    ADMINISTRATOR = "administrator"


class ExemptionStatus(StrEnum):
    """RECEIVED -> IN_REVIEW -> APPROVED or DECLINED (C-36); an approved one may be WITHDRAWN or EXPIRED."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ExemptionDecline(OpenVocabulary):
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    CERTIFICATE_EXPIRED = "certificate_expired"
    WRONG_JURISDICTION = "wrong_jurisdiction"
    NOT_ENTITLED = "not_entitled"
    OTHER = "other"


class DisputeReason(OpenVocabulary):
    AMOUNT_WRONG = "amount_wrong"
    NOT_ORDERED = "not_ordered"
    SERVICE_NOT_RECEIVED = "service_not_received"
    ALREADY_PAID = "already_paid"
    TAX_WRONG = "tax_wrong"
    OTHER = "other"


class DisputeRefusal(OpenVocabulary):
    WINDOW_CLOSED = "window_closed"
    ALREADY_DISPUTED = "already_disputed"
    NOTHING_OWED = "nothing_owed"
    OTHER = "other"


OpenAfter = Annotated[Amount, Field(description="What is still open on this invoice after this fact.")]


class InvoicePart(Wire):
    """What one invoice got of a payment or credit (or lost by a reversal), and what is open on it afterwards."""

    invoice_id: Id
    number: Number
    amount: Amount
    open_after: OpenAfter


class Recipient(Wire):
    contact_id: Id
    primary: bool
    origin: RecipientOrigin


class TaxEstimate(Wire):
    tax_code: Code
    rate_percent: DecimalString
    base: Amount
    amount: Amount


InvoiceParts = Annotated[tuple[InvoicePart, ...], Field(max_length=LINES_MAX)]


class _AccountSnapshot(Event):
    account_number: Number
    account_version: Version
    currency: Annotated[CurrencyCode, Field(description="One for life.")]
    language: Language
    time_zone: TimeZone
    country: Annotated[Country | None, Field(description="Of the billing address; none while there is none.")]
    region: Region | None
    postal_code: PostalCode | None
    address_fingerprint: Annotated[
        Fingerprint | None, Field(description="Keyed hash of the normalised billing address (GOTO-27).")
    ]
    collection: Collection
    status: AccountStatus
    business: Annotated[bool, Field(description="A valid VAT id is on the profile (GOTO-209); never the id itself.")]
    billing_contact_id: Annotated[Id | None, Field(description="The primary contact of the profile (GOTO-26).")]
    recipients: Annotated[
        tuple[Recipient, ...] | None,
        Field(max_length=RECIPIENTS_MAX, description="Who gets the invoices; absent where the teller did not say."),
    ] = None


class AccountOpened(_AccountSnapshot, type="billing.account.opened.v1", subject="account_id", owner="invoicing"):
    """A billing account exists from now on: whole snapshot, first version. Every service keeps a copy of it."""


class BillingProfileUpdated(
    _AccountSnapshot, type="billing.billing_profile.updated.v1", subject="account_id", owner="invoicing"
):
    """Profile, address or terms were saved: whole snapshot again. ZOOM-17, GOTO-24 to 29, 32, 33, 188, 209."""

    changed: tuple[ProfilePart, ...]


class ShippingAddressUpdated(
    Event, type="billing.shipping_address.updated.v1", subject="account_id", owner="invoicing"
):
    """There is, or is no longer, a place to ship devices to. GOTO-30, GOTO-31."""

    present: bool
    country: Country | None
    account_version: Version


class InvoiceRecipientsChanged(
    Event, type="billing.invoice_recipients.changed.v1", subject="account_id", owner="invoicing"
):
    """Who gets the invoices: the whole list, one of them primary. GOTO-22, GOTO-26, GOTO-98 to 100, C-07."""

    recipients: Annotated[tuple[Recipient, ...], Field(max_length=RECIPIENTS_MAX)]
    account_version: Version


class InvoiceIssued(Event, type="billing.invoice.issued.v1", subject="invoice_id", owner="invoicing"):
    """A document that asks for money was issued and never changes. IBM-08, 22, SL-04 to 06, GOTO-40, 147 to 180."""

    invoice_id: Id
    number: Number
    account_number: Number
    kind: DocumentKind
    currency: CurrencyCode
    total: Amount
    tax_total: Amount
    open_amount: Annotated[Amount, Field(description="Open at issue: the total less the credit that was at hand.")]
    issue_date: Day
    due_date: Day
    charges_id: Annotated[Id | None, Field(description="The ChargesFinalized it was made of.")]
    service_period: Period | None
    collection: Collection
    line_count: Count
    hardware: Annotated[bool, Field(description="An order of devices: its document cannot be downloaded (C-20).")]
    document_url: Annotated[Url | None, Field(description="Where the PDF can be fetched, signed and short-lived.")]


class PaymentApplied(Event, type="billing.payment.applied.v1", subject="payment_id", owner="invoicing"):
    """A payment reached the books: told once per payment, before the balance. IBM-02, 06, 20, SL-36, GOTO-50."""

    payment_id: Id
    amount: Amount
    applications: InvoiceParts
    surplus: Annotated[Amount, Field(description="What no invoice needed and became credit (C-08).")]
    applied_at: Timestamp


class _InvoiceFact(Event):
    invoice_id: Id
    number: Number
    due_date: Day
    total: Amount
    open_after: OpenAfter


class InvoicePartiallyPaid(
    _InvoiceFact, type="billing.invoice.partially_paid.v1", subject="invoice_id", owner="invoicing"
):
    """Something, not all, of an invoice was settled. IBM-02."""

    amount: Annotated[Amount, Field(description="What was settled by this.")]
    settled_by: SettledBy
    payment_id: Id | None


class InvoicePaid(_InvoiceFact, type="billing.invoice.paid.v1", subject="invoice_id", owner="invoicing"):
    """Nothing is open on an invoice any more. IBM-02, ZOOM-01, ZOOM-14, ZOOM-21, GOTO-51."""

    amount: Annotated[Amount, Field(description="What was settled by this, the last part.")]
    settled_by: SettledBy
    payment_id: Id | None
    paid_at: Timestamp


class InvoiceReopened(_InvoiceFact, type="billing.invoice.reopened.v1", subject="invoice_id", owner="invoicing"):
    """What had been settled is owed again, because a payment or credit was taken back."""

    amount: Annotated[Amount, Field(description="What is owed again by this.")]
    reason: ReopenReason
    payment_id: Id | None


class InvoiceOverdue(_InvoiceFact, type="billing.invoice.overdue.v1", subject="invoice_id", owner="invoicing"):
    """The local day after the due date came with something open. ZOOM-03, SL-15, GOTO-54, GOTO-131."""

    overdue_since: Annotated[Day, Field(description="The local day after the due date.")]


class LateFeeCharged(_InvoiceFact, type="billing.late_fee.charged.v1", subject="late_fee_id", owner="invoicing"):
    """An overdue invoice cost a fee, once; it is a line of the next document. SL-15, C-38."""

    late_fee_id: Id
    amount: Amount
    charged_on: Day


class BalanceChanged(Event, type="billing.balance.changed.v1", subject="account_id", owner="invoicing"):
    """What the account owes now: whole snapshot. IBM-06, IBM-20, SL-36, C-24; a copy ignores an older ledger_version.

    balance = open on all issued invoices less credit; it is negative when there is more credit than debt.
    """

    ledger_version: Version
    balance: Amount
    overdue: Amount
    credit: Annotated[Amount, Field(description="Credit not used yet, zero or more.")]
    oldest_overdue_due_date: Day | None
    oldest_overdue_invoice_id: Id | None
    movement: BalanceMovement
    changed_by: Annotated[Amount, Field(description="Signed: what this entry added to the balance.")]


class BalanceCleared(Event, type="billing.balance.cleared.v1", subject="account_id", owner="invoicing"):
    """The balance was above zero and is exactly 0.00 (or credit) now. ZOOM-01, 02, 21, GOTO-53, GOTO-192."""

    ledger_version: Version
    balance: Amount
    cleared_at: Timestamp


class CreditIssued(Event, type="billing.credit_note.issued.v1", subject="credit_note_id", owner="invoicing"):
    """A document that gives credit, and the invoices it went to. SL-07, ZOOM-04, ZOOM-05, GOTO-203."""

    credit_note_id: Id
    number: Number
    account_number: Number
    amount: Annotated[Amount, Field(description="Positive, taxes included.")]
    tax_total: Amount
    reason: CreditReason
    corrected_invoice_id: Annotated[Id | None, Field(description="The invoice it corrects, if it corrects one.")]
    applications: InvoiceParts
    remaining: Annotated[Amount, Field(description="What no invoice needed and stands as credit of the account.")]
    issue_date: Day
    document_url: Url | None


class RefundIssued(Event, type="billing.refund.issued.v1", subject="refund_id", owner="invoicing"):
    """A finance operator gave money back: payments will send it. SL-08, GOTO-83, C-25."""

    refund_id: Id
    number: Number
    account_number: Number
    payment_id: Id
    amount: Annotated[Amount, Field(description="Positive.")]
    reason: RefundReason
    applications: Annotated[
        InvoiceParts, Field(description="Invoices whose settlement the refund changed; empty when it came of credit.")
    ]
    issue_date: Day
    document_url: Url | None


class InvoiceDownloaded(Event, type="billing.invoice.downloaded.v1", subject="invoice_id", owner="invoicing"):
    """Somebody fetched the document of an invoice, a credit or a refund. ZOOM-09, SL-11, SL-13, GOTO-94, GOTO-96."""

    invoice_id: Id
    number: Number
    form: DownloadForm
    downloaded_at: Timestamp


class TaxExemptionRequested(
    Event, type="billing.tax_exemption.requested.v1", subject="exemption_id", owner="invoicing"
):
    """A request with its certificate came in, by upload or by an agent. GOTO-14, GOTO-207, C-36."""

    exemption_id: Id
    country: Country
    region: Region | None
    certificate_id: Id
    case_id: Id | None
    requested_at: Timestamp


class TaxExemptionStatusChanged(
    Event, type="billing.tax_exemption.status_changed.v1", subject="exemption_id", owner="invoicing"
):
    """A request moved on; approval counts for invoices issued afterwards. GOTO-14, GOTO-208, C-36."""

    exemption_id: Id
    country: Country
    region: Region | None
    status: ExemptionStatus
    previous_status: ExemptionStatus
    valid_from: Day | None
    valid_until: Day | None
    decline_reason: ExemptionDecline | None


class FeeRatesChanged(Event, type="billing.fee_rates.changed.v1", subject="fee_rate_id", owner="invoicing"):
    """A seller's fee has another rate from a day on. GOTO-167, 168, 179, C-34.

    It is no account's fact: `account_id` holds the seller's id, so that a seller's rates stay in order on one key.
    """

    fee_rate_id: Id
    fee_code: Code
    country: Country
    region: Region | None
    wireless_class: Code | None
    rate_percent: Annotated[DecimalString | None, Field(description="Either this or `amount`.")]
    amount: Annotated[Amount | None, Field(description="A fixed fee per document.")]
    effective_from: Day
    effective_before: Day | None


class DisputeOpened(_InvoiceFact, type="billing.dispute.opened.v1", subject="dispute_id", owner="invoicing"):
    """An invoice is disputed in time; its due date stands. GOTO-202, C-35."""

    dispute_id: Id
    reason: DisputeReason
    disputed_amount: Amount
    received_on: Day
    window_ends_on: Day
    case_id: Id | None


class DisputeRefused(_InvoiceFact, type="billing.dispute.refused.v1", subject="dispute_id", owner="invoicing"):
    """An invoice cannot be disputed (any more). GOTO-202, GOTO-203, C-35."""

    dispute_id: Id
    refusal: DisputeRefusal
    received_on: Day
    window_ends_on: Day
    case_id: Id | None


class QuoteTaxesEstimated(Event, type="billing.quote_taxes.estimated.v1", subject="quote_id", owner="invoicing"):
    """Invoicing's answer to QuoteIssued: what the taxes of the quote would be today. GOTO-186."""

    quote_id: Id
    quote_version: Annotated[Version, Field(description="The version of the quote that was answered.")]
    net_total: Amount
    taxes: Annotated[tuple[TaxEstimate, ...], Field(max_length=LINES_MAX)]
    tax_total: Amount
    estimated_on: Day
