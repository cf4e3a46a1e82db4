"""What one account owes: documents, receipts and the journal move together, and the balance is their sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from saldo_money import Money

from saldo_invoicing.domain.account import Account, LateFee
from saldo_invoicing.domain.document import Document
from saldo_invoicing.domain.due_dates import local_day
from saldo_invoicing.domain.dunning import DunningTrigger, next_state
from saldo_invoicing.domain.events import (
    BalanceMoved,
    BalanceWasCleared,
    CreditReason,
    CreditWasIssued,
    InvoiceWasIssued,
    InvoiceWasSettled,
    LateFeeWasCharged,
    Movement,
    Part,
    PaymentWasApplied,
    SettledBy,
)
from saldo_invoicing.domain.ids import derived_id
from saldo_invoicing.domain.invoice import Invoice, credit_note, issued, oldest_first
from saldo_invoicing.domain.journal import EntryDraft, JournalEntry, JournalLine, LedgerAccount
from saldo_invoicing.domain.receipt import Receipt, ReceiptKind, came


class Receivables:
    """The account with all its open invoices and all receipts that have something unapplied, for one command.

    Every operation writes one journal entry, lets waiting credit settle what is open, brings the account's snapshot
    and dunning up to date and gathers the domain events. So no credit waits while anything is open, and an operation
    that moved nothing tells nothing. Afterwards `changed` is what to save, in the order of telling.
    """

    def __init__(
        self, account: Account, invoices: Iterable[Invoice], receipts: Iterable[Receipt], *, now: datetime
    ) -> None:
        self.account = account
        self.now = now
        self.today: date = local_day(now, account.time_zone)
        self._invoices = {invoice.invoice_id: invoice for invoice in invoices}
        self._receipts = {receipt.receipt_id: receipt for receipt in receipts}
        self._draft = EntryDraft(account.account_id, Movement.INVOICE, account.account_id, now)
        self._touched: dict[str, Receipt | Invoice] = {}
        self._before = (account.balance, account.overdue, account.open)
        self._opened = False
        self._fell_overdue = False

    # -- the operations: one per Receivables ---------------------------------------------------------------------

    def issue(self, document: Document) -> Invoice:
        """Enter an issued document (total zero or more) and let waiting credit pay what it can."""
        account = self.account
        self._begin(Movement.INVOICE, document.document_id)
        invoice = issued(document, account, self.now)
        invoice.events.append(
            InvoiceWasIssued(
                account_number=account.number,
                collection=account.collection.value,
                service_period=document.service_period,
                line_count=len(document.lines),
            )
        )
        if not invoice.is_open:
            nothing = Money(0, account.currency)
            invoice.events.append(InvoiceWasSettled(nothing, nothing, SettledBy.CREDIT, None, self.now))
        self._touch(invoice)
        self._invoices[invoice.invoice_id] = invoice
        self._opened = True
        for revenue, minor_units in _split(document):
            amount = Money(minor_units, account.currency)
            self._draft.move(LedgerAccount.RECEIVABLE, revenue, amount, invoice_id=invoice.invoice_id)
        self._finish()
        return invoice

    def give_credit(self, document: Document, reason: CreditReason) -> Invoice:
        """Enter a credit note: it settles the invoice it corrects first, then the oldest, and the rest waits."""
        account = self.account
        self._begin(Movement.CREDIT, document.document_id)
        note = credit_note(document, account, self.now)
        total = Money(document.total_minor_units, account.currency)
        receipt = came(
            document.document_id,
            account.account_id,
            seller_id=account.seller_id,
            kind=ReceiptKind.CREDIT,
            amount=total,
            received_at=self.now,
        )
        self._touch(note)
        self._touch(receipt)
        self._receipts[receipt.receipt_id] = receipt
        for revenue, minor_units in _split(document):
            amount = Money(minor_units, account.currency)
            self._draft.move(revenue, LedgerAccount.CUSTOMER_CREDIT, amount, receipt_id=receipt.receipt_id)
        first = [document.corrects_document_id] if document.corrects_document_id else []
        parts = self._apply(receipt, LedgerAccount.CUSTOMER_CREDIT, first)
        note.events.append(
            CreditWasIssued(account.number, reason, document.corrects_document_id, parts, receipt.unapplied)
        )
        self._finish()
        return note

    def receive(self, payment_id: str, amount: Money, intended: Sequence[str]) -> Receipt:
        """Enter a payment: the invoices it is meant for first, the rest oldest due first, any surplus is credit."""
        account = self.account
        self._begin(Movement.PAYMENT, payment_id)
        receipt = came(
            payment_id,
            account.account_id,
            seller_id=account.seller_id,
            kind=ReceiptKind.PAYMENT,
            amount=amount,
            received_at=self.now,
        )
        self._touch(receipt)
        self._receipts[payment_id] = receipt
        parts = self._apply(receipt, LedgerAccount.CASH, intended)
        self._draft.move(LedgerAccount.CASH, LedgerAccount.CUSTOMER_CREDIT, receipt.unapplied, receipt_id=payment_id)
        receipt.events.append(PaymentWasApplied(parts, receipt.unapplied, self.now))
        self._finish()
        return receipt

    def take_back(self, receipt: Receipt, amount: Money, *, reversal_id: str, late_fee: int) -> None:
        """Reverse a payment by a new entry: its unused credit first, then what it paid, latest due first.

        The invoices that it settles are among the invoices given, open or not.
        """
        self._begin(Movement.PAYMENT_REVERSED, reversal_id)
        unused = receipt.take_back_unused(amount)
        receipt.reversals = (*receipt.reversals, reversal_id)
        self._touch(receipt)
        self._draft.move(LedgerAccount.CUSTOMER_CREDIT, LedgerAccount.CASH, unused, receipt_id=receipt.receipt_id)
        settled = sorted((self._invoices[part.invoice_id] for part in receipt.applied), key=oldest_first, reverse=True)
        wanted = amount - unused
        reopened = []
        for invoice in settled:
            undone = receipt.take_back_from(invoice.invoice_id, wanted)
            if not undone.is_zero:
                wanted -= undone
                self._undo(invoice, receipt, undone)
                reopened.append(invoice)
        self._use_waiting_credit()
        for invoice in reopened:
            self._pass_due_date(invoice, late_fee)
        self._finish()

    def pass_due_date(self, invoice_id: str, late_fee: int) -> bool:
        """The local day after the due date began: whether the invoice is overdue now and was not before.

        `late_fee` (minor units, 0 = none) is what it costs, once, on the next document.
        """
        self._begin(Movement.DUE_DATE_PASSED, invoice_id)
        fell = self._pass_due_date(self._invoices[invoice_id], late_fee)
        self._finish()
        return fell

    def charge_late_fees(self, charged: Sequence[LateFee]) -> None:
        """Tell that these fees stand on the document that is being issued, and forget them."""
        account = self.account
        for fee in charged:
            invoice = self._invoices.get(fee.invoice_id)
            account.events.append(
                LateFeeWasCharged(
                    late_fee_id=fee.late_fee_id,
                    invoice_id=fee.invoice_id,
                    number=fee.number,
                    due_on=fee.due_on,
                    total=Money(fee.total_minor_units, account.currency),
                    open_after=invoice.open if invoice else Money(0, account.currency),
                    amount=Money(fee.fee_minor_units, account.currency),
                    charged_on=self.today,
                )
            )
        account.late_fees = tuple(fee for fee in account.late_fees if fee not in charged)

    # -- what came of it -----------------------------------------------------------------------------------------

    @property
    def invoices(self) -> list[Invoice]:
        """The invoices that changed or are new."""
        return [entity for entity in self._touched.values() if isinstance(entity, Invoice)]

    @property
    def changed(self) -> list[Receipt | Invoice]:
        """Receipts, documents and invoices that changed, what led to it first."""
        return list(self._touched.values())

    @property
    def entry(self) -> JournalEntry | None:
        """The journal entry, None when nothing moved."""
        return self._draft.entry(self.account.ledger_version)

    @property
    def lines(self) -> list[JournalLine]:
        """The lines of the entry."""
        return list(self._draft.lines)

    # -- the parts -----------------------------------------------------------------------------------------------

    def _begin(self, movement: Movement, fact_id: str) -> None:
        self._draft = EntryDraft(self.account.account_id, movement, fact_id, self.now)

    def _touch(self, entity: Receipt | Invoice) -> None:
        key = entity.receipt_id + "/receipt" if isinstance(entity, Receipt) else entity.invoice_id
        self._touched[key] = entity

    def _open_invoices(self) -> list[Invoice]:
        return sorted((invoice for invoice in self._invoices.values() if invoice.is_open), key=oldest_first)

    def _apply(self, receipt: Receipt, source: LedgerAccount, first: Sequence[str]) -> tuple[Part, ...]:
        """Settle the named invoices in their order, then the others oldest first, as far as the receipt goes."""
        named = [self._invoices[key] for key in dict.fromkeys(first) if key in self._invoices]
        rest = [invoice for invoice in self._open_invoices() if invoice not in named]
        parts = []
        for invoice in [*(invoice for invoice in named if invoice.is_open), *rest]:
            if receipt.unapplied.is_zero:
                break
            amount = invoice.settle(receipt, self.now)
            self._touch(invoice)
            self._draft.move(
                source,
                LedgerAccount.RECEIVABLE,
                amount,
                invoice_id=invoice.invoice_id,
                receipt_id=receipt.receipt_id,
            )
            parts.append(Part(invoice.invoice_id, invoice.number, amount, invoice.open))
        return tuple(parts)

    def _undo(self, invoice: Invoice, receipt: Receipt, amount: Money) -> None:
        invoice.reopen(amount, receipt.receipt_id)
        self._touch(invoice)
        self._opened = True
        self._draft.move(
            LedgerAccount.RECEIVABLE,
            LedgerAccount.CASH,
            amount,
            invoice_id=invoice.invoice_id,
            receipt_id=receipt.receipt_id,
        )

    def _pass_due_date(self, invoice: Invoice, late_fee: int) -> bool:
        if not invoice.fall_overdue(self.today):
            return False
        self._touch(invoice)
        if late_fee:
            fee = LateFee(
                late_fee_id=derived_id(invoice.invoice_id, "late-fee"),
                invoice_id=invoice.invoice_id,
                number=invoice.number,
                due_on=invoice.due_on,
                total_minor_units=invoice.total.minor_units,
                fee_minor_units=late_fee,
            )
            self.account.late_fees = (*self.account.late_fees, fee)
        self._fell_overdue = True
        return True

    def _use_waiting_credit(self) -> None:
        waiting = [receipt for receipt in self._receipts.values() if not receipt.unapplied.is_zero]
        for receipt in sorted(waiting, key=lambda one: (one.received_at, one.receipt_id)):
            if self._apply(receipt, LedgerAccount.CUSTOMER_CREDIT, ()):
                self._touch(receipt)

    def _finish(self) -> None:
        self._use_waiting_credit()
        account, (balance_before, overdue_before, open_before) = self.account, self._before
        nothing = Money(0, account.currency)
        overdue = [invoice for invoice in self._open_invoices() if invoice.is_overdue]
        account.open = sum((invoice.open for invoice in self._open_invoices()), nothing)
        account.credit = sum((receipt.unapplied for receipt in self._receipts.values()), nothing)
        account.overdue = sum((invoice.open for invoice in overdue), nothing)
        account.oldest_overdue_due_on = overdue[0].due_on if overdue else None
        account.oldest_overdue_invoice_id = overdue[0].invoice_id if overdue else None
        self._step_dunning(overdue_before, open_before)
        if self._draft.lines or account.overdue != overdue_before:
            account.ledger_version += 1
            account.events.append(BalanceMoved(self._draft.kind, account.balance - balance_before))
        if balance_before.is_positive and not account.balance.is_positive:
            account.events.append(BalanceWasCleared(self.now))

    def _step_dunning(self, overdue_before: Money, open_before: Money) -> None:
        account = self.account
        newly_overdue = self._fell_overdue or account.overdue > overdue_before
        if self._opened and not account.open.is_zero:
            self._step(DunningTrigger.INVOICE_OPENED)
        if newly_overdue and not account.overdue.is_zero:
            self._step(DunningTrigger.DUE_DATE_PASSED)
        if not open_before.is_zero and account.open.is_zero:
            self._step(DunningTrigger.ALL_SETTLED)
        elif not overdue_before.is_zero and account.overdue.is_zero:
            self._step(DunningTrigger.OVERDUE_SETTLED)

    def _step(self, trigger: DunningTrigger) -> None:
        self.account.dunning = next_state(self.account.dunning, trigger)


def _split(document: Document) -> tuple[tuple[LedgerAccount, int], ...]:
    return (
        (LedgerAccount.REVENUE, document.net_minor_units),
        (LedgerAccount.TAX_PAYABLE, document.tax_minor_units),
    )
