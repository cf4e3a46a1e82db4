"""Keeps received spans in one SQLite file and lets readers wait for them."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from saldo_telemetry.attributes import ACCOUNT_ID, PAYMENT_ID
from saldo_telemetry.receiver.question import TRACES_SHOWN_MAX, UPKEEP_NAMES, Question, TraceSummary
from saldo_telemetry.receiver.rows import SCHEMA, SCHEMA_VERSION, SPAN_COLUMNS, TABLES, marks_of, row_of, span_of
from saldo_telemetry.receiver.spans import StoredSpan

SPANS_MAX: Final = 500_000  # some hundred megabytes; the oldest traces go first
SPANS_OF_TRACE_MAX: Final = 5_000  # no page and no reader is for more; what comes later is dropped
KEPT_SECONDS_MAX: Final = 7 * 86_400.0  # a developer's question is of this week
FORGOTTEN_AT_ONCE_MAX: Final = 1_000  # traces; more than an export brings, and none waits long for room

_TOLD: Final = """
INSERT OR REPLACE INTO traces
SELECT trace_id, (
        SELECT s.name FROM spans s WHERE s.trace_id = spans.trace_id ORDER BY s.parent_id IS NOT NULL AND EXISTS (
            SELECT 1 FROM spans p WHERE p.trace_id = s.trace_id AND p.span_id = s.parent_id), s.started_ns LIMIT 1),
    '|' || replace(group_concat(DISTINCT service), ',', '|') || '|',
    min(started_ns), max(ended_ns), count(*), sum(status = 'error'), ?
FROM spans WHERE trace_id = ? GROUP BY trace_id
"""
_FOUND: Final = f"""
SELECT trace_id, name, services, started_ns, ended_ns, spans, errors FROM traces AS t
WHERE ended_ns >= :since AND (:before IS NULL OR started_ns < :before)
AND (:service IS NULL OR instr(services, '|' || :service || '|')) AND (NOT :errors OR errors)
AND (:upkeep OR NOT (name LIKE '{UPKEEP_NAMES[0]}%' OR name LIKE '{UPKEEP_NAMES[1]}%'))
AND (NOT :payments OR EXISTS (SELECT 1 FROM marks m WHERE m.trace_id = t.trace_id AND m.name = '{PAYMENT_ID}'))
AND (:id IS NULL OR trace_id GLOB :id OR trace_id IN (SELECT m.trace_id FROM marks m WHERE m.value GLOB :id))
AND (:words IS NULL OR EXISTS (
    SELECT 1 FROM spans s WHERE s.trace_id = t.trace_id AND instr(lower(s.name), :words)))
ORDER BY started_ns DESC LIMIT :limit
"""  # noqa: S608  # constants


class SpanStore:
    """Safe to use from several threads; a span that comes twice is kept once.

    `now` is the wall clock in seconds: it decides when a trace is too old to be kept.
    """

    def __init__(self, file: Path, *, spans_max: int = SPANS_MAX, now: Callable[[], float] = time.time) -> None:
        self._spans_max = spans_max
        self._now = now
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")  # a lost trace is no lost money
        if self._one("PRAGMA user_version") != SCHEMA_VERSION:
            self._connection.executescript(";".join(f"DROP TABLE IF EXISTS {table}" for table in TABLES))
        self._connection.executescript(f"{SCHEMA};PRAGMA user_version={SCHEMA_VERSION}")
        self._kept = int(self._one("SELECT count(*) FROM spans"))
        self._changed = threading.Condition()

    def add(self, spans: Sequence[StoredSpan]) -> None:
        """Keep the spans and wake who waits for them."""
        with self._changed:
            self._connection.execute("BEGIN")
            fitting = self._fitting(spans)
            self._kept += self._insert("spans", 12, (row_of(span) for span in fitting))
            self._insert("links", 4, ((s.trace_id, s.span_id, *link) for s in fitting for link in s.links))
            self._insert("marks", 3, (mark for span in fitting for mark in marks_of(span)))
            touched = dict.fromkeys(span.trace_id for span in fitting)
            self._connection.executemany(_TOLD, [(self._now(), trace_id) for trace_id in touched])
            self._forget()
            self._connection.execute("COMMIT")
            self._changed.notify_all()

    def traces(self, question: Question | None = None) -> list[TraceSummary]:
        """The traces asked for, the newest first."""
        asked = question or Question()
        about = {
            "since": asked.since_ns,
            "before": asked.before_ns,
            "service": asked.service,
            "errors": asked.errors_only,
            "upkeep": asked.upkeep,
            "payments": asked.payments_only,
            "id": f"{asked.id_beginning}*" if asked.id_beginning else None,
            "words": asked.words,
            "limit": min(asked.limit, TRACES_SHOWN_MAX),
        }
        with self._changed:
            return [self._summary(row) for row in self._connection.execute(_FOUND, about).fetchall()]

    def summaries(self, trace_ids: Iterable[str]) -> list[TraceSummary]:
        """The summaries of those of these traces that are kept, in the order given."""
        query = "SELECT trace_id, name, services, started_ns, ended_ns, spans, errors FROM traces WHERE trace_id = ?"
        with self._changed:
            rows = [self._connection.execute(query, (trace_id,)).fetchone() for trace_id in trace_ids]
            return [self._summary(row) for row in rows if row is not None]

    def trace(self, trace_id: str) -> list[StoredSpan]:
        """The spans of a trace in the order of their start; empty for a trace that nobody told of."""
        with self._changed:
            return self._trace(trace_id)

    def linking_to(self, trace_id: str) -> list[str]:
        """The traces that were linked to this one: later work, and the shared work of the machinery."""
        query = "SELECT DISTINCT trace_id FROM links WHERE linked_trace_id = ? AND trace_id <> ? ORDER BY rowid"
        with self._changed:
            return [row[0] for row in self._connection.execute(query, (trace_id, trace_id))]

    def services(self) -> list[str]:
        """The services that have told of spans."""
        with self._changed:
            rows = self._connection.execute("SELECT DISTINCT services FROM traces").fetchall()
        return sorted({name for row in rows for name in _names(row[0])})

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

    # -- inside the lock -----------------------------------------------------------------------------------------

    def _one(self, query: str, *values: object) -> Any:
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def _insert(self, table: str, columns: int, rows: Iterable[Sequence[object]]) -> int:
        places = ",".join("?" * columns)
        return self._connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", rows).rowcount  # noqa: S608  # ours

    def _fitting(self, spans: Sequence[StoredSpan]) -> list[StoredSpan]:
        """Those for which their trace still has room."""
        room: dict[str, int] = {}
        fitting = []
        for span in spans:
            if span.trace_id not in room:
                kept = self._one("SELECT spans FROM traces WHERE trace_id = ?", span.trace_id)
                room[span.trace_id] = SPANS_OF_TRACE_MAX - (kept or 0)
            room[span.trace_id] -= 1
            if room[span.trace_id] >= 0:
                fitting.append(span)
        return fitting

    def _forget(self) -> None:
        """Delete whole traces, the longest untold first, until what is left is few enough and young enough."""
        too_old = self._now() - KEPT_SECONDS_MAX
        query = "SELECT trace_id, spans, told_at FROM traces ORDER BY told_at, rowid LIMIT ?"
        for trace_id, spans, told_at in self._connection.execute(query, (FORGOTTEN_AT_ONCE_MAX,)).fetchall():
            if self._kept <= self._spans_max and told_at >= too_old:
                return
            for table in TABLES:
                self._connection.execute(f"DELETE FROM {table} WHERE trace_id = ?", (trace_id,))  # noqa: S608  # ours
            self._kept -= spans

    def _summary(self, row: Sequence[Any]) -> TraceSummary:
        return TraceSummary(
            trace_id=row[0],
            name=row[1],
            services=tuple(sorted(_names(row[2]))),
            started_ns=row[3],
            ended_ns=row[4],
            spans=row[5],
            errors=row[6],
            payment_ids=self._marked(row[0], PAYMENT_ID),
            account_ids=self._marked(row[0], ACCOUNT_ID),
        )

    def _marked(self, trace_id: str, name: str) -> tuple[str, ...]:
        query = "SELECT value FROM marks WHERE trace_id = ? AND name = ? ORDER BY value"
        return tuple(row[0] for row in self._connection.execute(query, (trace_id, name)))

    def _trace(self, trace_id: str) -> list[StoredSpan]:
        links: dict[str, list[tuple[str, str]]] = {}
        query = "SELECT span_id, linked_trace_id, linked_span_id FROM links WHERE trace_id = ? ORDER BY rowid"
        for span_id, linked_trace_id, linked_span_id in self._connection.execute(query, (trace_id,)):
            links.setdefault(span_id, []).append((linked_trace_id, linked_span_id))
        query = f"SELECT {SPAN_COLUMNS} FROM spans WHERE trace_id = ? ORDER BY started_ns, rowid"  # noqa: S608  # ours
        return [span_of(row, links.get(row[1], ())) for row in self._connection.execute(query, (trace_id,))]


def _names(services: str) -> list[str]:
    return [name for name in services.split("|") if name]
