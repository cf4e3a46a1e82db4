"""What every event keeps: its bytes lead back to it, and bytes that are not it are refused in one way."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some
from saldo_contracts.catalogue import CATALOGUE
from saldo_contracts.event import EVENTS, EVENTS_BY_NAME, Event, UnreadableBody
from saldo_contracts.events import DeclineReason, InvoicePaid, PaymentFailed, PaymentSucceeded, UsageReported
from saldo_contracts.examples import example_id, example_of
from saldo_contracts.schemas import EVENT_TYPE_PATTERN
from saldo_contracts.topics import SERVICES
from saldo_contracts.usage import PRODUCERS
from saldo_contracts.wire import Amount, decimal_string

every_event = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)


@every_event
def test_an_event_survives_its_bytes(event: type[Event]) -> None:
    told = example_of(event)
    assert event.from_bytes(told.to_bytes()) == told
    assert event.from_bytes(told.to_bytes()).to_bytes() == told.to_bytes()


@every_event
def test_a_field_of_tomorrow_is_passed_over(event: type[Event]) -> None:
    told = example_of(event)
    tomorrow = json.loads(told.to_bytes()) | {"of_tomorrow": {"anything": [1, 2]}}
    assert event.from_bytes(json.dumps(tomorrow).encode()) == told


@every_event
def test_a_missing_field_is_named_and_no_value_is(event: type[Event]) -> None:
    body = json.loads(example_of(event).to_bytes())
    del body["account_id"]
    with pytest.raises(UnreadableBody) as refused:
        event.from_bytes(json.dumps(body).encode())
    assert refused.value.reason == f"not a {event.__name__}: account_id: missing"


@every_event
def test_an_event_says_what_it_is(event: type[Event]) -> None:
    assert re.match(EVENT_TYPE_PATTERN, event.type_)
    assert event.__doc__ and event.__doc__ != Event.__doc__
    assert event.owner is None or event.owner in (*SERVICES, PRODUCERS)
    told = example_of(event)
    assert told.subject == getattr(told, event.subject_field)
    assert told.partition_key == getattr(told, event.key_field)


@every_event
def test_an_event_holds_only_what_cannot_change(event: type[Event]) -> None:
    told = example_of(event)
    with pytest.raises(ValueError, match="frozen"):
        told.account_id = "another"


def test_the_register_holds_every_class_once() -> None:
    assert {event.__name__ for event in EVENTS.values()} == set(EVENTS_BY_NAME) == set(CATALOGUE)
    assert all(EVENTS[event.type_] is event for event in EVENTS_BY_NAME.values())


@given(some.binary(max_size=300))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        PaymentSucceeded.from_bytes(body)


@given(
    some.recursive(
        some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
        lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    ),
    some.sampled_from(sorted(PaymentSucceeded.model_fields)),
)
def test_no_json_raises_anything_else(value: object, field: str) -> None:
    body = json.loads(example_of(PaymentSucceeded).to_bytes()) | {field: value}
    with suppress(UnreadableBody):
        PaymentSucceeded.from_bytes(json.dumps(body).encode())


@pytest.mark.parametrize("minor_units", ["1.0", '"1"', "true", "1e2", "null", str(2**63)])
def test_minor_units_are_strict(minor_units: str) -> None:
    amount = f'"minor_units":{minor_units}'.encode()
    body = example_of(PaymentSucceeded).to_bytes().replace(b'"minor_units":12200', amount)
    with pytest.raises(UnreadableBody, match=r"amount\.minor_units"):
        PaymentSucceeded.from_bytes(body)


@pytest.mark.parametrize("identity", ["", "x", example_id("payment").upper(), example_id("payment") + "\n", "{1}"])
def test_ids_are_lower_case_uuids(identity: str) -> None:
    body = json.loads(example_of(PaymentSucceeded).to_bytes()) | {"payment_id": identity}
    with pytest.raises(UnreadableBody, match="payment_id"):
        PaymentSucceeded.from_bytes(json.dumps(body).encode())


@pytest.mark.parametrize("currency", ["eur", "EURO", "", 978])
def test_a_currency_is_three_capitals(currency: object) -> None:
    with pytest.raises(ValueError, match="currency"):
        Amount(minor_units=1, currency=currency)  # type: ignore[arg-type]


def test_moments_are_aware_and_told_in_utc() -> None:
    told = example_of(PaymentSucceeded)
    in_rome = datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    moved = PaymentSucceeded.model_validate({**dict(told), "captured_at": in_rome})
    assert moved.captured_at.tzinfo is UTC
    assert b'"captured_at":"2026-03-01T09:30:00Z"' in moved.to_bytes()
    with pytest.raises(ValueError, match="captured_at"):
        PaymentSucceeded.model_validate({**dict(told), "captured_at": datetime(2026, 3, 1)})  # noqa: DTZ001


@pytest.mark.parametrize(
    "text", ['"2026-03-01T09:30:00"', '"1772357400"', "1772357400", '"yesterday"', '"2026-02-30T00:00:00Z"']
)
def test_a_moment_on_the_wire_is_one_of_rfc_3339(text: str) -> None:
    body = example_of(PaymentSucceeded).to_bytes().replace(b'"2026-03-01T09:30:00Z"', text.encode())
    with pytest.raises(UnreadableBody, match="captured_at"):
        PaymentSucceeded.from_bytes(body)


@pytest.mark.parametrize("text", ['"2026-02-30"', '"1772357400"', "1772357400", '"2026-03-01T00:00:00Z"', '"20260301"'])
def test_a_day_on_the_wire_is_one_of_rfc_3339(text: str) -> None:
    body = example_of(InvoicePaid).to_bytes().replace(b'"due_date":"2026-03-15"', b'"due_date":' + text.encode())
    with pytest.raises(UnreadableBody, match="due_date"):
        InvoicePaid.from_bytes(body)


def test_a_reason_of_tomorrow_is_read_as_other_and_a_closed_list_stays_closed() -> None:
    body = json.loads(example_of(PaymentFailed).to_bytes())
    assert PaymentFailed.from_bytes(json.dumps(body | {"reason": "of_tomorrow"}).encode()).reason is DeclineReason.OTHER
    for value in (7, None, ["other"]):
        with pytest.raises(UnreadableBody, match="reason"):
            PaymentFailed.from_bytes(json.dumps(body | {"reason": value}).encode())
    with pytest.raises(UnreadableBody, match="origin"):
        PaymentFailed.from_bytes(json.dumps(body | {"origin": "of_tomorrow"}).encode())


def test_a_reason_names_only_the_first_faults() -> None:
    with pytest.raises(UnreadableBody, match=r" and \d+ more$"):
        PaymentSucceeded.from_bytes(b"{}")


def test_usage_may_leave_the_subscription_out() -> None:
    body = json.loads(example_of(UsageReported).to_bytes())
    del body["subscription_id"]
    assert UsageReported.from_bytes(json.dumps(body).encode()).subscription_id is None


def test_a_declaration_must_be_right() -> None:
    with pytest.raises(TypeError, match="must be fields"):

        class _Subjectless(Event, type="billing.thing.happened.v1", subject="thing_id"):
            """No such field."""

    with pytest.raises(TypeError, match="declared twice"):

        class _Again(Event, type="billing.payment.succeeded.v1", subject="account_id"):
            """A type that is taken."""

    with pytest.raises(TypeError, match="subjekt"):

        class _Misspelt(Event, type="billing.thing.happened.v1", subjekt="account_id"):
            """A keyword that does not exist."""

    assert "billing.thing.happened.v1" not in EVENTS


def test_decimals_are_written_plainly() -> None:
    from decimal import Decimal

    assert decimal_string(Decimal("1E+2")) == "100"
    assert decimal_string(Decimal("0.00715")) == "0.00715"
