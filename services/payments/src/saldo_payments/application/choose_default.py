"""One of the active cards becomes the one that is charged (GOTO-49, GOTO-55)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, NotFound, UnitOfWork

from saldo_payments.application.last_look import reached_account
from saldo_payments.domain.account import Account
from saldo_payments.domain.payment_method import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseDefault:
    account_id: str
    payment_method_id: str


class ChooseDefaultHandler:
    """Choosing the default again changes and tells nothing."""

    def needs(self, command: ChooseDefault) -> Needs:
        return Needs(keys=((Account, command.account_id), (PaymentMethod, command.payment_method_id)))

    async def handle(self, command: ChooseDefault, work: UnitOfWork) -> Answer:
        account = await reached_account(work, command.account_id)
        method = await work.find(PaymentMethod, command.payment_method_id)
        if method is None or method.account_id != account.account_id:
            raise NotFound("there is no such payment method")
        account.choose_default(method, by_customer=True)
        work.save(account)
        return {
            "default_payment_method_id": account.default_method_id,
            "_version": f"payments/account/{account.version}",
        }
