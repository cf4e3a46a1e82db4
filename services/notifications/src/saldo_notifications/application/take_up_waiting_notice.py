"""A notice waits for its recipient to become known: release it when that happened, give it up when it took too long."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_notifications.application.ports import MachineClock
from saldo_notifications.domain.answers import Failure
from saldo_notifications.domain.contact import Contact
from saldo_notifications.domain.errors import NotDueYet
from saldo_notifications.domain.notice import Notice


@dataclass(frozen=True, slots=True)
class TakeUpWaitingNotice:
    notice_id: str
    contact_id: str


class TakeUpWaitingNoticeHandler:
    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine

    def needs(self, command: TakeUpWaitingNotice) -> Needs:
        return Needs(keys=((Contact, command.contact_id), (Notice, command.notice_id)))

    async def handle(self, command: TakeUpWaitingNotice, work: UnitOfWork) -> Answer:
        """Raises IllegalTransition when it does not wait any more, NotDueYet when it has to go on waiting."""
        contact = await work.find(Contact, command.contact_id)
        notice = await work.get(Notice, command.notice_id)
        machine_now = self._machine.now()
        if contact is not None and contact.erased:
            notice.give_up(Failure.CONTACT_ERASED, now=work.now)
        elif contact is not None:
            notice.contact_came(machine_now=machine_now)
        elif notice.wait_until is not None and notice.wait_until <= machine_now:
            notice.give_up(Failure.CONTACT_UNKNOWN, now=work.now)
        else:
            raise NotDueYet(notice.notice_id)
        work.save(notice)
        return None
