"""The processor's word on an attempt, brought by the call itself, a webhook or a question; each answer counts once."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application import ports
from saldo_payments.application.settlement import Settlement, UnderSettlement
from saldo_payments.domain import charge_outcome
from saldo_payments.domain.account import Account
from saldo_payments.domain.charge_outcome import ChargeOutcome
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import AttemptStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleCharge:
    account_id: str
    payment_id: str
    attempt_id: str
    outcome: ChargeOutcome


class SettleChargeHandler:
    """A settled attempt stays as it is: a repeat does nothing, an answer that contradicts it calls a human."""

    def __init__(self, settlement: Settlement, alarms: ports.Alarms) -> None:
        self._settlement = settlement
        self._alarms = alarms

    def needs(self, command: SettleCharge) -> Needs:
        return Needs(
            keys=(
                (Account, command.account_id),
                (Payment, command.payment_id),
                (PaymentAttempt, command.attempt_id),
            )
        )

    async def handle(self, command: SettleCharge, work: UnitOfWork) -> Answer:
        account = await work.get(Account, command.account_id)
        payment = await work.get(Payment, command.payment_id)
        attempt = await work.get(PaymentAttempt, command.attempt_id)
        if attempt.is_open:
            method = await work.find(PaymentMethod, attempt.payment_method_id) if attempt.payment_method_id else None
            it = UnderSettlement(account, method, payment, attempt)
            await self._settlement.settle(it, command.outcome, work)
        elif _contradicts(attempt, command.outcome):
            self._alarms.answers_contradict(
                payment_id=payment.payment_id,
                attempt_id=attempt.attempt_id,
                settled=attempt.status.value,
                told=command.outcome.answer.value,
            )
        return None


def _contradicts(attempt: PaymentAttempt, outcome: ChargeOutcome) -> bool:
    """Only the two ends contradict each other; news of an earlier state are merely late."""
    match outcome.answer:
        case charge_outcome.Answer.SUCCEEDED:
            return attempt.status is AttemptStatus.DECLINED
        case charge_outcome.Answer.DECLINED:
            return attempt.status is AttemptStatus.SUCCEEDED
        case _:
            return False
