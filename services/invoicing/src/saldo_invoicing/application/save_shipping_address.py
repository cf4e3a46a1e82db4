"""Where devices are sent to is saved or removed; needed only when some are bought."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_invoicing.application.address import Address, row_of
from saldo_invoicing.application.reach import account_in_reach, saved_profile
from saldo_invoicing.domain.account import Account, ShippingAddress


@dataclass(frozen=True, slots=True)
class SaveShippingAddress:
    """Save the address, or with None remove it (GOTO-31)."""

    account_id: str
    address: Address | None


class SaveShippingAddressHandler:
    """Removing what is not there changes nothing and tells nothing. Raises NotFound."""

    def needs(self, command: SaveShippingAddress) -> Needs:
        return Needs(keys=((Account, command.account_id), (ShippingAddress, command.account_id)))

    async def handle(self, command: SaveShippingAddress, work: UnitOfWork) -> Answer:
        account = await account_in_reach(work, command.account_id)
        row = await work.find(ShippingAddress, account.account_id)
        if command.address is not None:
            if row is None:
                row = row_of(ShippingAddress, account.account_id, command.address)
            else:
                command.address.write_to(row)
            work.save(row)
        elif row is not None:
            work.remove(row)
        else:
            return saved_profile(account)
        account.ship_to(command.address.country if command.address else None)
        work.save(account)
        return saved_profile(account)
