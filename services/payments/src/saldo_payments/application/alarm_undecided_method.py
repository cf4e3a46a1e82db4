"""A submitted card has no decision within 24 hours: call a human, and show it (C-10)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.ports import Alarms
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment_method import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmUndecidedMethod:
    payment_method_id: str


class AlarmUndecidedMethodHandler:
    """A decided card raises nothing."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def needs(self, command: AlarmUndecidedMethod) -> Needs:
        return Needs(keys=((PaymentMethod, command.payment_method_id),))

    async def handle(self, command: AlarmUndecidedMethod, work: UnitOfWork) -> Answer:
        method = await work.get(PaymentMethod, command.payment_method_id)
        if method.status is MethodStatus.PENDING and not method.decision_overdue:
            method.decision_overdue = True
            work.save(method)
            self._alarms.method_undecided(payment_method_id=method.payment_method_id, account_id=method.account_id)
        return None
