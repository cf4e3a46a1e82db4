"""Every mail the sink took, in order of arrival, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

PAGE_SIZE_MAX = 1000
SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at TEXT NOT NULL,
    mail_from   TEXT NOT NULL,
    rcpt_to     TEXT NOT NULL,
    raw         BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS recipients (
    address TEXT NOT NULL COLLATE NOCASE,
    mail_id INTEGER NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
    PRIMARY KEY (address, mail_id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One SMTP transaction. `received_at` is machine time, ISO 8601 UTC; envelope addresses as SMTP gave them."""

    id: int
    received_at: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    raw: bytes

    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


class MailStore:
    """Kept before SMTP says 250; survives a kill of the process."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;")
        self._database.executescript(SCHEMA)

    def keep(self, mail_from: str, rcpt_to: list[str], *, raw: bytes) -> int:
        received_at = datetime.now(UTC).isoformat()
        self._database.execute("BEGIN IMMEDIATE")
        row = self._database.execute(
            "INSERT INTO mails (received_at, mail_from, rcpt_to, raw) VALUES (?, ?, ?, ?)",
            (received_at, mail_from, json.dumps(rcpt_to), raw),
        )
        mail_id = int(row.lastrowid or 0)
        self._database.executemany(
            "INSERT OR IGNORE INTO recipients VALUES (?, ?)", [(address, mail_id) for address in rcpt_to]
        )
        self._database.execute("COMMIT")
        return mail_id

    def find(self, *, to: str | None, since_id: int, limit: int) -> list[Mail]:
        """Ids above `since_id`, ascending; `to` is one envelope recipient, whatever its case."""
        wanted = "" if to is None else "AND id IN (SELECT mail_id FROM recipients WHERE address = :to)"
        rows = self._database.execute(
            f"SELECT * FROM mails WHERE id > :since {wanted} ORDER BY id LIMIT :limit",  # noqa: S608  fixed texts
            {"since": since_id, "to": to, "limit": min(limit, PAGE_SIZE_MAX)},
        )
        return [_mail(row) for row in rows]

    def latest(self, limit: int) -> list[Mail]:
        rows = self._database.execute("SELECT * FROM mails ORDER BY id DESC LIMIT ?", (limit,))
        return [_mail(row) for row in rows]

    def one(self, mail_id: int) -> Mail | None:
        row = self._database.execute("SELECT * FROM mails WHERE id = ?", (mail_id,)).fetchone()
        return None if row is None else _mail(row)

    def count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM mails").fetchone()[0])

    def forget_all(self) -> None:
        """Ids go on counting, so that a reader's `since_id` stays right."""
        self._database.execute("DELETE FROM mails")


def text_of(message: EmailMessage, kind: str) -> str | None:
    """The body of that kind ("plain" or "html"), decoded, lines ended by a newline alone; None if it has none."""
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


def attachments_of(message: EmailMessage) -> Iterator[Attachment]:
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        yield Attachment(
            filename=part.get_filename() or "unnamed",
            content_type=part.get_content_type(),
            content=content if isinstance(content, bytes) else b"",
        )


def _mail(row: tuple[int, str, str, str, bytes]) -> Mail:
    return Mail(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4])
