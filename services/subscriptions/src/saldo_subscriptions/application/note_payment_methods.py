"""Payments told how many usable methods an account has now: checkout needs one (C-02)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, NotYetKnown, UnitOfWork

from saldo_subscriptions.domain.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePaymentMethods:
    """`qualifying` is the count after the fact: active cards and connected accounts, 0 or more."""

    account_id: str
    qualifying: int


class NotePaymentMethodsHandler:
    """The last word counts: payments tells one account's facts in order, on one key."""

    def needs(self, command: NotePaymentMethods) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: NotePaymentMethods, work: UnitOfWork) -> Answer:
        """Raises NotYetKnown while the account's copy has not arrived."""
        account = await work.find(Account, command.account_id)
        if account is None:
            raise NotYetKnown("account", command.account_id)
        if account.qualifying_methods != command.qualifying:
            account.qualifying_methods = command.qualifying
            work.save(account)
        return None
