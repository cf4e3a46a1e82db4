"""A notice goes the ways of its chart and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from saldo_notifications.domain.answers import Failure, ServerAnswer, Stage
from saldo_notifications.domain.errors import ClaimLost, IllegalTransition, NotDueYet, RecipientErased
from saldo_notifications.domain.events import NoticeFailed, NoticeSent
from saldo_notifications.domain.notice import TRANSITIONS, Notice, NoticeState, notice_id
from saldo_notifications.domain.retries import RetryPlan

from services.notifications.tests.unit.fake_work import BUSINESS_NOW, MACHINE_NOW

LEASE = timedelta(minutes=3)
PLAN = RetryPlan((timedelta(minutes=1), timedelta(minutes=5)))
ACCEPTED = ServerAnswer(Stage.CONTENT, 250, "2.0.0 kept")
LATER = ServerAnswer(Stage.RECIPIENT, 451, "4.3.0 try again later")
NEVER = ServerAnswer(Stage.RECIPIENT, 550, "5.1.1 <anna@customer.example> unknown")
CUT_OFF = ServerAnswer(Stage.CONTENT, None, "no answer")
README = Path(__file__).parents[2] / "README.md"


def queued() -> Notice:
    return Notice(
        notice_id=notice_id("e1", "c1", template="payment-succeeded"),
        account_id="a1",
        seller_id="borealis",
        event_id="e1",
        event_type="billing.payment.succeeded.v1",
        contact_id="c1",
        template="payment-succeeded",
        facts="{}",
        account_number="B-1001",
        account_language="en",
        time_zone="UTC",
        composed_at=BUSINESS_NOW,
        recorded_at=MACHINE_NOW,
        next_try_at=MACHINE_NOW,
    )


def claim(notice: Notice, *, later: timedelta = timedelta(0), language: str = "en") -> bool:
    return notice.claim_for_delivery(
        plan=PLAN, machine_now=MACHINE_NOW + later, now=BUSINESS_NOW, lease=LEASE, language=language
    )


def settle(notice: Notice, answer: ServerAnswer, *, number: int | None = None) -> None:
    notice.settle(answer, claim=number or notice.claim, plan=PLAN, machine_now=MACHINE_NOW, now=BUSINESS_NOW)


def claimed() -> Notice:
    notice = queued()
    claim(notice)
    return notice


def in_state(state: NoticeState) -> Notice:
    notice = queued()
    match state:
        case NoticeState.CLAIMED:
            claim(notice)
        case NoticeState.WAITING_FOR_CONTACT:
            notice.wait_for_contact(until=MACHINE_NOW)
        case NoticeState.SENT:
            claim(notice)
            settle(notice, ACCEPTED)
        case NoticeState.FAILED:
            claim(notice)
            settle(notice, NEVER)
        case NoticeState.QUEUED:
            pass
    assert notice.state is state
    return notice


STEPS: dict[str, Callable[[Notice], object]] = {
    "claimed": lambda notice: claim(notice, later=LEASE),
    "put aside": lambda notice: notice.wait_for_contact(until=MACHINE_NOW),
    "released": lambda notice: notice.contact_came(machine_now=MACHINE_NOW),
    "settled": lambda notice: settle(notice, ACCEPTED),
    "given up": lambda notice: notice.give_up(Failure.CONTACT_ERASED, now=BUSINESS_NOW),
    "tried again": lambda notice: notice.try_again(machine_now=MACHINE_NOW, wait_until=MACHINE_NOW),
}


@pytest.mark.parametrize("state", NoticeState)
@pytest.mark.parametrize("step", STEPS)
def test_every_step_leads_where_the_table_says_or_is_refused(state: NoticeState, step: str) -> None:
    notice = in_state(state)
    allowed = TRANSITIONS[state].get(step)
    if allowed is None:
        with pytest.raises(IllegalTransition):
            STEPS[step](notice)
        assert notice.state is state
    else:
        STEPS[step](notice)
        assert notice.state in allowed


@pytest.mark.parametrize("state", NoticeState)
def test_the_times_of_a_state_end_with_it(state: NoticeState) -> None:
    notice = in_state(state)
    assert (notice.next_try_at is not None) == (state is NoticeState.QUEUED)
    assert (notice.lease_until is not None) == (state is NoticeState.CLAIMED)
    assert (notice.wait_until is not None) == (state is NoticeState.WAITING_FOR_CONTACT)
    assert (notice.sent_at is not None) == (state is NoticeState.SENT)


def test_the_chart_of_the_readme_is_the_table() -> None:
    arrows = {
        (state, target, step)
        for state, steps in TRANSITIONS.items()
        for step, targets in steps.items()
        for target in targets
    }
    drawn = sorted(f"    {state} --> {target}: {step}" for state, target, step in arrows)
    chart = "```mermaid\nstateDiagram-v2\n    [*] --> queued: composed\n"
    chart += "    [*] --> waiting_for_contact: composed without recipients\n"
    chart += "    waiting_for_contact --> [*]: replaced by one for each recipient\n" + "\n".join(drawn) + "\n```"
    assert chart in README.read_text(encoding="utf-8")


def test_an_accepted_mail_is_told_once_with_its_proof() -> None:
    notice = claimed()
    settle(notice, ACCEPTED)
    assert notice.events == [NoticeSent(sent_at=BUSINESS_NOW)]
    assert (notice.answer_code, notice.answer_text, notice.failure) == (250, "2.0.0 kept", None)
    assert (notice.attempts, notice.doubtful_attempts) == (1, 0)


def test_the_proof_holds_no_address() -> None:
    notice = claimed()
    settle(notice, NEVER)
    assert notice.answer_text == "5.1.1 <<address>> unknown"


def test_a_refusal_for_good_ends_it_at_once() -> None:
    notice = claimed()
    settle(notice, NEVER)
    assert (notice.state, notice.failure) == (NoticeState.FAILED, Failure.RECIPIENT_REFUSED)
    assert notice.events == [NoticeFailed(reason=Failure.RECIPIENT_REFUSED, failed_at=BUSINESS_NOW, next_try_at=None)]


def test_a_refusal_for_now_is_tried_again_as_planned_and_then_ends() -> None:
    notice, waits = queued(), []
    for _ in PLAN.delays:
        claim(notice, later=timedelta(hours=1))
        settle(notice, LATER)
        assert notice.state is NoticeState.QUEUED
        assert notice.next_try_at is not None
        waits.append(notice.next_try_at - MACHINE_NOW)
    assert all(delay <= wait <= delay * 1.2 for delay, wait in zip(PLAN.delays, waits, strict=True))
    claim(notice, later=timedelta(hours=1))
    settle(notice, LATER)
    assert (notice.state, notice.failure) == (NoticeState.FAILED, Failure.ATTEMPTS_EXHAUSTED)
    assert [event.next_try_at is None for event in notice.events if isinstance(event, NoticeFailed)] == [
        False,
        False,
        True,
    ]


def test_a_mail_cut_off_after_its_content_is_counted_as_doubtful_and_sent_again() -> None:
    notice = claimed()
    settle(notice, CUT_OFF)
    assert (notice.state, notice.failure) == (NoticeState.QUEUED, Failure.UNREACHABLE)
    assert notice.doubtful_attempts == 1


def test_a_notice_whose_lease_ran_out_is_taken_up_again_and_its_late_answer_is_refused() -> None:
    notice = claimed()
    with pytest.raises(NotDueYet):
        claim(notice, later=LEASE - timedelta(seconds=1))
    assert claim(notice, later=LEASE)
    assert (notice.claim, notice.attempts, notice.doubtful_attempts) == (2, 2, 1)
    with pytest.raises(ClaimLost):
        settle(notice, ACCEPTED, number=1)
    settle(notice, ACCEPTED, number=2)
    assert notice.state is NoticeState.SENT


def test_a_mail_that_kills_whoever_sends_it_is_given_up_in_the_end() -> None:
    notice, rounds = queued(), 0
    while claim(notice, later=LEASE * rounds):
        rounds += 1
    assert rounds == len(PLAN.delays) + 1
    assert (notice.state, notice.failure) == (NoticeState.FAILED, Failure.ATTEMPTS_EXHAUSTED)


def test_a_queued_notice_is_not_taken_up_before_its_time() -> None:
    notice = claimed()
    settle(notice, LATER)
    with pytest.raises(NotDueYet):
        claim(notice)


def test_an_agents_retry_gives_all_tries_again_and_keeps_the_count() -> None:
    notice = in_state(NoticeState.FAILED)
    notice.try_again(machine_now=MACHINE_NOW, wait_until=MACHINE_NOW)
    assert (notice.state, notice.tries, notice.attempts, notice.failure) == (NoticeState.QUEUED, 0, 1, None)


def test_nothing_is_sent_again_to_somebody_who_was_erased() -> None:
    notice = queued()
    notice.give_up(Failure.CONTACT_ERASED, now=BUSINESS_NOW)
    with pytest.raises(RecipientErased):
        notice.try_again(machine_now=MACHINE_NOW, wait_until=MACHINE_NOW)


def test_the_id_is_one_fact_to_one_recipient_by_one_template() -> None:
    ids = {
        notice_id(event, contact, template=template)
        for event in ("e1", "e2")
        for contact in ("c1", "c2")
        for template in ("t1", "t2")
    }
    assert len(ids) == 8
    assert notice_id("e1", "c1", template="t1") == notice_id("e1", "c1", template="t1")
