"""The payer pays any amount, now, by a card on file or by one that is not kept (IBM-02, 03, 16, GOTO-50, C-08)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_money import Money
from saldo_work import Answer, Needs, NotFound, UnitOfWork

from saldo_payments.application.last_look import (
    HELD_OF_ACCOUNT,
    OPEN_OF_ACCOUNT,
    PENDING_OF_ACCOUNT,
    LastLook,
    last_look,
    reached_account,
)
from saldo_payments.application.ports import MachineTime
from saldo_payments.domain.account import Account
from saldo_payments.domain.errors import (
    AmountNotPositive,
    AttemptLimitReached,
    InvoiceNotOpen,
    MethodDeclinedLately,
    MethodNotUsable,
    MoreThanOwed,
    OneWayToPay,
    WrongCurrency,
)
from saldo_payments.domain.ids import caused_id
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import PaymentOrigin, PaymentStatus
from saldo_payments.domain.terms import CollectionTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOneTimePayment:
    """Exactly one of payment_method_id and processor_token. The invoice, if named, is paid first."""

    account_id: str
    minor_units: int
    currency: str
    payment_method_id: str | None
    processor_token: str | None
    invoice_id: str | None
    surplus_confirmed: bool


class MakeOneTimePaymentHandler:
    """Refuses what can be refused before the processor is asked; the answer is given before the money moves."""

    def __init__(self, terms: CollectionTerms, machine: MachineTime) -> None:
        self._terms = terms
        self._machine = machine

    def needs(self, command: MakeOneTimePayment) -> Needs:
        account_id = command.account_id
        return Needs(
            keys=((Account, account_id),),
            groups=(
                (PaymentMethod, HELD_OF_ACCOUNT, account_id),
                (InvoiceCopy, OPEN_OF_ACCOUNT, account_id),
                (Payment, PENDING_OF_ACCOUNT, account_id),
            ),
        )

    async def handle(self, command: MakeOneTimePayment, work: UnitOfWork) -> Answer:
        account = await reached_account(work, command.account_id)
        amount = _amount_in(account.currency, command)
        await self._check_method(command, work)
        look = await last_look(work, account)
        self._check_tries(account, look, work)
        _check_amount(command, amount, look)
        payment = self._payment(command, account, amount, work=work)
        work.save(payment)
        return {
            "payment_id": payment.payment_id,
            "status": payment.status.value,
            "amount": {"minor_units": amount.minor_units, "currency": account.currency},
            "_version": f"payments/payment/{payment.version}",
        }

    async def _check_method(self, command: MakeOneTimePayment, work: UnitOfWork) -> None:
        if (command.payment_method_id is None) == (command.processor_token is None):
            raise OneWayToPay
        if command.payment_method_id is None:
            return
        method = await work.find(PaymentMethod, command.payment_method_id)
        if method is None or method.account_id != command.account_id:
            raise NotFound("there is no such payment method")
        if method.status is not MethodStatus.ACTIVE:
            raise MethodNotUsable(status=method.status.value)
        earliest = method.resting(work.now)
        if earliest is not None:
            raise MethodDeclinedLately(earliest=earliest)

    def _check_tries(self, account: Account, look: LastLook, work: UnitOfWork) -> None:
        earliest = account.attempts.refused_until(work.now, self._terms, promised=look.promised)
        if earliest is not None:
            raise AttemptLimitReached(attempts_max=self._terms.attempts_max, earliest=earliest)

    def _payment(self, command: MakeOneTimePayment, account: Account, amount: Money, *, work: UnitOfWork) -> Payment:
        return Payment(
            payment_id=caused_id(work.cause.cause_id, "payment"),
            account_id=account.account_id,
            seller_id=account.seller_id,
            origin=PaymentOrigin.ONE_TIME,
            status=PaymentStatus.REQUESTED,
            asked=amount,
            amount=amount,
            invoice_id=command.invoice_id,
            payment_method_id=command.payment_method_id,
            one_time_token=command.processor_token,
            surplus_confirmed=command.surplus_confirmed,
            requested_at=work.now,
            recorded_at=self._machine.now(),
            traceparent=work.cause.traceparent,
            tracestate=work.cause.tracestate,
        )


def _amount_in(currency: str, command: MakeOneTimePayment) -> Money:
    if command.currency != currency:
        raise WrongCurrency(given=command.currency, expected=currency)
    if command.minor_units <= 0:
        raise AmountNotPositive
    return Money(command.minor_units, currency)


def _check_amount(command: MakeOneTimePayment, amount: Money, look: LastLook) -> None:
    if command.invoice_id is not None and command.invoice_id not in look.free.left:
        raise InvoiceNotOpen(command.invoice_id)
    if amount > look.free.total and not command.surplus_confirmed:
        raise MoreThanOwed(owed_minor_units=look.free.total.minor_units, currency=command.currency)
