"""A call that nobody answered, a doubt, or a payer who is waited for: take up the question to the processor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.charge_requests import charge_answer
from saldo_payments.application.ports import CLAIM_SECONDS, MachineTime
from saldo_payments.domain.account import Account
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_method import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilePayment:
    account_id: str
    payment_id: str
    attempt_id: str


class ReconcilePaymentHandler:
    """Claims the question only; SettleCharge takes the answer. Raises NotWaiting where there is nothing to ask now."""

    def __init__(self, machine: MachineTime) -> None:
        self._machine = machine

    def needs(self, command: ReconcilePayment) -> Needs:
        return Needs(
            keys=(
                (Account, command.account_id),
                (Payment, command.payment_id),
                (PaymentAttempt, command.attempt_id),
            )
        )

    async def handle(self, command: ReconcilePayment, work: UnitOfWork) -> Answer:
        await work.get(Account, command.account_id)
        payment = await work.get(Payment, command.payment_id)
        attempt = await work.get(PaymentAttempt, command.attempt_id)
        now = self._machine.now()
        attempt.begin_check(machine_now=now, check_after=now + timedelta(seconds=CLAIM_SECONDS))
        work.save(attempt)
        method = await work.find(PaymentMethod, attempt.payment_method_id) if attempt.payment_method_id else None
        return charge_answer(payment, attempt, method)
