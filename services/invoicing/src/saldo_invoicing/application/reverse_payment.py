"""Money was taken back (returned debit, lost dispute): what it had paid is owed again, by a new journal entry."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_money import Money
from saldo_work import Answer, Needs, NotYetKnown, UnitOfWork

from saldo_invoicing.application.books import books_needed, in_currency_of, open_books, put_away
from saldo_invoicing.application.ports import Sellers
from saldo_invoicing.domain.account import Account
from saldo_invoicing.domain.receipt import Receipt


@dataclass(frozen=True, slots=True)
class ReversePayment:
    """Take back so much of a payment, once per `reversal_id`."""

    account_id: str
    payment_id: str
    reversal_id: str
    minor_units: int
    currency: str


class ReversePaymentHandler:
    """A repeat of the reversal does nothing.

    Raises NotYetKnown for a payment that has not been applied yet, ReversalExceedsPayment and CurrencyDiffers.
    """

    def __init__(self, sellers: Sellers) -> None:
        self._sellers = sellers

    def needs(self, command: ReversePayment) -> Needs:
        books = books_needed(command.account_id)
        return Needs(keys=(*books.keys, (Receipt, command.payment_id)), groups=books.groups)

    async def handle(self, command: ReversePayment, work: UnitOfWork) -> Answer:
        if await work.find(Account, command.account_id) is None:  # its lock comes before the payment's
            raise NotYetKnown("account", command.account_id)
        receipt = await work.find(Receipt, command.payment_id)
        if receipt is None or receipt.account_id != command.account_id:
            raise NotYetKnown("payment", command.payment_id)
        if command.reversal_id in receipt.reversals:
            return None
        books = await open_books(work, command.account_id, also=[part.invoice_id for part in receipt.applied])
        account = books.account
        in_currency_of(account, command.currency)
        amount = Money(command.minor_units, command.currency)
        fee = self._sellers.of(account.seller_id).late_fee(account.currency)
        books.take_back(receipt, amount, reversal_id=command.reversal_id, late_fee=fee)
        put_away(work, books)
        return None
