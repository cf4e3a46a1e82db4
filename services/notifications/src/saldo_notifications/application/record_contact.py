"""An owner of people told who somebody is: keep the copy."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_notifications.domain.contact import Contact


@dataclass(frozen=True, slots=True)
class RecordContact:
    """The snapshot of ContactChanged; the one command that holds a name and an address."""

    contact_id: str
    account_id: str
    seller_id: str
    email: str
    name: str | None
    language: str | None
    snapshot_version: int


class RecordContactHandler:
    """An older snapshot, and any snapshot of somebody who was erased, changes nothing.

    Notices that wait for this contact are released by the waiting loop, which finds them whichever came first.
    """

    def needs(self, command: RecordContact) -> Needs:
        return Needs(keys=((Contact, command.contact_id),))

    async def handle(self, command: RecordContact, work: UnitOfWork) -> Answer:
        known = await work.find(Contact, command.contact_id)
        if known is not None and not known.is_news(command.snapshot_version):
            return None
        contact = known or Contact(
            contact_id=command.contact_id,
            account_id=command.account_id,
            seller_id=command.seller_id,
            email=None,
            name=None,
            language=None,
            snapshot_version=command.snapshot_version,
        )
        contact.email, contact.name, contact.language = command.email, command.name, command.language
        contact.snapshot_version = command.snapshot_version
        work.save(contact)
        return None
