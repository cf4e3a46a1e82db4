"""A notice: one fact told to one recipient on one channel, with its way and the proof of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from saldo_notifications.domain.answers import Failure, Fate, ServerAnswer, judge, without_addresses
from saldo_notifications.domain.errors import ClaimLost, IllegalTransition, NotDueYet, RecipientErased
from saldo_notifications.domain.events import NoticeEvent, NoticeFailed, NoticeSent
from saldo_notifications.domain.retries import RetryPlan

NOTICE_NAMESPACE = UUID("5a1d0b14-0000-5000-8000-000000000001")  # ours, fixed for ever


class NoticeState(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    WAITING_FOR_CONTACT = "waiting_for_contact"
    SENT = "sent"
    FAILED = "failed"


OPEN_STATES = (NoticeState.QUEUED, NoticeState.CLAIMED, NoticeState.WAITING_FOR_CONTACT)

TRANSITIONS: dict[NoticeState, dict[str, tuple[NoticeState, ...]]] = {
    NoticeState.QUEUED: {
        "claimed": (NoticeState.CLAIMED,),
        "put aside": (NoticeState.WAITING_FOR_CONTACT,),
        "given up": (NoticeState.FAILED,),
    },
    NoticeState.CLAIMED: {
        "claimed": (NoticeState.CLAIMED, NoticeState.FAILED),  # its lease ran out; failed when its tries are used up
        "put aside": (NoticeState.WAITING_FOR_CONTACT,),
        "settled": (NoticeState.SENT, NoticeState.QUEUED, NoticeState.FAILED),
        "given up": (NoticeState.FAILED,),
    },
    NoticeState.WAITING_FOR_CONTACT: {
        "released": (NoticeState.QUEUED,),
        "given up": (NoticeState.FAILED,),
    },
    NoticeState.SENT: {},
    NoticeState.FAILED: {"tried again": (NoticeState.QUEUED, NoticeState.WAITING_FOR_CONTACT)},
}
"""Every step that there is; the code runs this table and the chart of the README is drawn from it."""


def notice_id(event_id: str, contact_id: str | None, *, template: str) -> str:
    """The id of the notice of this triple, so that a repeat of the event makes no second one."""
    return str(uuid5(NOTICE_NAMESPACE, f"{event_id}|{contact_id or ''}|{template}"))


@dataclass(slots=True)
class Notice:
    """Holds no name and no address: those are looked up when it is delivered, and are gone when they are erased.

                                    accepted
        QUEUED ----------> CLAIMED ----------> SENT
         ^ ^ |               | | |
         | | |  later (4xx)  | | |  5xx, tries used up
         | | +<--------------+ | +-----------> FAILED --- an agent's retry ---> QUEUED
         | |                   |                  ^
         | +- contact came -- WAITING_FOR_CONTACT -+  time limit, contact erased

    A notice whose account has told of no recipient yet (`contact_id` None) waits as well; each recipient gets one of
    its own in its place. CLAIMED -> CLAIMED: the lease ran out, so nobody knows whether it was sent; it is sent again
    with the same Message-ID.

    `next_try_at`, `lease_until`, `wait_until` and `recorded_at` are machine time, `composed_at` and `sent_at` business
    time. `facts` is the body of the event as it was told, `claim` a fence that grows with each claim; `tries` counts
    since the last retry by an agent, `attempts` counts all, `doubtful_attempts` those cut off before an answer.
    """

    notice_id: str
    account_id: str
    seller_id: str
    event_id: str
    event_type: str
    contact_id: str | None
    template: str
    facts: str
    account_number: str
    account_language: str
    time_zone: str
    composed_at: datetime
    recorded_at: datetime
    next_try_at: datetime | None = None
    traceparent: str | None = None
    tracestate: str | None = None
    state: NoticeState = NoticeState.QUEUED
    language: str | None = None
    claim: int = 0
    attempts: int = 0
    tries: int = 0
    doubtful_attempts: int = 0
    lease_until: datetime | None = None
    wait_until: datetime | None = None
    sent_at: datetime | None = None
    failure: Failure | None = None
    answer_code: int | None = None
    answer_text: str | None = None
    version: int = 0
    events: list[NoticeEvent] = field(default_factory=list)

    def addressed_to(self, contact_id: str, *, machine_now: datetime) -> Notice:
        """The notice of one recipient, in place of this one, which has none: to be sent at once."""
        self._check("released", NoticeState.QUEUED)
        return replace(
            self,
            notice_id=notice_id(self.event_id, contact_id, template=self.template),
            contact_id=contact_id,
            state=NoticeState.QUEUED,
            next_try_at=machine_now,
            wait_until=None,
            version=0,
            events=[],
        )

    def check_due(self, machine_now: datetime) -> None:
        """Raises NotDueYet when its time has not come or somebody else holds it."""
        self._check("claimed", NoticeState.CLAIMED)
        due = self.next_try_at if self.state is NoticeState.QUEUED else self.lease_until
        if due is None or due > machine_now:
            raise NotDueYet(self.notice_id)

    def claim_for_delivery(
        self, *, plan: RetryPlan, machine_now: datetime, now: datetime, lease: timedelta, language: str
    ) -> bool:
        """Take it up; False when it was cut off so often that its tries are used up, and has failed for good.

        A mail that kills the process which sends it would otherwise be taken up for ever.
        """
        self.check_due(machine_now)
        if self.state is NoticeState.CLAIMED:
            self.doubtful_attempts += 1
            if plan.wait_after(self.tries, self.notice_id) is None:
                self._fail(Failure.ATTEMPTS_EXHAUSTED, now=now)
                return False
        self._enter(NoticeState.CLAIMED)
        self.lease_until = machine_now + lease
        self.language = language
        self.claim += 1
        self.attempts += 1
        self.tries += 1
        return True

    def wait_for_contact(self, *, until: datetime) -> None:
        """Put it aside until its recipient is known here, at most until then."""
        self._check("put aside", NoticeState.WAITING_FOR_CONTACT)
        self._enter(NoticeState.WAITING_FOR_CONTACT)
        self.wait_until = until

    def contact_came(self, *, machine_now: datetime) -> None:
        """Its recipient is known now: to be sent at once."""
        self._check("released", NoticeState.QUEUED)
        self._enter(NoticeState.QUEUED)
        self.next_try_at = machine_now

    def settle(
        self, answer: ServerAnswer, *, claim: int, plan: RetryPlan, machine_now: datetime, now: datetime
    ) -> None:
        """Write down what came of a delivery. Raises ClaimLost when it was taken up again in the meantime."""
        verdict = judge(answer)
        if "settled" not in TRANSITIONS[self.state]:
            raise IllegalTransition(self.notice_id, self.state, "settled")
        if claim != self.claim:
            raise ClaimLost(self.notice_id, claim=claim, claim_now=self.claim)
        self.answer_code, self.answer_text = answer.code, without_addresses(answer.text)
        self.doubtful_attempts += answer.in_doubt
        if verdict.failure is None:
            self._sent(now)
        elif verdict.fate is Fate.NEVER:
            self._fail(verdict.failure, now=now)
        else:
            self._later(verdict.failure, plan=plan, machine_now=machine_now, now=now)

    def give_up(self, reason: Failure, *, now: datetime) -> None:
        """End it without a delivery: its recipient was erased or never became known."""
        self._check("given up", NoticeState.FAILED)
        self._fail(reason, now=now)

    def try_again(self, *, machine_now: datetime, wait_until: datetime) -> None:
        """An agent's wish: to be sent at once, with all tries of the plan before it; without a recipient to wait anew.

        Raises RecipientErased.
        """
        self._check("tried again", NoticeState.QUEUED)
        if self.failure is Failure.CONTACT_ERASED:
            raise RecipientErased(self.contact_id)
        if self.contact_id is None:
            self._enter(NoticeState.WAITING_FOR_CONTACT)
            self.wait_until = wait_until
        else:
            self._enter(NoticeState.QUEUED)
            self.next_try_at = machine_now
        self.tries = 0
        self.failure = None

    def _sent(self, now: datetime) -> None:
        self._enter(NoticeState.SENT)
        self.sent_at = now
        self.failure = None
        self.events.append(NoticeSent(sent_at=now))

    def _later(self, failure: Failure, *, plan: RetryPlan, machine_now: datetime, now: datetime) -> None:
        wait = plan.wait_after(self.tries, self.notice_id)
        if wait is None:
            self._fail(Failure.ATTEMPTS_EXHAUSTED, now=now)
            return
        self._enter(NoticeState.QUEUED)
        self.next_try_at = machine_now + wait
        self.failure = failure
        self.events.append(NoticeFailed(reason=failure, failed_at=now, next_try_at=self.next_try_at))

    def _fail(self, failure: Failure, *, now: datetime) -> None:
        self._enter(NoticeState.FAILED)
        self.failure = failure
        self.events.append(NoticeFailed(reason=failure, failed_at=now, next_try_at=None))

    def _check(self, step: str, target: NoticeState) -> None:
        if target not in TRANSITIONS[self.state].get(step, ()):
            raise IllegalTransition(self.notice_id, self.state, step)

    def _enter(self, state: NoticeState) -> None:
        """Every time that belongs to the state before ends with it."""
        self.state = state
        self.next_try_at = self.lease_until = self.wait_until = None
