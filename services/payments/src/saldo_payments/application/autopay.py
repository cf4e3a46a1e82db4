"""Turning open invoices into automatic payments (C-13)."""

from __future__ import annotations

from saldo_work import UnitOfWork

from saldo_payments.application.last_look import HELD_OF_ACCOUNT, OPEN_OF_ACCOUNT
from saldo_payments.application.ports import MachineTime
from saldo_payments.domain.account import Account
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.ids import autopay_payment_id
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import PaymentOrigin, PaymentStatus
from saldo_payments.domain.terms import CollectionTerms


class Autopay:
    """Asks for the automatic payment of invoices, each once."""

    def __init__(self, terms: CollectionTerms, machine: MachineTime) -> None:
        self._terms = terms
        self._machine = machine

    async def collect_open_invoices(self, work: UnitOfWork, account: Account) -> None:
        """The account has got a card to charge, or lost the hope of one: take up what waited for that."""
        for invoice in await work.group(InvoiceCopy, OPEN_OF_ACCOUNT, account.account_id):
            await self.collect(work, account, invoice)

    async def collect(self, work: UnitOfWork, account: Account, invoice: InvoiceCopy) -> None:
        """Ask for the invoice's automatic payment; one that exists is only revived if it lacked a card.

        While a card is still being checked nothing is asked: the decision on it brings this on again.
        """
        if not account.collects_automatically or not invoice.open.is_positive:
            return
        if account.default_method_id is None and await self._card_is_coming(work, account):
            return
        payment = await work.find(Payment, autopay_payment_id(invoice.invoice_id))
        if payment is None:
            payment = self._new(work, account, invoice)
            if account.default_method_id is None:
                payment.fail(DeclineReason.NO_PAYMENT_METHOD, work.now, terms=self._terms)
            work.save(payment)
        elif self._lacked_a_card(payment) and account.default_method_id is not None:
            payment.request_again()
            work.save(payment)

    async def _card_is_coming(self, work: UnitOfWork, account: Account) -> bool:
        held = await work.group(PaymentMethod, HELD_OF_ACCOUNT, account.account_id)
        return any(method.status is MethodStatus.PENDING for method in held)

    @staticmethod
    def _lacked_a_card(payment: Payment) -> bool:
        return payment.status is PaymentStatus.FAILED and payment.reason is DeclineReason.NO_PAYMENT_METHOD

    def _new(self, work: UnitOfWork, account: Account, invoice: InvoiceCopy) -> Payment:
        return Payment(
            payment_id=autopay_payment_id(invoice.invoice_id),
            account_id=account.account_id,
            seller_id=account.seller_id,
            origin=PaymentOrigin.AUTOPAY,
            status=PaymentStatus.REQUESTED,
            asked=invoice.open,
            amount=invoice.open,
            invoice_id=invoice.invoice_id,
            payment_method_id=None,
            one_time_token=None,
            surplus_confirmed=False,
            requested_at=work.now,
            recorded_at=self._machine.now(),
            traceparent=work.cause.traceparent,
            tracestate=work.cause.tracestate,
        )
