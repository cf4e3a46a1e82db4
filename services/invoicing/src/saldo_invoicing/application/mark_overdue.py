"""The local day after a due date began: an invoice that is still open is overdue from now on."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_invoicing.application.books import books_needed, open_books, put_away
from saldo_invoicing.application.ports import Sellers
from saldo_invoicing.domain.invoice import Invoice


@dataclass(frozen=True, slots=True)
class MarkOverdue:
    """Woken by the invoice's timer; an invoice that is paid, or overdue already, is left as it is."""

    account_id: str
    invoice_id: str


class MarkOverdueHandler:
    """Raises NotFound for an invoice that does not exist."""

    def __init__(self, sellers: Sellers) -> None:
        self._sellers = sellers

    def needs(self, command: MarkOverdue) -> Needs:
        books = books_needed(command.account_id)
        return Needs(keys=(*books.keys, (Invoice, command.invoice_id)), groups=books.groups)

    async def handle(self, command: MarkOverdue, work: UnitOfWork) -> Answer:
        books = await open_books(work, command.account_id, also=[command.invoice_id])
        account = books.account
        fee = self._sellers.of(account.seller_id).late_fee(account.currency)
        if books.pass_due_date(command.invoice_id, fee):
            put_away(work, books)
        return None
