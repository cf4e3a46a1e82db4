"""What invoicing stores, in the order in which rows are locked and written."""

from __future__ import annotations

from saldo_messaging import Group, SqlUnitOfWork, Stored

from saldo_invoicing.adapters import tables
from saldo_invoicing.application.books import OPEN_OF_ACCOUNT, UNAPPLIED_OF_ACCOUNT
from saldo_invoicing.application.credit_charges import CORRECTIONS_OF
from saldo_invoicing.application.people import CONTACTS_OF_ACCOUNT
from saldo_invoicing.domain.account import Account, BillingAddress, ShippingAddress
from saldo_invoicing.domain.contact import Contact
from saldo_invoicing.domain.document import Document
from saldo_invoicing.domain.invoice import Invoice
from saldo_invoicing.domain.journal import JournalEntry, JournalLine
from saldo_invoicing.domain.number_series import NumberSeries
from saldo_invoicing.domain.receipt import Receipt


class SqlBooks(SqlUnitOfWork):
    """Accounts first, number series last: whoever holds a series waits for nothing any more."""

    accounts = Stored(Account, tables.accounts, key="account_id")
    billing_addresses = Stored(BillingAddress, tables.billing_addresses, key="account_id")
    shipping_addresses = Stored(ShippingAddress, tables.shipping_addresses, key="account_id")
    contacts = Stored(Contact, tables.contacts, key="contact_id", groups={CONTACTS_OF_ACCOUNT: Group("account_id")})
    invoices = Stored(
        Invoice,
        tables.invoices,
        key="invoice_id",
        groups={
            OPEN_OF_ACCOUNT: Group("account_id", where=tables.IS_OPEN, holds=lambda invoice: bool(invoice.is_open))
        },
    )
    documents = Stored(
        Document, tables.documents, key="document_id", groups={CORRECTIONS_OF: Group("corrects_document_id")}
    )
    receipts = Stored(
        Receipt,
        tables.receipts,
        key="receipt_id",
        groups={
            UNAPPLIED_OF_ACCOUNT: Group(
                "account_id",
                where=tables.HAS_UNAPPLIED,
                holds=lambda receipt: bool(receipt.unapplied.is_positive),
            )
        },
    )
    journal_entries = Stored(JournalEntry, tables.journal_entries, key="entry_id", append_only=True)
    journal_lines = Stored(JournalLine, tables.journal_lines, key="line_id", append_only=True)
    series = Stored(NumberSeries, tables.number_series, key="series_id")
