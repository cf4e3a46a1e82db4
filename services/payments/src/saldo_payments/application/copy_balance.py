"""Keep the copy of an account's balance; it is shown and compared, it never moves money."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_money import Money
from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.last_look import known_account
from saldo_payments.domain.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyBalance:
    account_id: str
    ledger_version: int
    balance_minor_units: int
    currency: str


class CopyBalanceHandler:
    """An older snapshot is passed over."""

    def needs(self, command: CopyBalance) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: CopyBalance, work: UnitOfWork) -> Answer:
        account = await known_account(work, command.account_id)
        balance = Money(command.balance_minor_units, command.currency)
        if account.copy_balance(balance, ledger_version=command.ledger_version):
            work.save(account)
        return None
