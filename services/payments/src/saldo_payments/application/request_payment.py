"""An invoice was issued: remember it, and collect it at once where autopay is on (GOTO-40, C-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from saldo_money import Money
from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.autopay import Autopay
from saldo_payments.application.last_look import HELD_OF_ACCOUNT, known_account
from saldo_payments.domain.account import Account
from saldo_payments.domain.ids import autopay_payment_id
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_method import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPayment:
    account_id: str
    invoice_id: str
    number: str
    open_minor_units: int
    currency: str
    due_date: date
    invoice_version: int


class RequestPaymentHandler:
    """An invoice that is known already changes nothing."""

    def __init__(self, autopay: Autopay) -> None:
        self._autopay = autopay

    def needs(self, command: RequestPayment) -> Needs:
        return Needs(
            keys=(
                (Account, command.account_id),
                (InvoiceCopy, command.invoice_id),
                (Payment, autopay_payment_id(command.invoice_id)),
            ),
            groups=((PaymentMethod, HELD_OF_ACCOUNT, command.account_id),),
        )

    async def handle(self, command: RequestPayment, work: UnitOfWork) -> Answer:
        account = await known_account(work, command.account_id)
        if await work.find(InvoiceCopy, command.invoice_id) is not None:
            return None
        invoice = InvoiceCopy(
            invoice_id=command.invoice_id,
            account_id=command.account_id,
            number=command.number,
            open=Money(command.open_minor_units, command.currency),
            due_date=command.due_date,
            invoice_version=command.invoice_version,
        )
        work.save(invoice)
        await self._autopay.collect(work, account, invoice)
        return None
