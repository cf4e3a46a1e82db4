"""What goes out: the same fact has the same id, and nothing is recorded that could never be sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from saldo_contracts.event import Event
from saldo_contracts.events.contacts import ContactErased
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.subscriptions import ReactivationReason, ServiceReactivated
from saldo_contracts.topics import MESSAGE_BYTES_MAX, contacts_topic
from saldo_contracts.wire import Amount
from saldo_messaging import outgoing
from saldo_messaging.outgoing import Envelopes, EventTooLarge, OutboxRow
from saldo_work import Cause, system_actor

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT, ENTITY, OTHER = (f"01890000-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
CAUSE = Cause("c", system_actor("subscriptions"))
CLEARED = BalanceCleared(
    account_id=ACCOUNT,
    seller_id="borealis",
    ledger_version=1,
    balance=Amount(minor_units=0, currency="EUR"),
    cleared_at=NOW,
)


def wrap(events: Sequence[Event], *, entity: str = ENTITY, version: int = 1) -> Sequence[OutboxRow]:
    return Envelopes("payments").wrap(
        events,
        aggregate_id=entity,
        version=version,
        cause=CAUSE,
        occurred_at=NOW,
        recorded_at=NOW,
        trace=(None, None),
    )


def test_the_same_fact_told_twice_has_the_same_ids() -> None:
    ids = [row.event_id for row in wrap([CLEARED, CLEARED])]
    assert ids == [row.event_id for row in wrap([CLEARED, CLEARED])]
    assert len(set(ids)) == 2  # two events of one type in one version are two facts


def test_two_entities_or_versions_that_tell_of_one_account_tell_different_facts() -> None:
    told = [*wrap([CLEARED]), *wrap([CLEARED], entity=OTHER), *wrap([CLEARED], version=2)]
    assert len({row.event_id for row in told}) == 3
    assert {json.loads(row.headers)["ce_subject"] for row in told} == {ACCOUNT}


def test_an_event_that_no_broker_takes_is_refused_with_its_headers_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    event = ServiceReactivated(
        account_id=ACCOUNT,
        seller_id="borealis",
        reason=ReactivationReason.BALANCE_CLEARED,
        subscription_ids=(),
        suspended_since=NOW,
        reactivated_at=NOW,
    )
    (row,) = wrap([event])
    size = len(row.payload or b"") + len(row.headers) + outgoing.RECORD_BYTES
    assert size < MESSAGE_BYTES_MAX
    monkeypatch.setattr(outgoing, "MESSAGE_BYTES_MAX", size)
    wrap([event])
    monkeypatch.setattr(outgoing, "MESSAGE_BYTES_MAX", size - 1)
    with pytest.raises(EventTooLarge, match=r"billing\.service\.reactivated\.v1"):
        wrap([event])


def test_a_tombstone_follows_the_erasure_of_a_contact() -> None:
    erased = ContactErased(account_id=ACCOUNT, seller_id="borealis", contact_id=OTHER, version=2, erased_at=NOW)
    event, tombstone = wrap([erased])
    assert (tombstone.topic, tombstone.key) == (event.topic, event.key) == (contacts_topic("payments").name, OTHER)
    assert (tombstone.payload, tombstone.headers) == (None, "{}")
    assert tombstone.event_id != event.event_id
