"""Charging at issue is switched on or off by the customer (GOTO-49, C-13)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.last_look import reached_account
from saldo_payments.domain.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchAutopay:
    account_id: str
    enabled: bool


class SwitchAutopayHandler:
    """Counts for invoices issued from now on; switching it to what it is changes and tells nothing."""

    def needs(self, command: SwitchAutopay) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: SwitchAutopay, work: UnitOfWork) -> Answer:
        account = await reached_account(work, command.account_id)
        account.switch_autopay(command.enabled)
        work.save(account)
        return {"enabled": account.autopay, "_version": f"payments/account/{account.version}"}
