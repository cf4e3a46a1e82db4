"""The payer did not come back in time: have the processor call the charge off, and believe its answer."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.ports import MachineTime
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_states import AttemptStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonAuthentication:
    attempt_id: str


class AbandonAuthenticationHandler:
    """An attempt that is settled meanwhile stays as it is."""

    def __init__(self, machine: MachineTime) -> None:
        self._machine = machine

    def needs(self, command: AbandonAuthentication) -> Needs:
        return Needs(keys=((PaymentAttempt, command.attempt_id),))

    async def handle(self, command: AbandonAuthentication, work: UnitOfWork) -> Answer:
        attempt = await work.get(PaymentAttempt, command.attempt_id)
        if attempt.status is AttemptStatus.AUTHENTICATION_REQUIRED:
            attempt.ask_to_call_off(machine_now=self._machine.now())
            work.save(attempt)
        return None
