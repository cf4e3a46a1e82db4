"""The mail server answered, or did not: write down what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_notifications.application.ports import MachineClock
from saldo_notifications.domain.answers import ServerAnswer, Stage
from saldo_notifications.domain.notice import Notice
from saldo_notifications.domain.retries import RetryPlan


@dataclass(frozen=True, slots=True)
class SettleNotice:
    """`claim` is the fence of the claim it answers; `stage` and `code` as in ServerAnswer."""

    notice_id: str
    claim: int
    stage: str
    code: int | None
    text: str


class SettleNoticeHandler:
    def __init__(self, *, machine: MachineClock, retries: RetryPlan) -> None:
        self._machine = machine
        self._retries = retries

    def needs(self, command: SettleNotice) -> Needs:
        return Needs(keys=((Notice, command.notice_id),))

    async def handle(self, command: SettleNotice, work: UnitOfWork) -> Answer:
        """Raises ClaimLost or IllegalTransition when the lease ran out before the answer came."""
        notice = await work.get(Notice, command.notice_id)
        notice.settle(
            ServerAnswer(Stage(command.stage), command.code, command.text),
            claim=command.claim,
            plan=self._retries,
            machine_now=self._machine.now(),
            now=work.now,
        )
        work.save(notice)
        return None
