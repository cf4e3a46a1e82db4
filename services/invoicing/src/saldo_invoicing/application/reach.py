"""Whether the actor of a request may know of an account, and what it is answered once something is saved."""

from __future__ import annotations

from saldo_work import Answer, NotFound, UnitOfWork

from saldo_invoicing.domain.account import Account


async def account_in_reach(work: UnitOfWork, account_id: str) -> Account:
    """The account, locked; raises NotFound where there is none or the actor does not reach it."""
    account = await work.find(Account, account_id)
    if account is None or not work.cause.actor.reaches(seller_id=account.seller_id, account_id=account_id):
        raise NotFound("there is no such account", account_id=account_id)
    return account


def saved_profile(account: Account) -> Answer:
    """The answer of every command that saved a part of the profile."""
    return {
        "account_id": account.account_id,
        "profile_version": account.profile_version,
        "_version": f"invoicing/account/{account.profile_version}",
    }
