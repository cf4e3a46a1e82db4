"""What a mail server's answer means."""

from __future__ import annotations

import pytest
from saldo_contracts.events import DeliveryFailure
from saldo_notifications.domain.answers import Failure, Fate, ServerAnswer, Stage, judge, without_addresses


@pytest.mark.parametrize(
    ("stage", "code", "fate", "failure"),
    [
        (Stage.CONTENT, 250, Fate.DELIVERED, None),
        (Stage.CONTENT, 451, Fate.LATER, Failure.MESSAGE_REFUSED),
        (Stage.CONTENT, 554, Fate.NEVER, Failure.MESSAGE_REFUSED),
        (Stage.CONTENT, None, Fate.LATER, Failure.UNREACHABLE),
        (Stage.RECIPIENT, 421, Fate.LATER, Failure.RECIPIENT_REFUSED),
        (Stage.RECIPIENT, 450, Fate.LATER, Failure.RECIPIENT_REFUSED),
        (Stage.RECIPIENT, 550, Fate.NEVER, Failure.RECIPIENT_REFUSED),
        (Stage.RECIPIENT, None, Fate.LATER, Failure.UNREACHABLE),
        (Stage.SENDER, 452, Fate.LATER, Failure.MESSAGE_REFUSED),
        (Stage.SENDER, 530, Fate.LATER, Failure.UNREACHABLE),
        (Stage.SENDER, 553, Fate.NEVER, Failure.MESSAGE_REFUSED),
        (Stage.CONNECT, None, Fate.LATER, Failure.UNREACHABLE),
        (Stage.CONNECT, 535, Fate.LATER, Failure.UNREACHABLE),
        (Stage.CONNECT, 554, Fate.LATER, Failure.UNREACHABLE),
        (Stage.ADDRESS, None, Fate.NEVER, Failure.RECIPIENT_REFUSED),
        (Stage.COMPOSE, None, Fate.NEVER, Failure.TEMPLATE_FAULTY),
    ],
)
def test_the_reply_code_and_how_far_it_came_decide(
    stage: Stage, code: int | None, fate: Fate, failure: Failure | None
) -> None:
    verdict = judge(ServerAnswer(stage, code, ""))
    assert (verdict.fate, verdict.failure) == (fate, failure)


def test_only_silence_after_the_content_leaves_a_doubt() -> None:
    in_doubt = [
        (stage, code) for stage in Stage for code in (None, 250, 450, 550) if ServerAnswer(stage, code, "").in_doubt
    ]
    assert in_doubt == [(Stage.CONTENT, None)]


def test_our_reasons_are_words_of_the_contract() -> None:
    assert {failure.value for failure in Failure} <= {reason.value for reason in DeliveryFailure}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <anna.schmidt@customer.example>: unknown", "550 5.1.1 <<address>>: unknown"),
        ("no anna@b.example, no 'öle@ü.example'", "no <address>, no '<address>'"),
        ("two\r\nlines", "two lines"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_a_servers_sentence_is_kept_without_addresses(said: str, kept: str) -> None:
    assert without_addresses(said) == kept
