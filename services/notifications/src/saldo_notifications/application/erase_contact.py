"""A person is forgotten: the name and the address go at once, and nothing more is sent there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from saldo_work import Answer, Needs, UnitOfWork

from saldo_notifications.domain.answers import Failure
from saldo_notifications.domain.contact import Contact
from saldo_notifications.domain.notice import Notice


@dataclass(frozen=True, slots=True)
class EraseContact:
    contact_id: str
    account_id: str
    seller_id: str
    snapshot_version: int
    erased_at: datetime


class EraseContactHandler:
    """Keeps the id alone, so that an older snapshot which comes later finds it erased.

    Notices hold no personal data; those still open are given up. A mail that is under way at this moment may arrive.
    """

    def needs(self, command: EraseContact) -> Needs:
        return Needs(
            keys=((Contact, command.contact_id),),
            groups=((Notice, "open_of_contact", command.contact_id),),
        )

    async def handle(self, command: EraseContact, work: UnitOfWork) -> Answer:
        contact = await work.find(Contact, command.contact_id) or Contact(
            contact_id=command.contact_id,
            account_id=command.account_id,
            seller_id=command.seller_id,
            email=None,
            name=None,
            language=None,
            snapshot_version=command.snapshot_version,
        )
        contact.erase(at=command.erased_at, snapshot_version=command.snapshot_version)
        work.save(contact)
        for notice in await work.group(Notice, "open_of_contact", command.contact_id):
            notice.give_up(Failure.CONTACT_ERASED, now=work.now)
            work.save(notice)
        return None
