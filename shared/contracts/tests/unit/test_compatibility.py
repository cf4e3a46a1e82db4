"""Each kind of difference that would break somebody is caught and named; harmless ones are not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from saldo_contracts.compatibility import compare_all
from saldo_contracts.events import PaymentFailed
from saldo_contracts.schemas import all_schemas, body_schema

Schema = dict[str, Any]
RELEASED: Schema = body_schema(PaymentFailed)


def differences(change: Callable[[Schema], object]) -> list[str]:
    """What is said when today's schema is the released one with this change."""
    today = deepcopy(RELEASED)
    change(today)
    return compare_all({"PaymentFailed": RELEASED}, {"PaymentFailed": today})


def drop_field(schema: Schema) -> None:
    del schema["properties"]["retryable"]
    schema["required"].remove("retryable")


def add_required(schema: Schema) -> None:
    schema["properties"]["risk"] = {"type": "integer"}
    schema["required"].append("risk")


BREAKING: list[tuple[Callable[[Schema], object], str]] = [
    (drop_field, "PaymentFailed.retryable: field removed"),
    (add_required, "PaymentFailed.risk: new required field, which messages of the past lack"),
    (
        lambda s: s["required"].remove("retryable"),
        "PaymentFailed.retryable: no longer required, but yesterday's readers need it",
    ),
    (
        lambda s: s["properties"].update(retryable={"type": "string"}),
        "PaymentFailed.retryable: type narrowed, no longer boolean",
    ),
    (
        lambda s: s["properties"]["contact_id"]["anyOf"].pop(),
        "PaymentFailed.contact_id: type narrowed, no longer null",
    ),
    (
        lambda s: s["properties"].update(retryable={"anyOf": [{"type": "boolean"}, {"type": "null"}]}),
        "PaymentFailed.retryable: type widened to null, which yesterday's readers refuse",
    ),
    (
        lambda s: s["$defs"]["PaymentOrigin"]["enum"].remove("express"),
        "PaymentFailed.origin: enum value removed: express",
    ),
    (
        lambda s: s["$defs"]["DeclineReason"]["x-extensible-enum"].remove("issuer_declined"),
        "PaymentFailed.reason: enum value removed: issuer_declined",
    ),
    (
        lambda s: s["$defs"]["PaymentOrigin"]["enum"].append("kiosk"),
        "PaymentFailed.origin: value added to a closed list, which yesterday's readers refuse: kiosk",
    ),
    (
        lambda s: s["$defs"]["DeclineReason"].update(enum=s["$defs"]["DeclineReason"].pop("x-extensible-enum")),
        "PaymentFailed.reason: the list of values was opened or closed",
    ),
    (
        lambda s: s["properties"]["payment_id"].update(pattern="^x$"),
        "PaymentFailed.payment_id: type narrowed, pattern was",
    ),
    (
        lambda s: s["properties"]["intended_invoice_ids"].update(maxItems=10),
        "PaymentFailed.intended_invoice_ids: type narrowed, maxItems was 1000 and is 10",
    ),
    (
        lambda s: s["properties"]["intended_invoice_ids"].update(minItems=1),
        "PaymentFailed.intended_invoice_ids: type narrowed, minItems was None and is 1",
    ),
    (
        lambda s: s["properties"]["intended_invoice_ids"].update(maxItems=5000),
        "PaymentFailed.intended_invoice_ids: type widened, maxItems was 1000 and is 5000",
    ),
    (
        lambda s: s["properties"]["intended_invoice_ids"]["items"].update(type="integer"),
        "PaymentFailed.intended_invoice_ids[]: type narrowed, no longer string",
    ),
    (
        lambda s: s["$defs"]["Amount"]["properties"].pop("currency"),
        "PaymentFailed.amount.currency: field removed",
    ),
    (
        lambda s: s.update(additionalProperties=False),
        "PaymentFailed: additionalProperties changed",
    ),
    (
        lambda s: s["x-event"].update(key="contact_id"),
        "PaymentFailed: key changed from account_id to contact_id",
    ),
    (
        lambda s: s["x-event"].update(topics=["billing.other.v1"]),
        "PaymentFailed: topics changed from ['billing.payments.v1'] to ['billing.other.v1']",
    ),
]


@pytest.mark.parametrize(("change", "said"), BREAKING, ids=[said for _, said in BREAKING])
def test_a_breaking_difference_is_named(change: Callable[[Schema], object], said: str) -> None:
    assert any(line.startswith(said) for line in differences(change)), differences(change)


def test_a_removed_event_is_named() -> None:
    assert compare_all({"PaymentFailed": RELEASED}, {}) == ["PaymentFailed: event removed"]


HARMLESS: list[Callable[[Schema], object]] = [
    lambda s: s,
    lambda s: s["properties"].update(risk={"type": "integer"}),
    lambda s: s["$defs"]["DeclineReason"]["x-extensible-enum"].append("of_tomorrow"),
    lambda s: s["properties"]["payment_id"].update(description="said better"),
    lambda s: s.update(description="said better"),
    lambda s: (
        s["$defs"].update(Renamed=s["$defs"].pop("Amount"))
        or s["properties"]["amount"].update({"$ref": "#/$defs/Renamed"})
    ),
]


@pytest.mark.parametrize("change", HARMLESS)
def test_a_harmless_difference_is_not(change: Callable[[Schema], object]) -> None:
    assert differences(change) == []


def test_a_new_event_breaks_nobody() -> None:
    assert compare_all({}, {"PaymentFailed": RELEASED}) == []


def test_today_is_compatible_with_itself() -> None:
    assert compare_all(all_schemas(), all_schemas()) == []
