"""How a use case opens the books of one account and puts away what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from saldo_work import Needs, NotYetKnown, UnitOfWork

from saldo_invoicing.domain.account import Account
from saldo_invoicing.domain.due_dates import late_from, start_of
from saldo_invoicing.domain.errors import CurrencyDiffers
from saldo_invoicing.domain.events import InvoiceWasIssued, InvoiceWasReopened
from saldo_invoicing.domain.invoice import Invoice
from saldo_invoicing.domain.receipt import Receipt
from saldo_invoicing.domain.receivables import Receivables

OPEN_OF_ACCOUNT = "open_of_account"
UNAPPLIED_OF_ACCOUNT = "unapplied_of_account"
OVERDUE_TIMER = "overdue"


def books_needed(account_id: str) -> Needs:
    """What `open_books` loads."""
    return Needs(
        keys=((Account, account_id),),
        groups=((Invoice, OPEN_OF_ACCOUNT, account_id), (Receipt, UNAPPLIED_OF_ACCOUNT, account_id)),
    )


async def open_books(work: UnitOfWork, account_id: str, *, also: Sequence[str] = ()) -> Receivables:
    """The account, locked first, with all that is open or unapplied, and also these invoices, open or not.

    Raises NotYetKnown for an unknown account.
    """
    account = await work.find(Account, account_id)
    if account is None:
        raise NotYetKnown("account", account_id)
    invoices = await work.group(Invoice, OPEN_OF_ACCOUNT, account_id)
    settled = [await work.get(Invoice, invoice_id) for invoice_id in also]
    receipts = await work.group(Receipt, UNAPPLIED_OF_ACCOUNT, account_id)
    return Receivables(account, [*invoices, *settled], receipts, now=work.now)


def in_currency_of(account: Account, currency: str) -> None:
    """Raises CurrencyDiffers."""
    if account.currency != currency:
        raise CurrencyDiffers(account.currency, currency)


def put_away(work: UnitOfWork, books: Receivables) -> None:
    """Save what changed, what led to it first: that is the order in which it is told."""
    for entity in books.changed:
        if isinstance(entity, Invoice):
            _watch(work, entity, books.account)
        work.save(entity)
    work.save(books.account)
    if books.entry is not None:
        work.save(books.entry)
        for line in books.lines:
            work.save(line)


def overdue_key(invoice_id: str) -> str:
    """The dedupe key of an invoice's overdue timer."""
    return f"{OVERDUE_TIMER}/{invoice_id}"


def watch_due_date(work: UnitOfWork, invoice: Invoice, account: Account) -> None:
    """Set or move the timer that wakes the invoice on the local day after its due date."""
    work.timers.schedule(
        OVERDUE_TIMER,
        overdue_key(invoice.invoice_id),
        due_at=start_of(late_from(invoice.due_on), account.time_zone),
        payload={"account_id": account.account_id, "invoice_id": invoice.invoice_id},
        account_id=account.account_id,
    )


def _watch(work: UnitOfWork, invoice: Invoice, account: Account) -> None:
    if invoice.overdue_since is not None:
        return
    opened = any(isinstance(event, InvoiceWasIssued | InvoiceWasReopened) for event in invoice.events)
    if invoice.is_open and opened:
        watch_due_date(work, invoice, account)
    elif not invoice.is_open and invoice.version > 0:
        work.timers.cancel(overdue_key(invoice.invoice_id))
