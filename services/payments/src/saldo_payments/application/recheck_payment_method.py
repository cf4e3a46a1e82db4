"""The processor says that something happened to a card's check: look at it now, not when its turn comes."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.ports import MachineTime
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment_method import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckPaymentMethod:
    payment_method_id: str


class RecheckPaymentMethodHandler:
    """A decided card is left alone."""

    def __init__(self, machine: MachineTime) -> None:
        self._machine = machine

    def needs(self, command: RecheckPaymentMethod) -> Needs:
        return Needs(keys=((PaymentMethod, command.payment_method_id),))

    async def handle(self, command: RecheckPaymentMethod, work: UnitOfWork) -> Answer:
        method = await work.get(PaymentMethod, command.payment_method_id)
        if method.status is MethodStatus.PENDING:
            method.check_after = self._machine.now()
            work.save(method)
        return None
