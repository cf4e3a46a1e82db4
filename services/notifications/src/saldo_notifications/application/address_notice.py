"""A notice waits because its account had told of no recipient: give each of them one of their own in its place."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_notifications.application.compose_notices import recipients
from saldo_notifications.application.composition import TELLING
from saldo_notifications.application.ports import MachineClock
from saldo_notifications.domain.account import Account
from saldo_notifications.domain.answers import Failure
from saldo_notifications.domain.errors import NotDueYet
from saldo_notifications.domain.notice import Notice


@dataclass(frozen=True, slots=True)
class AddressNotice:
    notice_id: str
    event_id: str
    account_id: str


class AddressNoticeHandler:
    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine

    def needs(self, command: AddressNotice) -> Needs:
        return Needs(
            keys=((Account, command.account_id), (Notice, command.notice_id)),
            groups=((Notice, "of_event", command.event_id),),
        )

    async def handle(self, command: AddressNotice, work: UnitOfWork) -> Answer:
        """Raises IllegalTransition when it does not wait any more, NotDueYet when it has to go on waiting."""
        account = await work.get(Account, command.account_id)
        notice = await work.get(Notice, command.notice_id)
        machine_now = self._machine.now()
        _, rule = TELLING[notice.event_type]
        addressed = [
            notice.addressed_to(person, machine_now=machine_now)
            for person in recipients(rule, account, contact_id=None)
        ]
        if addressed:
            made = {one.notice_id for one in await work.group(Notice, "of_event", command.event_id)}
            work.remove(notice)
            for one in addressed:
                if one.notice_id not in made:
                    work.save(one)
        elif notice.wait_until is not None and notice.wait_until <= machine_now:
            notice.give_up(Failure.CONTACT_UNKNOWN, now=work.now)
            work.save(notice)
        else:
            raise NotDueYet(notice.notice_id)
        return None
