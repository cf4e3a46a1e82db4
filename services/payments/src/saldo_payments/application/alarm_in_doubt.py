"""A payment has been in doubt too long: call a human, and show it; nothing is ended by it."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.ports import Alarms
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_states import PaymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmInDoubt:
    payment_id: str
    attempt_id: str


class AlarmInDoubtHandler:
    """A payment that ended, or that another attempt took on, raises nothing."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def needs(self, command: AlarmInDoubt) -> Needs:
        return Needs(keys=((Payment, command.payment_id),))

    async def handle(self, command: AlarmInDoubt, work: UnitOfWork) -> Answer:
        payment = await work.get(Payment, command.payment_id)
        if payment.status is PaymentStatus.IN_DOUBT and payment.attempt_id == command.attempt_id:
            payment.in_doubt_alarmed = True
            work.save(payment)
            self._alarms.in_doubt_too_long(payment_id=command.payment_id, attempt_id=command.attempt_id, at=work.now)
        return None
