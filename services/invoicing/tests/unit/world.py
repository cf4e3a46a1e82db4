"""One account in memory with everything that was issued, paid and entered; what unit tests share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from saldo_invoicing.domain.account import Account, Collection, Profile, opened
from saldo_invoicing.domain.credit_lines import CreditedLine, credit_lines
from saldo_invoicing.domain.document import Charge, Document, DocumentKind, LineKind, kind_of
from saldo_invoicing.domain.events import CreditReason
from saldo_invoicing.domain.invoice import Invoice
from saldo_invoicing.domain.journal import JournalLine, LedgerAccount
from saldo_invoicing.domain.receipt import Receipt
from saldo_invoicing.domain.receivables import Receivables
from saldo_invoicing.domain.taxes import TaxRate, assess
from saldo_money import Money

START = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)
CURRENCY = "EUR"
VAT = TaxRate("aurora", "DE", "standard", date(2007, 1, 1), Decimal("0.19"), "VAT 19 %", "test")
PROFILE = Profile(
    language="en",
    time_zone="UTC",
    country="DE",
    region=None,
    postal_code="10115",
    address_fingerprint=None,
    collection=Collection.AUTOMATIC,
)


def new_id() -> str:
    """A fresh id."""
    return str(uuid4())


def new_account(profile: Profile = PROFILE) -> Account:
    """An account that owes nothing."""
    return opened(new_id(), "aurora", number="A00000016", currency=CURRENCY, profile=profile, recipients=(), at=START)


def charge(minor_units: int, *, kind: LineKind = LineKind.RECURRING, first: bool = False) -> Charge:
    """A finished line."""
    return Charge(
        line_id=new_id(),
        kind=kind,
        description_key="plan",
        net_minor_units=minor_units,
        tax_category="standard",
        first_of_series=first,
    )


@dataclass
class World:
    """The account's rows as a database would hold them, and a clock; each step opens the books anew."""

    account: Account = field(default_factory=new_account)
    now: datetime = START
    invoices: dict[str, Invoice] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    lines: list[JournalLine] = field(default_factory=list)
    told: list[object] = field(default_factory=list)
    late_fee: int = 0

    def open_books(self, *also: str) -> Receivables:
        """As `application.books.open_books` does it."""
        wanted = [one for one in self.invoices.values() if one.is_open or one.invoice_id in also]
        waiting = [one for one in self.receipts.values() if one.unapplied.is_positive]
        return Receivables(self.account, wanted, waiting, now=self.now)

    def put_away(self, books: Receivables) -> None:
        """As `application.books.put_away` does it."""
        for entity in books.changed:
            if isinstance(entity, Invoice):
                self.invoices[entity.invoice_id] = entity
            else:
                self.receipts[entity.receipt_id] = entity
            self.told += entity.events
            entity.events.clear()
        self.told += self.account.events
        self.account.events.clear()
        self.lines += books.lines

    def draft(self, charges: list[Charge]) -> Document:
        """The document of these charges, due today."""
        assessed = assess(charges, [VAT] * len(charges))
        document = Document(
            document_id=new_id(),
            account_id=self.account.account_id,
            number=str(len(self.documents) + 1),
            kind=kind_of(charges),
            currency=CURRENCY,
            issued_on=self.now.date(),
            due_on=self.now.date(),
            country="DE",
            region=None,
            lines=assessed.lines,
            taxes=assessed.taxes,
        )
        self.documents[document.document_id] = document
        return document

    def issue(self, *nets: int) -> Invoice:
        """Issue an invoice of these net amounts."""
        books = self.open_books()
        invoice = books.issue(self.draft([charge(net) for net in nets]))
        self.put_away(books)
        return invoice

    def pay(self, minor_units: int, *intended: str) -> Receipt:
        """A payment comes."""
        books = self.open_books()
        receipt = books.receive(new_id(), Money(minor_units, CURRENCY), intended)
        self.put_away(books)
        return receipt

    def reverse(self, receipt: Receipt, minor_units: int) -> None:
        """(A part of) a payment is taken back."""
        books = self.open_books(*(part.invoice_id for part in receipt.applied))
        amount = Money(minor_units, CURRENCY)
        books.take_back(receipt, amount, reversal_id=new_id(), late_fee=self.late_fee)
        self.put_away(books)

    def credit(self, invoice: Invoice, *wanted: CreditedLine) -> Document:
        """Lines of an invoice are credited."""
        corrected = self.documents[invoice.invoice_id]
        earlier = [one for one in self.documents.values() if one.corrects_document_id == corrected.document_id]
        note_id = new_id()
        credited = credit_lines(corrected, wanted, earlier=earlier, note_id=note_id)
        note = Document(
            document_id=note_id,
            account_id=self.account.account_id,
            number=f"C{len(self.documents)}",
            kind=DocumentKind.CREDIT,
            currency=CURRENCY,
            issued_on=self.now.date(),
            due_on=self.now.date(),
            country="DE",
            region=None,
            lines=credited.lines,
            taxes=credited.taxes,
            corrects_document_id=corrected.document_id,
        )
        self.documents[note_id] = note
        books = self.open_books()
        books.give_credit(note, CreditReason.NON_PAYMENT_DOWNGRADE)
        self.put_away(books)
        return note

    def days_pass(self, days: int) -> None:
        """Time goes by and every overdue timer rings."""
        self.now += timedelta(days=days)
        for invoice in list(self.invoices.values()):
            books = self.open_books(invoice.invoice_id)
            if books.pass_due_date(invoice.invoice_id, self.late_fee):
                self.put_away(books)

    def balances(self) -> Counter[LedgerAccount]:
        """Debits less credits of every account of the ledger."""
        sums: Counter[LedgerAccount] = Counter()
        for line in self.lines:
            sums[line.debit] += line.amount.minor_units
            sums[line.credit] -= line.amount.minor_units
        return sums
