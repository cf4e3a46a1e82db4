"""How spans and traces lie in the receiver's SQLite file: its tables, and the way between a row and a span."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from saldo_telemetry.receiver.spans import SpanEvent, StoredSpan, Value

Row: TypeAlias = tuple[str | int | None, ...]

SCHEMA_VERSION: Final = 2  # a file of another version is emptied: traces of yesterday's program are no one's loss
TABLES: Final = ("spans", "links", "traces", "marks")
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spans (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, service TEXT NOT NULL, process TEXT NOT NULL,
    name TEXT NOT NULL, kind TEXT NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL,
    status TEXT NOT NULL, attributes TEXT NOT NULL, events TEXT NOT NULL, UNIQUE (trace_id, span_id));
CREATE TABLE IF NOT EXISTS links (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, linked_trace_id TEXT NOT NULL, linked_span_id TEXT NOT NULL,
    UNIQUE (trace_id, span_id, linked_trace_id, linked_span_id));
CREATE INDEX IF NOT EXISTS links_linked ON links (linked_trace_id);
CREATE TABLE IF NOT EXISTS traces (
    trace_id TEXT PRIMARY KEY, name TEXT NOT NULL, services TEXT NOT NULL, started_ns INTEGER NOT NULL,
    ended_ns INTEGER NOT NULL, spans INTEGER NOT NULL, errors INTEGER NOT NULL, told_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS traces_started ON traces (started_ns);
CREATE INDEX IF NOT EXISTS traces_told ON traces (told_at);
CREATE TABLE IF NOT EXISTS marks (
    value TEXT NOT NULL, name TEXT NOT NULL, trace_id TEXT NOT NULL, PRIMARY KEY (value, name, trace_id))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS marks_of_trace ON marks (trace_id, name);
"""
SPAN_COLUMNS: Final = (
    "trace_id, span_id, parent_id, service, process, name, kind, started_ns, ended_ns, status, attributes, events"
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def row_of(span: StoredSpan) -> Row:
    """The span as a row of `spans`, in the order of SPAN_COLUMNS."""
    events = [[event.name, event.at_ns, event.attributes] for event in span.events]
    return (
        *(span.trace_id, span.span_id, span.parent_id, span.service, span.process, span.name, span.kind),
        *(span.started_ns, span.ended_ns, span.status),
        *(json.dumps(span.attributes, ensure_ascii=False), json.dumps(events, ensure_ascii=False)),
    )


def span_of(row: Sequence[str | int | None], links: Sequence[tuple[str, str]]) -> StoredSpan:
    """The span of a row of `spans`."""
    texts = [str(value) for value in row]
    return StoredSpan(
        trace_id=texts[0],
        span_id=texts[1],
        parent_id=None if row[2] is None else texts[2],
        service=texts[3],
        process=texts[4],
        name=texts[5],
        kind=texts[6],
        started_ns=int(texts[7]),
        ended_ns=int(texts[8]),
        status=texts[9],
        attributes=json.loads(texts[10]),
        events=tuple(SpanEvent(*event) for event in json.loads(texts[11])),
        links=tuple(links),
    )


def marks_of(span: StoredSpan) -> Iterator[Row]:
    """What the span's trace can be found by: every id among its attributes."""
    attributes: Mapping[str, Value] = span.attributes
    for name, value in attributes.items():
        if isinstance(value, str) and _UUID.fullmatch(value):
            yield value, name, span.trace_id
