"""Lays a trace out on a time axis: a row a span, where its bar stands, and how long the work had waited before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from saldo_telemetry.attributes import EVENT_TYPE, WAITED_SECONDS
from saldo_telemetry.receiver.spans import StoredSpan
from saldo_telemetry.receiver.tree import grow, walk

NANOSECONDS: Final = 1_000_000_000
ROWS_MAX: Final = 1_000  # a page with more cannot be read; what is left out is said
TICKS: Final = (0, 25, 50, 75, 100)  # percent of the axis
WAIT_SHOWN_MIN_NS: Final = 100_000  # a shorter wait is no news

_SAME_IN_ALL_TYPES: Final = re.compile(r"^billing\.|\.v\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row of the waterfall; places are percent of the axis. `shared`: work done for several traces at once."""

    span: StoredSpan
    depth: int
    left: float
    width: float
    wait_left: float
    waited_ns: int
    offset_ns: int
    shared: bool

    @property
    def label(self) -> str:
        """The span's name; of a processed message its event, which says more than the topic (`invoice.issued`)."""
        event_type = self.span.attributes.get(EVENT_TYPE)
        if self.span.kind != "consumer" or not isinstance(event_type, str):
            return self.span.name
        return f"process {_SAME_IN_ALL_TYPES.sub('', event_type)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The rows of one trace in tree order; `hidden` says how many more there are."""

    trace_id: str
    started_ns: int
    length_ns: int
    bars: tuple[Bar, ...]
    hidden: int

    @property
    def ticks(self) -> tuple[tuple[int, int], ...]:
        """(percent, nanoseconds after the start)"""
        return tuple((percent, self.length_ns * percent // 100) for percent in TICKS)


def lay_out(spans: Sequence[StoredSpan], shared: Sequence[StoredSpan] = ()) -> Waterfall:
    """The waterfall of a trace's spans, of which there is at least one; `shared` are the spans of other traces that
    link into this one, and stand below the span they name."""
    trace_id = spans[0].trace_id
    started = min(span.started_ns for span in spans)
    length = max(1, max(span.ended_ns for span in spans) - started)
    adopted = [_adopted(span, trace_id) for span in shared if started <= span.started_ns <= started + length]
    foreign = {(span.trace_id, span.span_id) for span in adopted}
    rows = list(walk(grow([*spans, *adopted])))
    bars = tuple(
        _bar(span, depth, started=started, length=length, shared=(span.trace_id, span.span_id) in foreign)
        for depth, span in rows[:ROWS_MAX]
    )
    return Waterfall(
        trace_id=trace_id, started_ns=started, length_ns=length, bars=bars, hidden=max(0, len(rows) - ROWS_MAX)
    )


def waited_ns(span: StoredSpan) -> int:
    """How long the row that asked for this work had waited; 0 where nobody told."""
    told: Mapping[str, object] = span.attributes
    seconds = told.get(WAITED_SECONDS, 0)
    return max(0, int(seconds * NANOSECONDS)) if isinstance(seconds, (int, float)) else 0


def _adopted(span: StoredSpan, trace_id: str) -> StoredSpan:
    parent = next((span_id for linked, span_id in span.links if linked == trace_id), None)
    return replace(span, parent_id=parent)


def _bar(span: StoredSpan, depth: int, *, started: int, length: int, shared: bool) -> Bar:
    left = _percent(span.started_ns - started, length)
    waited = waited_ns(span)
    shown = waited if waited >= WAIT_SHOWN_MIN_NS else 0
    return Bar(
        span=span,
        depth=depth,
        left=left,
        width=min(_percent(span.ended_ns - span.started_ns, length), 100 - left),
        wait_left=max(0.0, _percent(span.started_ns - shown - started, length)),
        waited_ns=shown,
        offset_ns=span.started_ns - started,
        shared=shared,
    )


def _percent(nanoseconds: int, length: int) -> float:
    return round(100 * nanoseconds / length, 3)
