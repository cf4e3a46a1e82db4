"""Mails are facts: what people must be told was told to each of them once, and the mail server has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from saldo_contracts import events as facts

from saldo_local.invariants.streams import firsts
from saldo_local.invariants.told import Told

# What always has a recipient; who else is told of what is a table of notifications.
MAILED: Final = (facts.PaymentSucceeded, facts.InvoiceIssued, facts.PaymentMethodValidated)
ENDED: Final = frozenset({"sent", "failed"})


@dataclass(frozen=True, slots=True)
class Notice:
    """A row of the delivery log: one fact to one recipient."""

    notice_id: str
    event_id: str
    contact_id: str | None
    template: str
    state: str
    doubtful_attempts: int


def mails_are_facts(notices: Sequence[Notice], arrived: Mapping[str, int], told: Sequence[Told]) -> Iterable[str]:
    """`arrived`: mails by notice id. Twice only where the log says that a try was cut off before an answer."""
    for notice in notices:
        mails, doubtful = arrived.get(notice.notice_id, 0), notice.doubtful_attempts
        least, most = (1, 1 + doubtful) if notice.state == "sent" else (0, doubtful)
        if notice.state not in ENDED or not least <= mails <= most:
            yield f"notice {notice.notice_id} is {notice.state} and was mailed {mails} times, {most} at most"
    known = {notice.notice_id for notice in notices}
    yield from (f"mail {notice_id} is of no notice" for notice_id in arrived if notice_id not in known)
    recipients = Counter((notice.event_id, notice.contact_id, notice.template) for notice in notices)
    yield from (f"{event} was told {times} times to one" for (event, _, _), times in recipients.items() if times > 1)
    told_of = {notice.event_id for notice in notices}
    for one in firsts(told):
        if isinstance(one.event, MAILED) and one.envelope.id not in told_of:
            yield f"{type(one.event).__name__} {one.event.subject} was told to nobody"
