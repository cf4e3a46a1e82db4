"""A line is JSON, joined to its trace, and says nothing personal."""

from __future__ import annotations

import io
import json
import logging
from typing import Protocol

import pytest
from saldo_telemetry import current_trace, logger, span
from saldo_telemetry.logs import configure
from saldo_telemetry.redaction import REDACTED, is_private, scrub_text


class Seen(Protocol):
    stream: io.StringIO

    def lines(self) -> list[dict[str, object]]: ...


early = logger("early")


def test_a_line_has_its_facts_and_its_trace(seen: Seen) -> None:
    with span("work"):
        trace = current_trace()[0]
        early.bind(account_id="a1").info("payment settled", attempts=2)
    (line,) = seen.lines()
    assert trace is not None
    assert line.pop("timestamp")
    assert line == {
        "event": "payment settled",
        "account_id": "a1",
        "attempts": 2,
        "level": "info",
        "logger": "early",
        "service": "saldo-example",
        "process": "worker",
        "trace_id": trace.split("-")[1],
        "span_id": trace.split("-")[2],
    }


def test_lines_of_the_standard_library_are_routed_and_scrubbed_too(seen: Seen) -> None:
    logging.getLogger("library").warning("sent to %s", "jane@example.org")
    (line,) = seen.lines()
    assert (line["logger"], line["level"], line["event"]) == ("library", "warning", f"sent to {REDACTED}")


def test_the_level_holds(seen: Seen) -> None:
    early.debug("too much")
    assert seen.lines() == []


def test_an_exception_is_one_line_with_a_scrubbed_traceback(seen: Seen) -> None:
    try:
        raise ValueError("no card 4111 1111 1111 1111 for jane@example.org")
    except ValueError:
        early.exception("it failed")
    (line,) = seen.lines()
    assert "test_an_exception" in str(line["exception"]) and "ValueError" in str(line["exception"])
    assert "4111" not in seen.stream.getvalue() and "jane" not in seen.stream.getvalue()


def test_a_row_that_postgresql_quotes_is_not_logged(seen: Seen) -> None:
    quoted = 'null value in column "x"\nDETAIL:  Failing row contains (Jane\nof the Hill, 12).'
    try:
        try:
            raise ValueError(quoted)
        except ValueError as first:
            raise RuntimeError("flush failed") from first
    except RuntimeError:
        early.exception("it failed")
    (line,) = seen.lines()
    assert "Jane" not in str(line["exception"]) and "of the Hill" not in str(line["exception"])
    assert 'null value in column "x"' in str(line["exception"]) and "flush failed" in str(line["exception"])


def test_private_values_are_hidden_however_deep(seen: Seen) -> None:
    early.info("x", contact={"email": "e", "contact_id": "c", "more": [{"holder_name": "n", "brand": "visa"}]})
    (line,) = seen.lines()
    assert line["contact"] == {
        "email": REDACTED,
        "contact_id": "c",
        "more": [{"holder_name": REDACTED, "brand": "visa"}],
    }


def test_an_object_is_written_as_scrubbed_text(seen: Seen) -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd a@b.example"

    early.info("x", odd=Odd(), deep=[[[[[[[["x"]]]]]]]])
    assert f"odd {REDACTED}" in seen.stream.getvalue()
    assert "[too deep]" in seen.stream.getvalue()


def test_configuring_twice_does_not_write_twice() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("example", "api", stream=first)
    configure("example", "api", stream=second)
    early.warning("once")
    assert first.getvalue() == ""
    assert json.loads(second.getvalue())["event"] == "once"


@pytest.mark.parametrize(
    "key",
    [
        "email",
        "customer_email",
        "emailAddress",
        "holder_name",
        "full_name",
        "last_name",
        "phone",
        "street",
        "address",
        "billing_address",
        "recipients",
        "iban",
        "card",
        "cardNumber",
        "card_number",
        "cvc",
        "PAN",
        "password",
        "token",
        "authorization",
        "Cookie",
        "client_secret",
        "idempotency.token",
        "postcode",
    ],
)
def test_private_keys(key: str) -> None:
    assert is_private(key)


@pytest.mark.parametrize(
    "key",
    [
        "account_id",
        "contact_id",
        "email_id",
        "card_brand",
        "card_fingerprint",
        "token_seconds",
        "server.address",
        "address_fingerprint",
        "event_name",
        "topic",
        "name",
        "messaging.destination.name",
        "company_id",
        "mailbox_count",
        "expand",
        "panel",
        "spanner",
        "",
        "recipients_count",
    ],
)
def test_harmless_keys(key: str) -> None:
    assert not is_private(key)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111-1111-1111-1111",
        "5500 0000 0000 0004",
        "a.b+c@example.co.uk",
        "eyJhbGciOiJub25lIn0.e30.x",
    ],
)
def test_private_texts(text: str) -> None:
    assert scrub_text(f"x {text} y") == f"x {REDACTED} y"


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "0190b0a0-0000-7000-8000-00000000000a",
        "2026-01-01T00:00:00.000000",
        "1767225600000000000",
        "a @ b",
        "trace 0af7651916cd43dd8448eb211c80319c",
    ],
)
def test_harmless_texts(text: str) -> None:
    assert scrub_text(text) == text
