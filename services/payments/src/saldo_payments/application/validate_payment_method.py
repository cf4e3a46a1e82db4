"""A pending card is checked by the processor, outside any transaction: claim here, settle in the next file (C-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.ports import CLAIM_SECONDS, MachineTime
from saldo_payments.domain.account import Account
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.strong_authentication import must_authenticate


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatePaymentMethod:
    payment_method_id: str
    account_id: str


class ValidatePaymentMethodHandler:
    """Raises NotWaiting when the card is decided or somebody else is at it; answers what the processor is told."""

    def __init__(self, machine: MachineTime) -> None:
        self._machine = machine

    def needs(self, command: ValidatePaymentMethod) -> Needs:
        return Needs(keys=((Account, command.account_id), (PaymentMethod, command.payment_method_id)))

    async def handle(self, command: ValidatePaymentMethod, work: UnitOfWork) -> Answer:
        account = await work.get(Account, command.account_id)
        method = await work.get(PaymentMethod, command.payment_method_id)
        now = self._machine.now()
        method.begin_check(machine_now=now, check_after=now + timedelta(seconds=CLAIM_SECONDS))
        work.save(method)
        return {
            "payment_method_id": method.payment_method_id,
            "account_id": account.account_id,
            "seller_id": account.seller_id,
            "token": method.processor_token,
            "customer": account.processor_customer,
            "strong_authentication": must_authenticate(account.country, customer_present=True),
            "reference": method.setup_reference,
        }
