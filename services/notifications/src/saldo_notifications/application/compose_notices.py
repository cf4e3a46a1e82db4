"""A fact arrived that people are to be told: one notice for each of its recipients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from saldo_work import Answer, Needs, NotYetKnown, UnitOfWork

from saldo_notifications.application.composition import TELLING, Tell, To
from saldo_notifications.application.ports import MachineClock
from saldo_notifications.domain.account import Account
from saldo_notifications.domain.notice import Notice, NoticeState, notice_id


@dataclass(frozen=True, slots=True)
class ComposeNotices:
    """`facts` is the body of the event as it was told; `contact_id` the contact that it names, if its rule asks."""

    event_id: str
    event_type: str
    account_id: str
    contact_id: str | None
    facts: str


class ComposeNoticesHandler:
    """A repeat of the event finds its notices and makes no second ones."""

    def __init__(self, *, machine: MachineClock, contact_wait: timedelta) -> None:
        self._machine = machine
        self._contact_wait = contact_wait

    def needs(self, command: ComposeNotices) -> Needs:
        return Needs(
            keys=((Account, command.account_id),),
            groups=((Notice, "of_event", command.event_id),),
        )

    async def handle(self, command: ComposeNotices, work: UnitOfWork) -> Answer:
        """Raises NotYetKnown until the account's copy is here. Whether a contact is known is asked at delivery.

        Where the account has told of no recipient yet, one notice waits for that: its list travels on another stream.
        """
        account = await work.find(Account, command.account_id)
        if account is None:
            raise NotYetKnown("account", command.account_id)
        _, rule = TELLING[command.event_type]
        waiting = self._compose(command, account, template=rule.template, work=work)
        people = recipients(rule, account, contact_id=command.contact_id)
        notices = [waiting.addressed_to(person, machine_now=waiting.recorded_at) for person in people] or [waiting]
        made = {notice.notice_id for notice in await work.group(Notice, "of_event", command.event_id)}
        for notice in notices:
            if notice.notice_id not in made:
                work.save(notice)
        return None

    def _compose(self, command: ComposeNotices, account: Account, *, template: str, work: UnitOfWork) -> Notice:
        """The notice without a recipient."""
        recorded_at = self._machine.now()
        return Notice(
            notice_id=notice_id(command.event_id, None, template=template),
            account_id=account.account_id,
            seller_id=account.seller_id,
            event_id=command.event_id,
            event_type=command.event_type,
            contact_id=None,
            template=template,
            facts=command.facts,
            account_number=account.number,
            account_language=account.language,
            time_zone=account.time_zone,
            composed_at=work.now,
            recorded_at=recorded_at,
            state=NoticeState.WAITING_FOR_CONTACT,
            wait_until=recorded_at + self._contact_wait,
            traceparent=work.cause.traceparent,
            tracestate=work.cause.tracestate,
        )


def recipients(rule: Tell, account: Account, *, contact_id: str | None) -> tuple[str, ...]:
    """The contact ids that a rule means; none where the account has told of nobody yet."""
    match rule.to:
        case To.INVOICE_RECIPIENTS:
            return account.invoice_recipients()
        case To.PRIMARY:
            return account.primary()
        case To.CONTACT:
            return () if contact_id is None else (contact_id,)
        case To.CONTACT_OR_RECIPIENTS:
            return account.invoice_recipients() if contact_id is None else (contact_id,)
        case To.CONTACT_OR_PRIMARY:
            return account.primary() if contact_id is None else (contact_id,)
