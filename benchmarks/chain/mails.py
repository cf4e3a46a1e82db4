"""When the mail sink took each mail: read from its store, so that nobody's clock but the mail server's counts."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime
from pathlib import Path

import asyncpg

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>\s]+)@", re.IGNORECASE | re.MULTILINE)
NOTICES_SQL = (
    "select notice_id::text, facts::jsonb ->> 'payment_id' as payment_id from notices "
    "where template = 'payment-succeeded'"
)


def accepted_at(store: Path) -> dict[str, list[float]]:
    """Notice id -> when a mail of it was accepted (seconds since 1970), once for each mail."""
    found: dict[str, list[float]] = {}
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        for received_at, raw in connection.execute("select received_at, raw from mails"):
            match = MESSAGE_ID.search(raw)
            name = match[1].decode() if match else "none"
            found.setdefault(name, []).append(datetime.fromisoformat(received_at).timestamp())
    finally:
        connection.close()
    return found


async def mailed_at(store: Path, notifications: asyncpg.Connection) -> dict[str, list[float]]:
    """Payment id -> when its mails were accepted."""
    by_notice = accepted_at(store)
    rows = await notifications.fetch(NOTICES_SQL)
    return {row["payment_id"]: by_notice.get(row["notice_id"], []) for row in rows}
