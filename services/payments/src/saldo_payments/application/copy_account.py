"""Keep the copy of an account as its owner tells it: whole snapshots, older ones passed over."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.domain.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAccount:
    account_id: str
    seller_id: str
    account_number: str
    account_version: int
    currency: str
    country: str | None
    automatic_collection: bool
    is_open: bool


class CopyAccountHandler:
    """The first snapshot makes the copy, whichever it is."""

    def needs(self, command: CopyAccount) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: CopyAccount, work: UnitOfWork) -> Answer:
        account = await work.find(Account, command.account_id)
        if account is None:
            work.save(_first_copy(command))
        elif account.copy_profile(
            command.account_version,
            country=command.country,
            automatic_collection=command.automatic_collection,
            is_open=command.is_open,
        ):
            work.save(account)
        return None


def _first_copy(command: CopyAccount) -> Account:
    return Account(
        account_id=command.account_id,
        seller_id=command.seller_id,
        account_number=command.account_number,
        account_version=command.account_version,
        currency=command.currency,
        country=command.country,
        automatic_collection=command.automatic_collection,
        is_open=command.is_open,
    )
