"""The envelope survives its headers, and every malformed one is refused in the same way."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as some
from saldo_contracts.derived_ids import derived_id
from saldo_contracts.envelope import (
    HEADER_BYTES_MAX,
    HEADERS,
    Envelope,
    UnreadableEnvelope,
    decode_headers,
    encode_headers,
    event_id,
    header_texts,
    headers_as_json,
    source_of,
)
from saldo_contracts.events import PaymentSucceeded
from saldo_contracts.examples import example_envelope

ENVELOPE = example_envelope(PaymentSucceeded)
REQUIRED = [name for name, required in HEADERS.items() if required]
OPTIONAL = [name for name, required in HEADERS.items() if not required]


def headers(**changed: bytes | None) -> list[tuple[str, Any]]:
    """The example's headers with some of them replaced; underscores of the keyword are the header's own."""
    return [(name, changed.get(name.replace("-", "_"), value)) for name, value in encode_headers(ENVELOPE)]


def test_the_headers_are_those_of_cloudevents_for_kafka() -> None:
    written = dict(encode_headers(ENVELOPE))
    assert list(written) == [name for name in HEADERS if name != "tracestate"]
    assert written["ce_specversion"] == b"1.0"
    assert written["content-type"] == b"application/json"
    assert written["ce_type"] == b"billing.payment.succeeded.v1"
    assert written["ce_source"] == b"saldo/payments"
    assert written["ce_sequence"] == b"00000000000000000001"
    assert written["ce_time"] == b"2026-03-01T09:30:00Z"
    assert written["ce_recordedtime"] == b"2026-03-01T09:30:00.012000Z"
    assert written["ce_partitionkey"].decode() == ENVELOPE.account_id


text = some.text(some.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=50)
moments = some.datetimes(timezones=some.just(UTC))


@given(
    some.builds(
        Envelope,
        id=text,
        source=text,
        type=text,
        subject=text,
        time=moments,
        partition_key=text,
        sequence=some.integers(min_value=0, max_value=2**63 - 1),
        seller_id=text,
        recorded_time=moments,
        causation_id=some.none() | text,
        actor=some.none() | text,
        traceparent=some.none() | text,
        tracestate=some.none() | text,
    )
)
def test_an_envelope_survives_its_headers(envelope: Envelope) -> None:
    assert decode_headers(encode_headers(envelope)) == envelope
    assert list(json.loads(headers_as_json(envelope)).items()) == list(header_texts(envelope).items())


def test_foreign_headers_are_passed_over_whatever_they_hold() -> None:
    foreign: list[tuple[str, Any]] = [("x-other", None), ("x-other", b"\xff"), ("ce_dataschema", b"\xff")]
    assert decode_headers([*foreign, *encode_headers(ENVELOPE)]) == ENVELOPE


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(UnreadableEnvelope) as refused:
        decode_headers([header for header in encode_headers(ENVELOPE) if header[0] != name])
    assert refused.value.reason == f"{name} is missing"


@pytest.mark.parametrize("name", REQUIRED)
def test_an_empty_header_is_a_missing_one(name: str) -> None:
    with pytest.raises(UnreadableEnvelope, match=f"{name} is missing"):
        decode_headers(headers(**{name.replace("-", "_"): b""}))


@pytest.mark.parametrize("name", OPTIONAL)
def test_an_optional_header_may_be_missing(name: str) -> None:
    decode_headers([header for header in encode_headers(ENVELOPE) if header[0] != name])


@pytest.mark.parametrize("name", [name for name in HEADERS if name != "tracestate"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "has no value"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"a\x00b", "holds a zero character"),
        (b"x" * (HEADER_BYTES_MAX + 1), "is longer than"),
    ],
)
def test_a_header_that_cannot_be_text_is_refused(name: str, value: bytes | None, reason: str) -> None:
    with pytest.raises(UnreadableEnvelope) as refused:
        decode_headers(headers(**{name.replace("-", "_"): value}))
    assert refused.value.reason.startswith(f"{name} {reason}")


@pytest.mark.parametrize(
    "value",
    [b"yesterday", b"2026-13-01T00:00:00Z", b"2026-03-01T00:00:00", b"0001-01-01T00:00:00+01:00", b"2026-03-01", b"7"],
)
@pytest.mark.parametrize("name", ["ce_time", "ce_recordedtime"])
def test_a_bad_time_is_refused(name: str, value: bytes) -> None:
    with pytest.raises(UnreadableEnvelope, match=name):
        decode_headers(headers(**{name: value}))


@pytest.mark.parametrize("value", [b"-1", b"1.0", b"x", b" 1", b"1" * 21, b"9" * 20, "٣".encode()])
def test_a_bad_sequence_is_refused(value: bytes) -> None:
    with pytest.raises(UnreadableEnvelope, match="ce_sequence"):
        decode_headers(headers(ce_sequence=value))


def test_another_version_or_content_is_refused() -> None:
    with pytest.raises(UnreadableEnvelope, match="ce_specversion"):
        decode_headers(headers(ce_specversion=b"0.3"))
    with pytest.raises(UnreadableEnvelope, match="content-type"):
        decode_headers(headers(content_type=b"application/cloudevents+json"))
    assert decode_headers(headers(content_type=b"application/json; charset=UTF-8")) == ENVELOPE


def test_a_header_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(UnreadableEnvelope, match="ce_id stands there twice"):
        decode_headers([*encode_headers(ENVELOPE), ("ce_id", b"another")])


@pytest.mark.parametrize("broken", [None, 7, [None], [("ce_id",)], [("ce_id", "text")], [("ce_id", 7)], [(["x"], b"")]])
def test_what_is_no_list_of_headers_is_refused_too(broken: Any) -> None:
    with pytest.raises(UnreadableEnvelope):
        decode_headers(broken)


@given(some.lists(some.tuples(some.sampled_from([*HEADERS, "x-other"]), some.none() | some.binary(max_size=30))))
def test_no_headers_raise_anything_else(broken: list[tuple[str, bytes | None]]) -> None:
    with pytest.raises(UnreadableEnvelope):
        decode_headers(broken)


def test_a_time_without_zone_is_never_written() -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="zone"):
        encode_headers(replace(ENVELOPE, time=datetime(2026, 3, 1)))  # noqa: DTZ001
    in_rome = datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert dict(encode_headers(replace(ENVELOPE, time=in_rome)))["ce_time"] == b"2026-03-01T09:30:00Z"


def test_the_id_of_a_fact_is_derived_from_it() -> None:
    def derived(*, version: int = 3, type_: str = "billing.payment.succeeded.v1", n: int = 0) -> str:
        return event_id(source_of("payments"), "p-1", aggregate_version=version, type=type_, n=n)

    assert derived() == derived()
    assert len({derived(), derived(version=4), derived(type_="billing.payment.failed.v1"), derived(n=1)}) == 4
    # Fixed for ever: another value would send every old fact again under a new id.
    assert event_id("saldo/payments", "a", aggregate_version=1, type="t", n=0) == "e88903e9-1cfd-53da-a7cd-fa3a0cd4811d"


@given(some.uuids(), some.text(max_size=200))
def test_a_derived_id_is_the_uuid_of_version_5(namespace: UUID, name: str) -> None:
    assert derived_id(namespace.bytes, name) == str(uuid5(namespace, name))
