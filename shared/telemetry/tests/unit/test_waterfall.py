"""Where the bars of a trace stand, and how durations are written."""

from __future__ import annotations

import pytest
from saldo_telemetry.receiver.waterfall import ROWS_MAX, lay_out
from saldo_telemetry.receiver.wording import beginning, hue, took

from shared.telemetry.tests.example_spans import OTHER, PAYMENT, SECOND, TRACE, one


def test_bars_stand_where_and_as_long_as_the_spans_ran() -> None:
    fall = lay_out([one("a", seconds=4), one("b", "a", start=1, seconds=2), one("c", "b", start=3, seconds=1)])
    assert [(bar.span.span_id, bar.depth, bar.left, bar.width) for bar in fall.bars] == [
        ("a", 0, 0, 100),
        ("b", 1, 25, 50),
        ("c", 2, 75, 25),
    ]
    assert fall.ticks == ((0, 0), (25, SECOND), (50, 2 * SECOND), (75, 3 * SECOND), (100, 4 * SECOND))


def test_a_trace_without_any_length_has_a_place_for_its_bar() -> None:
    (bar,) = lay_out([one("a", seconds=0)]).bars
    assert (bar.left, bar.width) == (0, 0)


def test_a_wait_stands_before_its_bar_and_never_before_the_axis() -> None:
    waits = {"saldo.waited_seconds": 1.0}
    root, inside, beyond = lay_out(
        [
            one("a", seconds=4),
            one("b", "a", start=2, attributes=waits),
            one("c", "a", start=3, attributes={"saldo.waited_seconds": 3600.0}),
        ]
    ).bars
    assert root.waited_ns == 0
    assert (inside.wait_left, inside.left, inside.waited_ns) == (25, 50, SECOND)
    assert (beyond.wait_left, beyond.waited_ns) == (0, 3600 * SECOND)


def test_a_wait_that_is_no_number_is_none() -> None:
    (bar,) = lay_out([one("a", attributes={"saldo.waited_seconds": "long"})]).bars
    assert bar.waited_ns == 0


def test_shared_work_stands_below_the_span_it_names() -> None:
    shared = one("w", trace_id=OTHER, start=1, seconds=0.5, links=(("f" * 32, "x"), (TRACE, "b")))
    outside = one("v", trace_id=OTHER, start=100, links=((TRACE, "b"),))
    fall = lay_out([one("a", seconds=4), one("b", "a", start=1, seconds=2)], [shared, outside])
    assert [(bar.span.span_id, bar.depth, bar.shared) for bar in fall.bars] == [
        ("a", 0, False),
        ("b", 1, False),
        ("w", 2, True),
    ]


def test_more_rows_than_anybody_reads_are_counted() -> None:
    fall = lay_out([one(str(number)) for number in range(ROWS_MAX + 5)])
    assert (len(fall.bars), fall.hidden) == (ROWS_MAX, 5)


def test_a_processed_message_is_named_by_its_event() -> None:
    topic = "process billing.payments.v1"
    told = one("a", name=topic, kind="consumer", attributes={"saldo.event_type": "billing.payment.succeeded.v1"})
    untold = one("b", name=topic, kind="consumer")
    assert [bar.label for bar in lay_out([told, untold]).bars] == ["process payment.succeeded", topic]


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 µs"),
        (999_400, "999 µs"),
        (12_345_678, "12.3 ms"),
        (123_456_789, "123 ms"),
        (1_234_000_000, "1.23 s"),
        (59_940_000_000, "59.9 s"),
        (61 * SECOND, "1 min 1 s"),
        (3 * 3600 * SECOND + 125 * SECOND, "3 h 2 min"),
        (50 * 3600 * SECOND, "2 d 2 h"),
    ],
)
def test_durations_are_written_for_people(nanoseconds: int, text: str) -> None:
    assert took(nanoseconds) == text


def test_ids_are_cut_short_and_services_keep_their_colour() -> None:
    assert beginning([PAYMENT, TRACE]) == "0190b0a0…000b +1"
    assert beginning([]) == ""
    assert len({hue(f"saldo-{name}") for name in ("payments", "invoicing", "subscriptions", "notifications")}) == 4
    assert hue("somebody else") == hue("somebody else") >= 5
