"""The tables of invoicing; their CHECK constraints repeat what the domain promises."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

CURRENCY_IS_ISO = "currency ~ '^[A-Z]{3}$'"


def _uuid() -> Uuid[str]:
    return Uuid(as_uuid=False)


accounts = Table(
    "accounts",
    metadata,
    Column("account_id", _uuid(), primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("country", Text, nullable=True),
    Column("region", Text, nullable=True),
    Column("postal_code", Text, nullable=True),
    Column("address_fingerprint", Text, nullable=True),
    Column("collection", Text, nullable=False),
    Column("recipients", JSONB, nullable=False),
    Column("open_minor_units", BigInteger, nullable=False),
    Column("credit_minor_units", BigInteger, nullable=False),
    Column("overdue_minor_units", BigInteger, nullable=False),
    Column("dunning", Text, nullable=False),
    Column("oldest_overdue_due_on", Date, nullable=True),
    Column("oldest_overdue_invoice_id", _uuid(), nullable=True),
    Column("late_fees", JSONB, nullable=False),
    Column("documents", BigInteger, nullable=False),
    Column("profile_version", BigInteger, nullable=False),
    Column("ledger_version", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    UniqueConstraint("seller_id", "number", name="accounts_number"),
    CheckConstraint(CURRENCY_IS_ISO, name="accounts_currency"),
    CheckConstraint("status in ('open', 'closed')", name="accounts_status"),
    CheckConstraint("collection in ('automatic', 'by_transfer')", name="accounts_collection"),
    CheckConstraint(
        "open_minor_units >= 0 and credit_minor_units >= 0 and overdue_minor_units between 0 and open_minor_units",
        name="accounts_balance",
    ),
    CheckConstraint("open_minor_units = 0 or credit_minor_units = 0", name="accounts_no_credit_beside_debt"),
    CheckConstraint(
        "dunning = case when open_minor_units = 0 then 'clear' when overdue_minor_units = 0 then 'due' "
        "else 'overdue' end",
        name="accounts_dunning",
    ),
    CheckConstraint(
        "(overdue_minor_units = 0) = (oldest_overdue_due_on is null) "
        "and (overdue_minor_units = 0) = (oldest_overdue_invoice_id is null)",
        name="accounts_oldest_overdue",
    ),
    comment="Billing accounts with a provable snapshot of what they owe",
)


def _addresses(name: str, comment: str) -> Table:
    return Table(
        name,
        metadata,
        Column("account_id", _uuid(), ForeignKey("accounts.account_id"), primary_key=True),
        Column("company", Text, nullable=True),
        Column("line_1", Text, nullable=False),
        Column("line_2", Text, nullable=True),
        Column("city", Text, nullable=False),
        Column("postal_code", Text, nullable=True),
        Column("region", Text, nullable=True),
        Column("country", Text, nullable=False),
        Column("version", BigInteger, nullable=False),
        comment=comment,
    )


billing_addresses = _addresses("billing_addresses", "Personal data: street lines, which stand in no event")
shipping_addresses = _addresses("shipping_addresses", "Personal data: where devices are sent to")

contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", _uuid(), primary_key=True),
    Column("account_id", _uuid(), ForeignKey("accounts.account_id"), nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("name", Text, nullable=True),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=True),
    Column("roles", JSONB, nullable=False),
    Column("contact_version", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    comment="Personal data: who gets the invoices",
)
Index("contacts_of_account", contacts.c.account_id)

invoices = Table(
    "invoices",
    metadata,
    Column("invoice_id", _uuid(), primary_key=True),
    Column("account_id", _uuid(), ForeignKey("accounts.account_id"), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("charges_id", _uuid(), nullable=True),
    Column("currency", Text, nullable=False),
    Column("total_minor_units", BigInteger, nullable=False),
    Column("tax_minor_units", BigInteger, nullable=False),
    Column("open_minor_units", BigInteger, nullable=False),
    Column("paid_minor_units", BigInteger, nullable=False),
    Column("credited_minor_units", BigInteger, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("hardware", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("overdue_since", Date, nullable=True),
    Column("version", BigInteger, nullable=False),
    UniqueConstraint("seller_id", "number", name="invoices_number"),
    UniqueConstraint("charges_id", name="invoices_charges"),
    UniqueConstraint("account_id", "position", name="invoices_of_account"),
    CheckConstraint(CURRENCY_IS_ISO, name="invoices_currency"),
    CheckConstraint("kind in ('new', 'recurring', 'one_time', 'credit')", name="invoices_kind"),
    CheckConstraint("(kind = 'credit') = (status = 'credited')", name="invoices_credit_is_credited"),
    CheckConstraint(
        "open_minor_units >= 0 and paid_minor_units >= 0 and credited_minor_units >= 0 and "
        "open_minor_units + paid_minor_units + credited_minor_units = greatest(total_minor_units, 0)",
        name="invoices_settled",
    ),
    CheckConstraint(
        "status = case when kind = 'credit' then 'credited' when open_minor_units = 0 then 'paid' "
        "when open_minor_units = total_minor_units then 'unpaid' else 'partially_paid' end",
        name="invoices_status",
    ),
    CheckConstraint("(kind = 'credit') = (total_minor_units < 0)", name="invoices_total"),
    CheckConstraint("overdue_since is null or overdue_since > due_on", name="invoices_overdue"),
    comment="Issued documents and what was settled on them; a trigger keeps what the document says",
)
IS_OPEN = invoices.c.status.in_(("unpaid", "partially_paid"))
Index(
    "invoices_open_of_account", invoices.c.account_id, postgresql_where=text("status in ('unpaid', 'partially_paid')")
)

documents = Table(
    "documents",
    metadata,
    Column("document_id", _uuid(), ForeignKey("invoices.invoice_id"), primary_key=True),
    Column("account_id", _uuid(), nullable=False),
    Column("number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("country", Text, nullable=True),
    Column("region", Text, nullable=True),
    Column("lines", JSONB, nullable=False),
    Column("taxes", JSONB, nullable=False),
    Column("charges_id", _uuid(), nullable=True),
    Column("corrects_document_id", _uuid(), ForeignKey("invoices.invoice_id"), nullable=True),
    Column("version", Integer, nullable=False),
    CheckConstraint("corrects_document_id is null or kind = 'credit'", name="documents_corrects"),
    comment="What issued documents say: never updated, never deleted",
)
Index(
    "documents_corrections",
    documents.c.corrects_document_id,
    postgresql_where=documents.c.corrects_document_id.is_not(None),
)

receipts = Table(
    "receipts",
    metadata,
    Column("receipt_id", _uuid(), primary_key=True),
    Column("account_id", _uuid(), ForeignKey("accounts.account_id"), nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor_units", BigInteger, nullable=False),
    Column("unapplied_minor_units", BigInteger, nullable=False),
    Column("reversed_minor_units", BigInteger, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("applied", JSONB, nullable=False),
    Column("reversals", JSONB, nullable=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("kind in ('payment', 'credit')", name="receipts_kind"),
    CheckConstraint(CURRENCY_IS_ISO, name="receipts_currency"),
    CheckConstraint(
        "amount_minor_units > 0 and unapplied_minor_units >= 0 and reversed_minor_units >= 0 "
        "and unapplied_minor_units + reversed_minor_units <= amount_minor_units",
        name="receipts_parts",
    ),
    CheckConstraint("kind = 'payment' or reversed_minor_units = 0", name="receipts_credit_stays"),
    comment="Payments and credit notes, and what no invoice needed of them yet",
)
HAS_UNAPPLIED = receipts.c.unapplied_minor_units > 0
Index("receipts_unapplied_of_account", receipts.c.account_id, postgresql_where=text("unapplied_minor_units > 0"))

LEDGER_ACCOUNTS = "('receivable', 'revenue', 'tax_payable', 'cash', 'customer_credit')"

journal_entries = Table(
    "journal_entries",
    metadata,
    Column("entry_id", _uuid(), primary_key=True),
    Column("account_id", _uuid(), ForeignKey("accounts.account_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("fact_id", Text, nullable=False),
    Column("entered_at", DateTime(timezone=True), nullable=False),
    Column("ledger_version", BigInteger, nullable=False),
    UniqueConstraint("account_id", "ledger_version", name="journal_entries_of_account"),
    comment="One business fact each: append only",
)

journal_lines = Table(
    "journal_lines",
    metadata,
    Column("line_id", _uuid(), nullable=False),
    Column("entry_id", _uuid(), ForeignKey("journal_entries.entry_id"), nullable=False),
    Column("account_id", _uuid(), nullable=False),
    Column("position", Integer, nullable=False),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("amount_minor_units", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("invoice_id", _uuid(), nullable=True),
    Column("receipt_id", _uuid(), nullable=True),
    PrimaryKeyConstraint("entry_id", "position", name="journal_lines_pkey"),
    CheckConstraint("amount_minor_units > 0", name="journal_lines_amount"),
    CheckConstraint(
        f"debit in {LEDGER_ACCOUNTS} and credit in {LEDGER_ACCOUNTS} and debit <> credit", name="journal_lines_accounts"
    ),
    CheckConstraint(
        "(debit <> 'receivable' and credit <> 'receivable') or invoice_id is not null", name="journal_lines_invoice"
    ),
    CheckConstraint(
        "(debit <> 'customer_credit' and credit <> 'customer_credit') or receipt_id is not null",
        name="journal_lines_receipt",
    ),
    CheckConstraint(CURRENCY_IS_ISO, name="journal_lines_currency"),
    comment="Each line debits and credits the same amount, so no entry is ever out of balance: append only",
)
Index("journal_lines_of_invoice", journal_lines.c.invoice_id, postgresql_where=journal_lines.c.invoice_id.is_not(None))

number_series = Table(
    "number_series",
    metadata,
    Column("series_id", Text, primary_key=True),
    Column("next_number", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("next_number >= 1", name="number_series_from_one"),
    comment="The next number of each seller's series; locked last, so that numbers have no gaps",
)
