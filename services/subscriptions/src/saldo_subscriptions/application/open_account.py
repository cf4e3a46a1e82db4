"""An account was opened in invoicing: keep a copy, with nothing owed."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.domain.account import Account, Profile
from saldo_subscriptions.domain.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """A repeat changes nothing."""

    account_id: str
    seller_id: str
    profile: Profile


class OpenAccountHandler:
    """Stores the copy and the standing beside it."""

    def needs(self, command: OpenAccount) -> Needs:
        return Needs(keys=((Account, command.account_id), (Standing, command.account_id)))

    async def handle(self, command: OpenAccount, work: UnitOfWork) -> Answer:
        if await work.find(Account, command.account_id) is not None:
            return None
        profile = command.profile
        work.save(Account.opened(command.account_id, command.seller_id, profile=profile))
        work.save(Standing.opened(command.account_id, command.seller_id, currency=profile.currency, now=work.now))
        return None
