"""Keeps received spans in one SQLite file and lets readers wait for them."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from saldo_telemetry.receiver.spans import StoredSpan, attributes_text

SPANS_MAX: Final = 500_000  # some hundred megabytes; the oldest go first
TRACES_SHOWN_MAX: Final = 1_000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spans (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, service TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, status TEXT NOT NULL,
    attributes TEXT NOT NULL, UNIQUE (trace_id, span_id));
CREATE INDEX IF NOT EXISTS spans_started ON spans (started_ns);
CREATE INDEX IF NOT EXISTS spans_service ON spans (service, started_ns);
CREATE TABLE IF NOT EXISTS links (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, linked_trace_id TEXT NOT NULL, linked_span_id TEXT NOT NULL,
    UNIQUE (trace_id, span_id, linked_trace_id, linked_span_id));
CREATE INDEX IF NOT EXISTS links_linked ON links (linked_trace_id);
"""
_TRACES: Final = """
SELECT trace_id, min(started_ns), max(ended_ns), count(*), sum(status = 'error'), group_concat(DISTINCT service)
FROM spans
WHERE trace_id IN (
    SELECT DISTINCT trace_id FROM spans WHERE ended_ns >= :since AND (:service IS NULL OR service = :service))
GROUP BY trace_id ORDER BY min(started_ns) DESC LIMIT :limit
"""
_ROOT: Final = """
SELECT s.name FROM spans s WHERE s.trace_id = ? ORDER BY s.parent_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM spans p WHERE p.trace_id = s.trace_id AND p.span_id = s.parent_id), s.started_ns LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One line of the list of traces; `name` is that of its first span."""

    trace_id: str
    name: str
    services: tuple[str, ...]
    started_ns: int
    ended_ns: int
    spans: int
    errors: int

    @property
    def milliseconds(self) -> float:
        """From the first start to the last end."""
        return (self.ended_ns - self.started_ns) / 1_000_000


class SpanStore:
    """Safe to use from several threads; a span that comes twice is kept once."""

    def __init__(self, file: Path, *, spans_max: int = SPANS_MAX) -> None:
        self._spans_max = spans_max
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")  # a lost trace is no lost money
        self._connection.executescript(_SCHEMA)
        self._changed = threading.Condition()

    def add(self, spans: Sequence[StoredSpan]) -> None:
        """Keep the spans and wake who waits for them."""
        rows = [
            (
                *(s.trace_id, s.span_id, s.parent_id, s.service, s.name, s.kind, s.started_ns, s.ended_ns, s.status),
                attributes_text(s),
            )
            for s in spans
        ]
        links = [(s.trace_id, s.span_id, *link) for s in spans for link in s.links]
        with self._changed:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT OR IGNORE INTO spans VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
            self._connection.executemany("INSERT OR IGNORE INTO links VALUES (?,?,?,?)", links)
            oldest_kept = "(SELECT max(rowid) FROM spans) - ?"
            self._connection.execute(f"DELETE FROM spans WHERE rowid <= {oldest_kept}", (self._spans_max,))  # noqa: S608  # a constant
            self._connection.execute("COMMIT")
            self._changed.notify_all()

    def traces(self, *, since_ns: int = 0, service: str | None = None, limit: int = 100) -> list[TraceSummary]:
        """The traces with a span that ended since then, and one of this service; the newest first."""
        about = {"since": since_ns, "service": service, "limit": min(limit, TRACES_SHOWN_MAX)}
        with self._changed:
            rows = self._connection.execute(_TRACES, about).fetchall()
            names = [self._connection.execute(_ROOT, (row[0],)).fetchone()[0] for row in rows]
        return [
            TraceSummary(
                trace_id=row[0],
                name=name,
                services=tuple(sorted(row[5].split(","))),
                started_ns=row[1],
                ended_ns=row[2],
                spans=row[3],
                errors=row[4],
            )
            for row, name in zip(rows, names, strict=True)
        ]

    def trace(self, trace_id: str) -> list[StoredSpan]:
        """The spans of a trace in the order of their start; empty for a trace that nobody told of."""
        with self._changed:
            return self._trace(trace_id)

    def linking_to(self, trace_id: str) -> list[str]:
        """The later traces that were linked to this one."""
        query = "SELECT DISTINCT trace_id FROM links WHERE linked_trace_id = ? ORDER BY rowid"
        with self._changed:
            return [row[0] for row in self._connection.execute(query, (trace_id,))]

    def services(self) -> list[str]:
        """The services that have told of spans."""
        with self._changed:
            return [row[0] for row in self._connection.execute("SELECT DISTINCT service FROM spans ORDER BY service")]

    def wait_for(
        self, trace_id: str, complete: Callable[[Sequence[StoredSpan]], bool], *, timeout_seconds: float = 10.0
    ) -> list[StoredSpan]:
        """The spans of the trace as soon as they are complete; raises TimeoutError naming what did arrive."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while not complete(spans := self._trace(trace_id)):
                if not self._changed.wait(deadline - time.monotonic()):
                    arrived = ", ".join(f"{span.service} {span.name}" for span in spans) or "nothing"
                    raise TimeoutError(f"trace {trace_id} is not complete; arrived: {arrived}")
        return spans

    def close(self) -> None:
        """Close the file."""
        with self._changed:
            self._connection.close()

    def _trace(self, trace_id: str) -> list[StoredSpan]:
        links: dict[str, list[tuple[str, str]]] = {}
        query = "SELECT span_id, linked_trace_id, linked_span_id FROM links WHERE trace_id = ? ORDER BY rowid"
        for span_id, linked_trace_id, linked_span_id in self._connection.execute(query, (trace_id,)):
            links.setdefault(span_id, []).append((linked_trace_id, linked_span_id))
        rows = self._connection.execute(
            "SELECT * FROM spans WHERE trace_id = ? ORDER BY started_ns, rowid", (trace_id,)
        )
        return [
            StoredSpan(
                trace_id=row[0],
                span_id=row[1],
                parent_id=row[2],
                service=row[3],
                name=row[4],
                kind=row[5],
                started_ns=row[6],
                ended_ns=row[7],
                status=row[8],
                attributes=json.loads(row[9]),
                links=tuple(links.get(row[1], ())),
            )
            for row in rows
        ]
