"""Messages that could not be handled: kept with their reason, their key parked, and ways out for an operator."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

from saldo_contracts.topics import dead_letters_topic

from saldo_messaging.database import Connection
from saldo_messaging.outgoing import OutboxRow, insert_outbox
from saldo_messaging.tasks import CAUSE_NAMESPACE, Message, code_of

REASON_MAX_CHARACTERS = 500

PARKED_SQL = (
    "select distinct topic, key from dead_letters where status = 'open' and kind in ('failed', 'behind') "
    "and (topic, key) in (select * from unnest($1::text[], $2::text[]))"
)
INSERT_SQL = (
    'insert into dead_letters (topic, partition, "offset", key, event_id, type, headers, body, kind, reason) '
    "select u.topic, u.partition, u.position, u.key, u.event_id, u.type, u.headers::jsonb, u.body, u.kind, u.reason "
    "from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], "
    "$9::text[], $10::text[]) with ordinality "
    "as u(topic, partition, position, key, event_id, type, headers, body, kind, reason, n) order by u.n "
    'on conflict on constraint dead_letters_position do nothing returning topic, partition, "offset"'
)
CLOSE_SQL = "update dead_letters set status = 'retried', closed_at = clock_timestamp() where id = any($1::bigint[])"
AGAIN_SQL = (
    "update dead_letters set attempts = attempts + 1, kind = 'failed', reason = u.reason "
    "from unnest($1::bigint[], $2::text[]) as u(id, reason) where dead_letters.id = u.id"
)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message to be set aside: kind is unreadable, failed, behind or too_old."""

    message: Message
    kind: str
    reason: str


def reason_of(error: BaseException) -> str:
    """What kind of error, never its text: that may quote data of a person."""
    return f"{code_of(error)} ({type(error).__module__}.{type(error).__qualname__})"


async def parked(connection: Connection, lanes: Iterable[tuple[str, str | None]]) -> set[tuple[str, str | None]]:
    """Which of these (topic, key) are parked behind an open dead letter."""
    wanted = sorted({(topic, key) for topic, key in lanes if key is not None})
    if not wanted:
        return set()
    rows = await connection.fetch(PARKED_SQL, [topic for topic, _ in wanted], [key for _, key in wanted])
    return {(row["topic"], row["key"]) for row in rows}


async def keep(connection: Connection, service: str, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Store dead letters, and their copies for the dead-letters topic in the outbox; a redelivery adds nothing."""
    if not letters:
        return
    stored = await connection.fetch(INSERT_SQL, *_columns(letters))
    new = {(row["topic"], row["partition"], row["offset"]) for row in stored}
    copies = [
        _copy(service, letter, now)
        for letter in letters
        if (letter.message.topic, letter.message.partition, letter.message.offset) in new
    ]
    await insert_outbox(connection, copies)


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


def _copy(service: str, letter: DeadLetter, now: datetime) -> OutboxRow:
    message = letter.message
    headers = {name: value.decode("utf-8", "replace") for name, value in message.headers if value is not None}
    headers |= {
        "saldo_deadletter_kind": letter.kind,
        "saldo_deadletter_reason": letter.reason[:REASON_MAX_CHARACTERS],
        "saldo_deadletter_position": f"{message.topic}/{message.partition}/{message.offset}",
    }
    position = f"{message.topic}/{message.partition}/{message.offset}"
    return OutboxRow(
        event_id=str(uuid5(CAUSE_NAMESPACE, f"dead-letter|{service}|{position}")),
        topic=dead_letters_topic(service).name,
        key=message.key or "",
        type=message.type or "unknown",
        headers=json.dumps({name: value.replace("\x00", "") for name, value in headers.items()}).replace("\\u0000", ""),
        payload=message.body,
        occurred_at=now,
    )


async def close(connection: Connection, ids: Sequence[int]) -> None:
    """Dead letters whose retry succeeded."""
    if ids:
        await connection.execute(CLOSE_SQL, list(ids))


async def failed_again(connection: Connection, failures: Sequence[tuple[int, str]]) -> None:
    """Dead letters whose retry failed: one attempt more, the new reason."""
    if failures:
        await connection.execute(AGAIN_SQL, [i for i, _ in failures], [reason for _, reason in failures])
