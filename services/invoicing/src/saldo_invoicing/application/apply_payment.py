"""Money came: it pays the invoices it is meant for, then the oldest, and any surplus becomes credit."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_money import Money
from saldo_work import Answer, Needs, UnitOfWork

from saldo_invoicing.application.books import books_needed, in_currency_of, open_books, put_away
from saldo_invoicing.domain.receipt import Receipt


@dataclass(frozen=True, slots=True)
class ApplyPayment:
    """Enter a payment, once per `payment_id`; no intended invoices means oldest due first (IBM-02, SL-36)."""

    account_id: str
    payment_id: str
    minor_units: int
    currency: str
    intended_invoice_ids: tuple[str, ...] = ()


class ApplyPaymentHandler:
    """A repeat of the payment finds its receipt and does nothing. Raises NotYetKnown and CurrencyDiffers."""

    def needs(self, command: ApplyPayment) -> Needs:
        books = books_needed(command.account_id)
        return Needs(keys=(*books.keys, (Receipt, command.payment_id)), groups=books.groups)

    async def handle(self, command: ApplyPayment, work: UnitOfWork) -> Answer:
        books = await open_books(work, command.account_id)
        if await work.find(Receipt, command.payment_id) is not None:
            return None
        in_currency_of(books.account, command.currency)
        amount = Money(command.minor_units, command.currency)
        books.receive(command.payment_id, amount, command.intended_invoice_ids)
        put_away(work, books)
        return None
