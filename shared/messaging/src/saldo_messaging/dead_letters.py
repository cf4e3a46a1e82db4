"""Messages that could not be handled: kept with their reason, their key parked, and ways out for an operator.

A message that waits for a copy (`waiting`) stands in the same table, since it parks its key in the same way; it is
tried again by itself and becomes an alarm, with its copy on the topic, only when it waited too long.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

import asyncpg
from saldo_contracts.topics import MESSAGE_BYTES_MAX, dead_letters_topic

from saldo_messaging.database import Connection
from saldo_messaging.outgoing import OutboxRow, insert_outbox
from saldo_messaging.tasks import CAUSE_NAMESPACE, Message, code_of

REASON_MAX_CHARACTERS = 500
COPY_HEADERS_BYTES_MAX = 400_000  # of a copy on the topic, which takes 1.5 MB with its body; the table keeps everything
BEHIND = "an earlier event of this key failed"

Lane = tuple[str, str | None]

PARKED_SQL = (
    "select topic, key, bool_or(kind <> 'waiting') as failed from dead_letters "
    "where status = 'open' and kind in ('failed', 'behind', 'waiting') "
    "and (topic, key) in (select * from unnest($1::text[], $2::text[])) group by topic, key"
)
INSERT_SQL = (
    'insert into dead_letters (topic, partition, "offset", key, event_id, type, headers, body, kind, reason) '
    "select u.topic, u.partition, u.position, u.key, u.event_id, u.type, u.headers::jsonb, u.body, u.kind, u.reason "
    "from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], "
    "$9::text[], $10::text[]) with ordinality "
    "as u(topic, partition, position, key, event_id, type, headers, body, kind, reason, n) order by u.n "
    'on conflict on constraint dead_letters_position do nothing returning topic, partition, "offset"'
)
ARRIVED_SQL = "delete from dead_letters where id = any($1::bigint[]) and kind = 'waiting' and status = 'open'"
CLOSE_SQL = (
    "update dead_letters set status = 'retried', closed_at = clock_timestamp() "
    "where id = any($1::bigint[]) and status = 'open'"
)
AGAIN_SQL = (
    "with was as materialized (select id, kind from dead_letters where id = any($1::bigint[]) order by id for update) "
    "update dead_letters as d set attempts = d.attempts + 1, kind = coalesce(u.kind, d.kind), reason = u.reason "
    "from unnest($1::bigint[], $2::text[], $3::text[]) as u(id, kind, reason), was "
    "where d.id = u.id and was.id = u.id and d.status = 'open' returning d.id, was.kind as was"
)
READ_COLUMNS = 'id, topic, partition, "offset", key, event_id, type, headers::text as headers, body, kind, reason'
BEHIND_SQL = (
    "update dead_letters set kind = 'behind', reason = $3 where status = 'open' and kind = 'waiting' "  # noqa: S608  # constants
    f"and (topic, key) in (select * from unnest($1::text[], $2::text[])) returning {READ_COLUMNS}"
)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message to be set aside: kind is unreadable, failed, behind, too_old or waiting."""

    message: Message
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class FailedAgain:
    """A retry that failed; `kind` None leaves the kind as it is."""

    letter_id: int
    message: Message
    kind: str | None
    reason: str


def reason_of(error: BaseException) -> str:
    """What kind of error, never its text: that may quote data of a person."""
    return f"{code_of(error)} ({type(error).__module__}.{type(error).__qualname__})"


async def parked(connection: Connection, lanes: Iterable[Lane]) -> dict[Lane, bool]:
    """Which of these (topic, key) are parked, and whether behind a failed message (else behind a waiting one)."""
    wanted = sorted({(topic, key) for topic, key in lanes if key is not None})
    if not wanted:
        return {}
    rows = await connection.fetch(PARKED_SQL, [topic for topic, _ in wanted], [key for _, key in wanted])
    return {(row["topic"], row["key"]): row["failed"] for row in rows}


async def keep(connection: Connection, service: str, letters: Sequence[DeadLetter], now: datetime) -> int:
    """Store dead letters, and their copies for the dead-letters topic in the outbox; a redelivery adds nothing.

    Returns the number of copies.
    """
    if not letters:
        return 0
    stored = await connection.fetch(INSERT_SQL, *_columns(letters))
    new = {(row["topic"], row["partition"], row["offset"]) for row in stored}
    copies = [
        _copy(service, letter, now)
        for letter in letters
        if letter.kind != "waiting" and (letter.message.topic, letter.message.partition, letter.message.offset) in new
    ]
    await insert_outbox(connection, copies)
    return len(copies)


def _columns(letters: Sequence[DeadLetter]) -> Sequence[Sequence[object]]:
    messages = [letter.message for letter in letters]
    return (
        [message.topic for message in messages],
        [message.partition for message in messages],
        [message.offset for message in messages],
        [message.key for message in messages],
        [message.event_id for message in messages],
        [message.type for message in messages],
        [json.dumps(_encoded(message.headers)) for message in messages],
        [message.body for message in messages],
        [letter.kind for letter in letters],
        [letter.reason[:REASON_MAX_CHARACTERS] for letter in letters],
    )


def _encoded(headers: Sequence[tuple[str, bytes | None]]) -> list[list[str | None]]:
    """Header values may be any bytes, or none: base64 keeps them all."""
    return [
        [name.replace("\x00", ""), None if value is None else base64.b64encode(value).decode()]
        for name, value in headers
    ]


def decoded(headers: str) -> tuple[tuple[str, bytes | None], ...]:
    """The headers as they came, from the stored form."""
    return tuple((name, None if value is None else base64.b64decode(value)) for name, value in json.loads(headers))


def message_of(row: asyncpg.Record) -> Message:
    """The message of a stored dead letter, byte for byte as it came."""
    return Message(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        headers=decoded(row["headers"]),
        body=row["body"],
        event_id=row["event_id"],
        type=row["type"],
    )


def _copy(service: str, letter: DeadLetter, now: datetime) -> OutboxRow:
    """What the topic gets; headers that are no text and bodies above the limit stay in the table alone."""
    message = letter.message
    position = f"{message.topic}/{message.partition}/{message.offset}"
    headers = {
        "saldo_deadletter_kind": letter.kind,
        "saldo_deadletter_reason": letter.reason[:REASON_MAX_CHARACTERS],
        "saldo_deadletter_position": position,
    }
    payload = message.body
    if payload is not None and len(payload) > MESSAGE_BYTES_MAX:
        payload, headers["saldo_deadletter_body"] = None, "too large"
    room = COPY_HEADERS_BYTES_MAX
    for name, value in message.headers:
        room -= len(name) + len(value or b"")
        if value is not None and room > 0:
            headers.setdefault(name.replace("\x00", ""), value.decode("utf-8", "replace").replace("\x00", ""))
    return OutboxRow(
        event_id=str(uuid5(CAUSE_NAMESPACE, f"dead-letter|{service}|{position}")),
        topic=dead_letters_topic(service).name,
        key=message.key or "",
        type=message.type or "unknown",
        headers=json.dumps(headers),
        payload=payload,
        occurred_at=now,
    )


async def close(connection: Connection, ids: Sequence[int]) -> None:
    """Dead letters whose retry succeeded; of one that only waited nothing needs to be kept."""
    if ids:
        await connection.execute(ARRIVED_SQL, list(ids))
        await connection.execute(CLOSE_SQL, list(ids))


async def failed_again(connection: Connection, service: str, failures: Sequence[FailedAgain], now: datetime) -> int:
    """One attempt more and the new reason; one that had waited becomes an alarm, and with it those behind it.

    Returns the number of copies for the topic.
    """
    if not failures:
        return 0
    rows = await connection.fetch(
        AGAIN_SQL,
        [failure.letter_id for failure in failures],
        [failure.kind for failure in failures],
        [failure.reason[:REASON_MAX_CHARACTERS] for failure in failures],
    )
    had_waited = {row["id"] for row in rows if row["was"] == "waiting"}
    new = [failure for failure in failures if failure.letter_id in had_waited]
    letters = [DeadLetter(failure.message, failure.kind or "failed", failure.reason) for failure in new]
    await insert_outbox(connection, [_copy(service, letter, now) for letter in letters])
    return len(letters) + await fall_behind(connection, service, {failure.message.lane for failure in new}, now)


async def fall_behind(connection: Connection, service: str, lanes: Iterable[Lane], now: datetime) -> int:
    """What only waited in these lanes stands behind a failed message from now on; returns the number of copies."""
    keyed = sorted({(topic, key) for topic, key in lanes if key is not None})
    if not keyed:
        return 0
    rows = await connection.fetch(BEHIND_SQL, [topic for topic, _ in keyed], [key for _, key in keyed], BEHIND)
    letters = [DeadLetter(message_of(row), "behind", BEHIND) for row in sorted(rows, key=lambda row: int(row["id"]))]
    await insert_outbox(connection, [_copy(service, letter, now) for letter in letters])
    return len(letters)
