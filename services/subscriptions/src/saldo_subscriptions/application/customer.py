"""An account with its standing and its live subscriptions: locked together, so that one story has one order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from saldo_work import Needs, NotFound, NotYetKnown, UnitOfWork

from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.domain.account import Account
from saldo_subscriptions.domain.calendar import first_instant, local_day
from saldo_subscriptions.domain.catalogue import DunningTerms
from saldo_subscriptions.domain.standing import Standing
from saldo_subscriptions.domain.subscription import Subscription

LIVE_OF_ACCOUNT = "live_of_account"  # the group of live subscriptions, declared by the books
CHARGES_TIMER = "charges"
START_TIMER = "start"


@dataclass(slots=True, kw_only=True)
class Customer:
    """Everything that decides about one account's service and charges."""

    account: Account
    standing: Standing
    subscriptions: list[Subscription]
    terms: DunningTerms

    @property
    def account_id(self) -> str:
        return self.account.account_id

    @property
    def zone(self) -> str:
        """The account's time zone: its days are local days there."""
        return self.account.time_zone

    @property
    def live(self) -> list[Subscription]:
        """Subscriptions that run or will."""
        return [subscription for subscription in self.subscriptions if subscription.live]

    @property
    def suspendable(self) -> list[Subscription]:
        """Those that late payment reaches."""
        return [subscription for subscription in self.subscriptions if subscription.suspendable]

    @property
    def suspendable_ids(self) -> tuple[str, ...]:
        return tuple(subscription.subscription_id for subscription in self.suspendable)

    def switched_off(self, subscription: Subscription) -> bool:
        """Whether late payment keeps this one from running."""
        return self.standing.suspended and subscription.suspendable

    def today(self, work: UnitOfWork) -> date:
        """The account's day at the command's business time."""
        return local_day(work.now, self.zone)


def customer_needs(account_id: str) -> Needs:
    """What `load_customer` reads."""
    return Needs(
        keys=((Account, account_id), (Standing, account_id)),
        groups=((Subscription, LIVE_OF_ACCOUNT, account_id),),
    )


async def load_customer(work: UnitOfWork, account_id: str, catalogue: Catalogue) -> Customer:
    """Raises NotYetKnown while the account's copy has not arrived, NotFound beyond the caller's reach."""
    account = await work.find(Account, account_id)
    if account is None and work.cause.actor.names(account_id):
        raise NotYetKnown("account", account_id)
    if account is None or not work.cause.actor.reaches(seller_id=account.seller_id, account_id=account_id):
        raise NotFound(f"there is no account {account_id}")
    return Customer(
        account=account,
        standing=await work.get(Standing, account_id),
        subscriptions=await work.group(Subscription, LIVE_OF_ACCOUNT, account_id),
        terms=catalogue.terms_of(account.seller_id),
    )


def schedule_charges(customer: Customer, subscriptions: Iterable[Subscription], work: UnitOfWork) -> None:
    """One timer per account and billing date, so that what falls on one day is charged in one run."""
    for billing_on in sorted({day for subscription in subscriptions if (day := subscription.next_billing_on)}):
        work.timers.schedule(
            CHARGES_TIMER,
            f"{CHARGES_TIMER}/{customer.account_id}/{billing_on.isoformat()}",
            due_at=first_instant(billing_on, customer.zone),
            payload={"account_id": customer.account_id, "billing_on": billing_on.isoformat()},
            account_id=customer.account_id,
        )


def schedule_start(customer: Customer, subscription: Subscription, work: UnitOfWork) -> None:
    """Wakes a subscription that begins on a later day."""
    work.timers.schedule(
        START_TIMER,
        f"{START_TIMER}/{subscription.subscription_id}",
        due_at=first_instant(subscription.anchor_on, customer.zone),
        payload={"account_id": customer.account_id, "subscription_id": subscription.subscription_id},
        account_id=customer.account_id,
    )
