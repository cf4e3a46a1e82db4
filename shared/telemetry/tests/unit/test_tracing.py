"""One payment is one trace, however often its work is laid down and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from saldo_telemetry import current_trace, is_sampled, span

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


class Seen(Protocol):
    def spans(self) -> Mapping[str, ReadableSpan]: ...


def trace_of(one: ReadableSpan) -> str:
    assert one.context is not None
    return f"{one.context.trace_id:032x}"


def parent_of(one: ReadableSpan) -> str | None:
    return None if one.parent is None else f"{one.parent.span_id:016x}"


def test_a_stored_traceparent_is_continued(seen: Seen) -> None:
    with span(
        "process", kind="consumer", traceparent=PARENT, tracestate="a=b,c=d", attributes={"saldo.event_type": "x"}
    ):
        assert current_trace()[1] == "a=b,c=d"
    one = seen.spans()["process"]
    assert (trace_of(one), parent_of(one), one.kind) == (TRACE, SPAN, SpanKind.CONSUMER)
    assert one.attributes == {"saldo.event_type": "x"}


def test_spans_inside_a_span_are_its_children(seen: Seen) -> None:
    with span("outer"):
        outer = current_trace()[0]
        assert outer is not None
        with span("inner"):
            assert current_trace()[0] != outer
        assert current_trace()[0] == outer
    assert parent_of(seen.spans()["inner"]) == outer.split("-")[2]


def test_a_stored_parent_wins_over_the_current_span(seen: Seen) -> None:
    with span("batch"), span("message", traceparent=PARENT):
        pass
    assert parent_of(seen.spans()["message"]) == SPAN


@pytest.mark.parametrize(("minutes", "continued"), [(0, True), (14.9, True), (15.1, False), (60 * 24 * 40, False)])
def test_work_taken_up_after_a_quarter_of_an_hour_starts_a_linked_trace(
    seen: Seen, minutes: float, continued: bool
) -> None:
    with span("later", traceparent=PARENT, stored_at=datetime.now(UTC) - timedelta(minutes=minutes)):
        pass
    one = seen.spans()["later"]
    assert (trace_of(one) == TRACE) is continued
    assert [f"{link.context.trace_id:032x}" for link in one.links] == ([] if continued else [TRACE])
    assert (parent_of(one) is None) is not continued


def test_a_batch_is_linked_to_its_messages(seen: Seen) -> None:
    with span("batch", links=[PARENT, "rubbish", f"00-{TRACE[::-1]}-{SPAN}-00"]):
        pass
    one = seen.spans()["batch"]
    assert [f"{link.context.trace_id:032x}" for link in one.links] == [TRACE, TRACE[::-1]]
    assert parent_of(one) is None


@pytest.mark.parametrize(
    "malformed",
    [
        "", "x", PARENT.upper(), PARENT[:-1], PARENT + "0", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more", f"00-{TRACE}-{SPAN}-zz", "00-" + "é" * 32, PARENT + "\n",
    ],
)  # fmt: skip
def test_a_malformed_parent_is_no_parent(seen: Seen, malformed: str) -> None:
    with span("alone", traceparent=malformed, tracestate="=,=,", stored_at=datetime.now(UTC)):
        pass
    assert seen.spans()["alone"].parent is None


def test_a_later_version_of_the_format_is_read(seen: Seen) -> None:
    with span("future", traceparent=f"01-{TRACE}-{SPAN}-01-more"):
        pass
    assert trace_of(seen.spans()["future"]) == TRACE


def test_an_unsampled_parent_stays_unsampled(seen: Seen) -> None:
    with span("quiet", traceparent=f"00-{TRACE}-{SPAN}-00"):
        parent = current_trace()[0]
    assert seen.spans() == {}
    assert parent is not None
    assert parent.startswith(f"00-{TRACE}-")
    assert not is_sampled(parent)


def test_an_error_leaves_its_type_and_not_its_text(seen: Seen) -> None:
    with pytest.raises(LookupError), span("bad"):
        raise LookupError("card 4111111111111111 of a@b.example")
    one = seen.spans()["bad"]
    assert one.status.status_code is StatusCode.ERROR
    assert one.attributes == {"error.type": "builtins.LookupError"}
    assert "4111" not in one.to_json()


def test_an_expected_error_is_an_answer(seen: Seen) -> None:
    with pytest.raises(LookupError), span("refused", expected=(LookupError,)):
        raise LookupError
    assert seen.spans()["refused"].status.status_code is StatusCode.UNSET


def test_outside_every_span_there_is_no_trace() -> None:
    assert current_trace() == (None, None)


def test_without_a_started_telemetry_a_parent_is_handed_on() -> None:
    with span("x", traceparent=PARENT):
        assert current_trace()[0] == PARENT
    with span("y"):
        assert current_trace() == (None, None)


@pytest.mark.parametrize(
    ("traceparent", "sampled"),
    [
        (PARENT, True),
        (PARENT[:-1] + "0", False),
        (PARENT[:-1] + "3", True),
        (None, False),
        ("", False),
        ("x", False),
        (PARENT[:-1], False),
        (PARENT[:-1] + "B", False),
    ],
)
def test_sampled_is_read_from_the_flag(traceparent: str | None, sampled: bool) -> None:
    assert is_sampled(traceparent) is sampled
