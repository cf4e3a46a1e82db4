"""The time of an automatic retry has come, or what held a payment is over: it may be charged again (C-14)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.last_look import OPEN_OF_ACCOUNT, PENDING_OF_ACCOUNT, last_look
from saldo_payments.domain.account import Account
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_states import PaymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPayment:
    account_id: str
    payment_id: str


class RetryPaymentHandler:
    """Only brings the payment back to the queue; whether and how much is charged is the last look's business."""

    def needs(self, command: RetryPayment) -> Needs:
        return Needs(
            keys=((Account, command.account_id), (Payment, command.payment_id)),
            groups=(
                (InvoiceCopy, OPEN_OF_ACCOUNT, command.account_id),
                (Payment, PENDING_OF_ACCOUNT, command.account_id),
            ),
        )

    async def handle(self, command: RetryPayment, work: UnitOfWork) -> Answer:
        account = await work.get(Account, command.account_id)
        payment = await work.get(Payment, command.payment_id)
        if payment.status is PaymentStatus.REQUESTED:
            payment.request_again()
        elif payment.status is not PaymentStatus.FAILED or payment.next_automatic_try_at is None:
            return None
        elif not account.collects_automatically:
            payment.give_up_retrying()
        else:
            look = await last_look(work, account, besides=payment.payment_id)
            if look.owed.of(payment.invoice_id).is_positive:
                payment.request_again()
            else:
                payment.find_nothing_owed(work.now)
        work.save(payment)
        return None
