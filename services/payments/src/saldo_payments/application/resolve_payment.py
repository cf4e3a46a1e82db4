"""An operator ends a doubt with what the processor's own books say; who and why is kept."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, NotFound, UnitOfWork

from saldo_payments.application.settlement import Settlement, UnderSettlement
from saldo_payments.domain import charge_outcome
from saldo_payments.domain.account import Account
from saldo_payments.domain.charge_outcome import ChargeOutcome
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.errors import NotInDoubt
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import PaymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvePayment:
    """`account_id` is the payment's, found by its id; `reference` the processor's id of the charge, if there is one."""

    account_id: str
    payment_id: str
    succeeded: bool
    reason: str
    reference: str | None


class ResolvePaymentHandler:
    """Only a payment in doubt can be ended so; raises NotInDoubt otherwise."""

    def __init__(self, settlement: Settlement) -> None:
        self._settlement = settlement

    def needs(self, command: ResolvePayment) -> Needs:
        return Needs(keys=((Account, command.account_id), (Payment, command.payment_id)))

    async def handle(self, command: ResolvePayment, work: UnitOfWork) -> Answer:
        account = await work.get(Account, command.account_id)
        payment = await work.get(Payment, command.payment_id)
        if not work.cause.actor.reaches(seller_id=account.seller_id, account_id=account.account_id):
            raise NotFound("there is no such payment")
        if payment.status is not PaymentStatus.IN_DOUBT or payment.attempt_id is None:
            raise NotInDoubt(state=payment.status.value)
        attempt = await work.get(PaymentAttempt, payment.attempt_id)
        method = await work.find(PaymentMethod, attempt.payment_method_id) if attempt.payment_method_id else None
        payment.resolve(by=str(work.cause.actor), why=command.reason)
        await self._settlement.settle(UnderSettlement(account, method, payment, attempt), _outcome(command), work)
        return {
            "payment_id": payment.payment_id,
            "status": payment.status.value,
            "_version": f"payments/payment/{payment.version}",
        }


def _outcome(command: ResolvePayment) -> ChargeOutcome:
    if command.succeeded:
        return ChargeOutcome(answer=charge_outcome.Answer.SUCCEEDED, reference=command.reference)
    return ChargeOutcome(answer=charge_outcome.Answer.DECLINED, reference=command.reference, reason=DeclineReason.OTHER)
