"""A notice's time has come: take it up for delivery, unless its recipient is not known or was erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from saldo_work import Answer, Needs, UnitOfWork

from saldo_notifications.application.ports import MachineClock, Sellers
from saldo_notifications.domain.answers import Failure
from saldo_notifications.domain.contact import Contact
from saldo_notifications.domain.notice import Notice
from saldo_notifications.domain.retries import RetryPlan


@dataclass(frozen=True, slots=True)
class ClaimNotice:
    notice_id: str
    contact_id: str


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """How long a claim holds, how long an unknown contact is waited for, when it is tried again. Machine time."""

    lease: timedelta
    contact_wait: timedelta
    retries: RetryPlan


class ClaimNoticeHandler:
    """Answers what the delivery needs to know, or None when there is nothing to deliver now."""

    def __init__(self, *, machine: MachineClock, sellers: Sellers, terms: DeliveryTerms) -> None:
        self._machine = machine
        self._sellers = sellers
        self._terms = terms

    def needs(self, command: ClaimNotice) -> Needs:
        return Needs(keys=((Contact, command.contact_id), (Notice, command.notice_id)))

    async def handle(self, command: ClaimNotice, work: UnitOfWork) -> Answer:
        """Raises NotDueYet when somebody else was faster."""
        contact = await work.find(Contact, command.contact_id)
        notice = await work.get(Notice, command.notice_id)
        machine_now = self._machine.now()
        notice.check_due(machine_now)
        if contact is None:
            notice.wait_for_contact(until=machine_now + self._terms.contact_wait)
        elif contact.email is None:
            notice.give_up(Failure.CONTACT_ERASED, now=work.now)
        else:
            language = self._sellers.language(notice.seller_id, contact.language, notice.account_language)
            claimed = notice.claim_for_delivery(
                plan=self._terms.retries,
                machine_now=machine_now,
                now=work.now,
                lease=self._terms.lease,
                language=language,
            )
            work.save(notice)
            return _what_to_deliver(notice, email=contact.email, name=contact.name) if claimed else None
        work.save(notice)
        return None


def _what_to_deliver(notice: Notice, *, email: str, name: str | None) -> Answer:
    return {
        "notice_id": notice.notice_id,
        "claim": notice.claim,
        "seller_id": notice.seller_id,
        "event_type": notice.event_type,
        "facts": notice.facts,
        "template": notice.template,
        "language": notice.language,
        "account_number": notice.account_number,
        "time_zone": notice.time_zone,
        "name": name,
        "email": email,
        "written_at": notice.recorded_at.isoformat(),
    }
