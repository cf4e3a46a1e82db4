"""What a caller may see of an account: its subscriptions, service state, charges, and why orders were refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from saldo_work import Actor, Clock, NotFound

from saldo_subscriptions.application.ports import AccountReads, FinishedCharges, SubscriptionView
from saldo_subscriptions.domain.account import Account
from saldo_subscriptions.domain.calendar import local_day
from saldo_subscriptions.domain.order import Order
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import Subscription


class AccountQueries:
    """Every query raises NotFound for an account beyond the caller's reach, or one not known here."""

    def __init__(self, reads: AccountReads, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock

    async def subscriptions(
        self, actor: Actor, account_id: str, *, after: str | None, limit: int
    ) -> Sequence[SubscriptionView]:
        """All of them, ended ones included, by id."""
        account = await self._reach(actor, account_id)
        standing = await self._standing(account_id)
        today = await self._today(account)
        found = await self._reads.subscriptions(account_id, after=after, limit=limit)
        return [_view(subscription, standing, today=today) for subscription in found]

    async def subscription(self, actor: Actor, account_id: str, subscription_id: str) -> SubscriptionView:
        """One of them; raises NotFound where the account has none of this id."""
        account = await self._reach(actor, account_id)
        found = await self._reads.subscription(account_id, subscription_id)
        if found is None:
            raise NotFound(f"there is no subscription {subscription_id}")
        return _view(found, await self._standing(account_id), today=await self._today(account))

    async def service_state(self, actor: Actor, account_id: str) -> Standing:
        """How it stands with late payment."""
        await self._reach(actor, account_id)
        return await self._standing(account_id)

    async def charges(
        self, actor: Actor, account_id: str, *, after: tuple[date, str] | None, limit: int
    ) -> Sequence[FinishedCharges]:
        """What was charged, newest first."""
        await self._reach(actor, account_id)
        return await self._reads.charges(account_id, after=after, limit=limit)

    async def refused_orders(
        self, actor: Actor, account_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Order]:
        """What was refused and why, newest first."""
        await self._reach(actor, account_id)
        return await self._reads.refused_orders(account_id, after=after, limit=limit)

    async def _reach(self, actor: Actor, account_id: str) -> Account:
        account = await self._reads.account(account_id)
        if account is None or not actor.reaches(seller_id=account.seller_id, account_id=account_id):
            raise NotFound(f"there is no account {account_id}")
        return account

    async def _standing(self, account_id: str) -> Standing:
        standing = await self._reads.standing(account_id)
        if standing is None:
            raise NotFound(f"there is no account {account_id}")
        return standing

    async def _today(self, account: Account) -> date:
        return local_day(await self._clock.now(), account.time_zone)


def _view(subscription: Subscription, standing: Standing, *, today: date) -> SubscriptionView:
    return SubscriptionView(
        subscription=subscription, suspended=standing.suspended and subscription.suspendable, today=today
    )
