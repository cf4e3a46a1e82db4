"""Reading a record never raises, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st
from saldo_contracts.envelope import Envelope, encode_headers
from saldo_contracts.event import Event
from saldo_contracts.events.contacts import ContactChanged
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.topics import contacts_topic
from saldo_contracts.wire import Amount
from saldo_messaging.tasks import Door, Message, message_cause_key
from saldo_messaging.translation import Translation, topics_heard

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT = "01890000-0000-7000-8000-000000000001"
EVENT = BalanceCleared(
    account_id=ACCOUNT,
    seller_id="borealis",
    ledger_version=1,
    balance=Amount(minor_units=0, currency="EUR"),
    cleared_at=NOW,
)
ENVELOPE = Envelope(
    id="e1",
    source="saldo/invoicing",
    type=EVENT.type_,
    subject=ACCOUNT,
    time=NOW,
    partition_key=ACCOUNT,
    sequence=1,
    seller_id="borealis",
    recorded_time=NOW,
    actor="agent:7",
)
TRANSLATION = Translation("payments", {BalanceCleared: lambda event, envelope: (event.account_id, envelope.id)})


def message(
    headers: list[tuple[str, bytes | None]], body: bytes | None, topic: str = "billing.invoicing.v1"
) -> Message:
    return Message(topic, 3, 17, ACCOUNT, tuple(headers), body)


def test_a_message_becomes_the_command_of_its_translator_with_its_cause() -> None:
    task = TRANSLATION.task_of(message(list(encode_headers(ENVELOPE)), EVENT.to_bytes()))
    assert task is not None and task.door is Door.MESSAGE
    assert task.command == (ACCOUNT, "e1")
    assert task.cause_key == message_cause_key("payments", "saldo/invoicing", "e1")
    assert (task.cause.cause_id, str(task.cause.actor), task.cause.actor.relayed) == ("e1", "agent:7", True)


def test_the_inbox_key_never_changes() -> None:
    """Written out: code that is renamed or rewritten must find the causes that stand in databases."""
    assert message_cause_key("payments", "saldo/invoicing", "e1") == "9398ccf7-1bf8-547d-af02-6a5e7707ea70"


@pytest.mark.parametrize("headers", [[], [("ce_type", None)], [("traceparent", b"x")]])
def test_a_tombstone_on_a_contacts_topic_is_stepped_over(headers: list[tuple[str, bytes | None]]) -> None:
    translation = Translation("payments", {ContactChanged: lambda event, envelope: event})
    assert translation.task_of(message(headers, None, contacts_topic("payments").name)) is None


def test_a_null_body_elsewhere_is_unreadable() -> None:
    task = TRANSLATION.task_of(message(list(encode_headers(ENVELOPE)), None))
    assert task is not None and task.rejected == ("unreadable", "no body")


def test_topics_follow_from_the_events_heard() -> None:
    heard: dict[type[Event], object] = {BalanceCleared: None, ContactChanged: None}
    assert topics_heard(heard) == [  # type: ignore[arg-type]  # only the keys count
        "billing.invoicing.contacts.v1",
        "billing.invoicing.v1",
        "billing.payments.contacts.v1",
        "billing.portal.contacts.v1",
        "billing.subscriptions.contacts.v1",
    ]


NAMES = st.sampled_from([name for name, _ in encode_headers(ENVELOPE)]) | st.text(max_size=5)
VALUES = st.none() | st.binary(max_size=20) | st.sampled_from([value for _, value in encode_headers(ENVELOPE)])


@given(headers=st.lists(st.tuples(NAMES, VALUES), max_size=20), body=st.none() | st.binary(max_size=50))
def test_no_headers_and_no_body_make_it_raise(headers: list[tuple[str, bytes | None]], body: bytes | None) -> None:
    task = TRANSLATION.task_of(message(headers, body))
    assert task is None or task.rejected is not None


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 10_000, b'{"account_id": "\\ud800"}', b"1e999", b'{"a": NaN}']))
def test_no_body_in_a_good_envelope_makes_it_raise(body: bytes) -> None:
    task = TRANSLATION.task_of(message(list(encode_headers(ENVELOPE)), body))
    assert task is not None and task.rejected is not None and task.rejected[0] == "unreadable"


@given(key=st.none() | st.binary(max_size=20))
def test_no_key_makes_it_raise_and_none_holds_a_zero(key: bytes | None) -> None:
    record: ConsumerRecord[bytes | None, bytes | None] = ConsumerRecord(
        "billing.invoicing.v1", 0, 0, 0, 0, key, b"", None, 0, 0, (("ce_id", b"x"),)
    )
    task = TRANSLATION.task_of_record(record)
    assert task is not None and task.message is not None
    assert task.message.key is None or "\x00" not in task.message.key
