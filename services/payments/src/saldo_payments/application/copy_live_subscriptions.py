"""Keep how many subscriptions of an account are live: while one is, the last card stays (C-02)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.last_look import known_account
from saldo_payments.domain.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLiveSubscriptions:
    account_id: str
    live: int


class CopyLiveSubscriptionsHandler:
    """Each event tells the count after it; an account's stream is in order, so the last told counts."""

    def needs(self, command: CopyLiveSubscriptions) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: CopyLiveSubscriptions, work: UnitOfWork) -> Answer:
        account = await known_account(work, command.account_id)
        if account.live_subscriptions != command.live:
            account.live_subscriptions = command.live
            work.save(account)
        return None
