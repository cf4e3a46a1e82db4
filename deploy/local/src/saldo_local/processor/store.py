"""The simulator's memory: one SQLite file, one transaction per request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from saldo_local.processor.records import Record

RecordT = TypeVar("RecordT", bound=Record)
SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    created  INTEGER NOT NULL,
    customer TEXT NOT NULL,
    parent   TEXT NOT NULL,
    body     TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (kind, customer, seq);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (kind, parent, seq);
CREATE TABLE IF NOT EXISTS metadata (
    key TEXT NOT NULL, value TEXT NOT NULL, object_id TEXT NOT NULL, PRIMARY KEY (key, value, object_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS metadata_by_object ON metadata (object_id);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id    TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given up')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (id) WHERE state = 'waiting';
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to an idempotency key."""

    fingerprint: str
    request_id: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Page:
    """Filters of a list request. Newest first; `starting_after` and `ending_before` are object ids."""

    limit: int
    customer: str = ""
    parent: str = ""
    created: Mapping[str, int] | None = None
    starting_after: str = ""
    ending_before: str = ""


COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Store:
    """Committed work survives a kill of the process and of the machine."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        self.database.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def put(self, record: Record) -> None:
        fields = {name: getattr(record, name) for name in record.__slots__}
        parent = fields.get("type") or fields.get("payment_intent") or ""
        row = (record.id, record.KIND, record.created, fields.get("customer", ""), parent, json.dumps(fields))
        self.database.execute(
            "INSERT INTO objects (id, kind, created, customer, parent, body) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE"
            " SET customer = excluded.customer, parent = excluded.parent, body = excluded.body",
            row,
        )
        self.database.execute("DELETE FROM metadata WHERE object_id = ?", (record.id,))
        pairs = [(key, value, record.id) for key, value in fields.get("metadata", {}).items()]
        self.database.executemany("INSERT INTO metadata VALUES (?, ?, ?)", pairs)

    def get(self, kind: type[RecordT], identifier: str) -> RecordT | None:
        row = self.database.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = ?", (identifier, kind.KIND)
        ).fetchone()
        return None if row is None else kind(**json.loads(row[0]))

    def remove(self, identifier: str) -> None:
        self.database.execute("DELETE FROM metadata WHERE object_id = ?", (identifier,))
        self.database.execute("DELETE FROM objects WHERE id = ?", (identifier,))

    def page(self, kind: type[RecordT], page: Page) -> tuple[list[RecordT], bool]:
        """The records of this page and whether more follow."""
        terms, values = ["kind = ?"], [kind.KIND]
        numbers: list[int] = []
        for column, wanted in (("customer", page.customer), ("parent", page.parent)):
            if wanted:
                terms.append(f"{column} = ?")
                values.append(wanted)
        for bound, sign in (("starting_after", "<"), ("ending_before", ">")):
            if identifier := getattr(page, bound):
                terms.append(f"seq {sign} (SELECT seq FROM objects WHERE id = ?)")  # noqa: S608  own texts
                values.append(identifier)
        for comparison, moment in (page.created or {}).items():
            terms.append(f"created {COMPARISONS[comparison]} ?")
            numbers.append(moment)
        order = "ASC" if page.ending_before else "DESC"
        rows = self.database.execute(
            f"SELECT body FROM objects WHERE {' AND '.join(terms)} ORDER BY seq {order} LIMIT ?",  # noqa: S608  own texts
            (*values, *numbers, page.limit + 1),
        ).fetchall()
        records = [kind(**json.loads(row[0])) for row in rows[: page.limit]]
        return (records[::-1] if page.ending_before else records), len(rows) > page.limit

    def every(self, kind: type[RecordT]) -> list[RecordT]:
        """Oldest first; for the ledger and the list of webhook endpoints."""
        rows = self.database.execute("SELECT body FROM objects WHERE kind = ? ORDER BY seq", (kind.KIND,))
        return [kind(**json.loads(row[0])) for row in rows]

    def with_metadata(self, kind: type[RecordT], key: str, value: str) -> list[RecordT]:
        """Newest first."""
        rows = self.database.execute(
            "SELECT body FROM objects JOIN metadata ON object_id = id"
            " WHERE key = ? AND value = ? AND kind = ? ORDER BY seq DESC",
            (key, value, kind.KIND),
        )
        return [kind(**json.loads(row[0])) for row in rows]

    def answer(self, key: str) -> Answer | None:
        row = self.database.execute(
            "SELECT fingerprint, request_id, status, body FROM answers WHERE key = ?", (key,)
        ).fetchone()
        return None if row is None else Answer(*row)

    def keep_answer(self, key: str, answer: Answer) -> None:
        self.database.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
            (key, answer.fingerprint, answer.request_id, answer.status, answer.body),
        )

    def setting(self, name: str) -> str | None:
        row = self.database.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        self.database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))
