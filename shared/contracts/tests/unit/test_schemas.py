"""The schemas describe what is really told, and describe no more than that."""

import json
from copy import deepcopy

import pytest
from jsonschema import Draft202012Validator
from saldo_contracts.asyncapi import example_message
from saldo_contracts.event import EVENTS, Event
from saldo_contracts.events import ChargesFinalized, PaymentFailed
from saldo_contracts.examples import example_of
from saldo_contracts.schemas import all_schemas, body_schema, headers_schema

every_event = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)


@every_event
def test_a_schema_is_one_of_draft_2020_12(event: type[Event]) -> None:
    Draft202012Validator.check_schema(body_schema(event))


@every_event
def test_the_example_is_valid_body_and_headers(event: type[Event]) -> None:
    message = example_message(event)
    Draft202012Validator(body_schema(event)).validate(message["payload"])
    Draft202012Validator(headers_schema()).validate(message["headers"])
    assert message["headers"]["ce_type"] == event.type_
    assert message["payload"] == json.loads(example_of(event).to_bytes())


@every_event
def test_a_body_without_any_required_field_is_invalid(event: type[Event]) -> None:
    validator, payload = Draft202012Validator(body_schema(event)), example_message(event)["payload"]
    for name in body_schema(event)["required"]:
        without = {key: value for key, value in payload.items() if key != name}
        assert not validator.is_valid(without), name


def test_schema_and_class_agree_on_what_is_wrong() -> None:
    validator, payload = Draft202012Validator(body_schema(PaymentFailed)), example_message(PaymentFailed)["payload"]
    for name, wrong in (("payment_id", "X"), ("amount", {"minor_units": 1.5, "currency": "EUR"}), ("origin", "none")):
        assert not validator.is_valid(payload | {name: wrong})
    assert validator.is_valid(payload | {"reason": "of_tomorrow", "of_tomorrow": 1})


def test_more_than_500_lines_are_refused() -> None:
    payload = deepcopy(example_message(ChargesFinalized)["payload"])
    validator = Draft202012Validator(body_schema(ChargesFinalized))
    assert validator.is_valid(payload | {"lines": payload["lines"] * 500})
    assert not validator.is_valid(payload | {"lines": payload["lines"] * 501})
    assert not validator.is_valid(payload | {"lines": []})


def test_the_largest_charges_fit_into_a_message() -> None:
    told = example_of(ChargesFinalized)
    assert isinstance(told, ChargesFinalized)
    full = told.model_copy(update={"lines": told.lines * 500})
    assert len(full.to_bytes()) < 1_000_000


def test_there_is_a_schema_for_every_event_and_one_for_the_envelope() -> None:
    assert len(all_schemas()) == len(EVENTS) + 1
    assert len({schema["$id"] for schema in all_schemas().values()}) == len(EVENTS) + 1
