"""An agent wants a notice that failed for good to be sent after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from saldo_work import Answer, Needs, NotFound, UnitOfWork

from saldo_notifications.application.ports import MachineClock
from saldo_notifications.domain.notice import Notice


@dataclass(frozen=True, slots=True)
class RetryNotice:
    account_id: str
    notice_id: str


class RetryNoticeHandler:
    """It goes out with its old Message-ID, to the address that the recipient has now."""

    def __init__(self, *, machine: MachineClock, contact_wait: timedelta) -> None:
        self._machine = machine
        self._contact_wait = contact_wait

    def needs(self, command: RetryNotice) -> Needs:
        return Needs(keys=((Notice, command.notice_id),))

    async def handle(self, command: RetryNotice, work: UnitOfWork) -> Answer:
        """Raises NotFound, IllegalTransition when it has not failed, RecipientErased when nobody is left to send to."""
        notice = await work.find(Notice, command.notice_id)
        if notice is None or notice.account_id != command.account_id:
            raise NotFound("there is no such notice", notice_id=command.notice_id)
        if not work.cause.actor.reaches(seller_id=notice.seller_id, account_id=notice.account_id):
            raise NotFound("there is no such notice", notice_id=command.notice_id)
        machine_now = self._machine.now()
        notice.try_again(machine_now=machine_now, wait_until=machine_now + self._contact_wait)
        work.save(notice)
        return {"notice_id": notice.notice_id, "state": notice.state.value, "version": notice.version}
