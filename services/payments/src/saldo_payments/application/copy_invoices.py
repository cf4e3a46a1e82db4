"""Keep the copies of open invoices as their owner tells them, and see own payments arrive in the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from saldo_money import Money
from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.last_look import known_account
from saldo_payments.domain.account import Account
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.payment import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyInvoice:
    """A fact of one invoice, with the version it was told in."""

    account_id: str
    invoice_id: str
    number: str
    open_minor_units: int
    currency: str
    due_date: date
    invoice_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAfter:
    """What is open on an invoice after a fact that touched several."""

    invoice_id: str
    number: str
    open_minor_units: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOpenAmounts:
    """A payment, credit or refund reached invoices; `payment_id` where a payment is in the books from now on."""

    account_id: str
    parts: tuple[OpenAfter, ...]
    payment_id: str | None


class CopyInvoiceHandler:
    """A fact older than the copy is passed over."""

    def needs(self, command: CopyInvoice) -> Needs:
        return Needs(keys=((Account, command.account_id), (InvoiceCopy, command.invoice_id)))

    async def handle(self, command: CopyInvoice, work: UnitOfWork) -> Answer:
        await known_account(work, command.account_id)
        invoice = await work.find(InvoiceCopy, command.invoice_id)
        open_after = Money(command.open_minor_units, command.currency)
        if invoice is None:
            invoice = InvoiceCopy(
                invoice_id=command.invoice_id,
                account_id=command.account_id,
                number=command.number,
                open=open_after,
                due_date=command.due_date,
                invoice_version=command.invoice_version,
            )
            work.save(invoice)
        elif invoice.take(open_after, invoice_version=command.invoice_version, due_date=command.due_date):
            work.save(invoice)
        return None


class CopyOpenAmountsHandler:
    """Open amounts and the payment's mark change together, so that nothing is ever counted twice or not at all."""

    def needs(self, command: CopyOpenAmounts) -> Needs:
        invoices = tuple((InvoiceCopy, part.invoice_id) for part in command.parts)
        payments = ((Payment, command.payment_id),) if command.payment_id else ()
        return Needs(keys=((Account, command.account_id), *invoices, *payments))

    async def handle(self, command: CopyOpenAmounts, work: UnitOfWork) -> Answer:
        await known_account(work, command.account_id)
        for part in command.parts:
            await self._copy(part, command.account_id, work)
        payment = await work.find(Payment, command.payment_id) if command.payment_id else None
        if payment is not None and not payment.applied:
            payment.note_applied()
            work.save(payment)
        return None

    @staticmethod
    async def _copy(part: OpenAfter, account_id: str, work: UnitOfWork) -> None:
        open_after = Money(part.open_minor_units, part.currency)
        invoice = await work.find(InvoiceCopy, part.invoice_id)
        if invoice is None:
            invoice = InvoiceCopy(
                invoice_id=part.invoice_id,
                account_id=account_id,
                number=part.number,
                open=open_after,
                due_date=None,
                invoice_version=0,
            )
        invoice.open = open_after
        work.save(invoice)
