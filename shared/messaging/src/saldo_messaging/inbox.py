"""The inbox: causes whose effects stand here, so that a repeat finds its answer and does nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from saldo_messaging.database import Connection, LostRace
from saldo_messaging.tasks import Declined, Done, Outcome, Reused, Task

CLAIM_SQL = (
    "insert into inbox (cause_key, recorded_at, command_hash) "
    "select u.cause_key::uuid, u.recorded_at, u.command_hash "
    "from unnest($1::text[], $2::timestamptz[], $3::bytea[]) as u(cause_key, recorded_at, command_hash) "
    "order by u.cause_key on conflict do nothing returning cause_key::text"
)
READ_SQL = "select cause_key::text, command_hash, answer from inbox where cause_key = any($1::text[]::uuid[])"
ANSWER_SQL = (
    "update inbox as i set answer = u.answer from unnest($1::text[], $2::text[]) as u(cause_key, answer) "
    "where i.cause_key = u.cause_key::uuid"
)
RELEASE_SQL = "delete from inbox where cause_key = any($1::text[]::uuid[])"


async def claim(connection: Connection, tasks: Mapping[str, Task], now: datetime) -> dict[str, Outcome]:
    """Claim the causes of these tasks (by inbox key); returns the outcomes of those that had come before."""
    if not tasks:
        return {}
    keys = sorted(tasks)
    claimed = await connection.fetch(
        CLAIM_SQL,
        keys,
        [tasks[key].recorded_at or now for key in keys],
        [tasks[key].command_hash for key in keys],
    )
    known = set(keys).difference(row["cause_key"] for row in claimed)
    if not known:
        return {}
    rows = {row["cause_key"]: row for row in await connection.fetch(READ_SQL, sorted(known))}
    if len(rows) < len(known):
        raise LostRace("a cause was forgotten between claim and read")
    return {key: repeat(tasks[key], rows[key]["command_hash"], rows[key]["answer"]) for key in known}


def repeat(task: Task, command_hash: bytes | None, answer: str | None) -> Outcome:
    """What a repeat of a cause is told."""
    if task.command_hash is not None and command_hash != task.command_hash:
        return Reused()
    if answer is None:
        return Done(repeated=True)
    stored = json.loads(answer)
    if "refused" in stored:
        return Declined(**stored["refused"], repeated=True)
    return Done(answer=stored["answer"], repeated=True)


def stored_answer(task: Task, outcome: Outcome) -> str | None:
    """What is kept of an outcome: a request's answer, anybody's refusal."""
    match outcome:
        case Declined(code=code, message=message, facts=facts):
            return json.dumps({"refused": {"code": code, "message": message, "facts": dict(facts)}})
        case Done(answer=answer) if task.command_hash is not None:
            return json.dumps({"answer": answer})
        case _:
            return None


async def keep_answers(connection: Connection, answers: Sequence[tuple[str, str]]) -> None:
    """Store the answers beside their causes."""
    if answers:
        await connection.execute(ANSWER_SQL, [key for key, _ in answers], [answer for _, answer in answers])


async def release(connection: Connection, keys: Sequence[str]) -> None:
    """Forget causes whose command did nothing, so that they can come again."""
    if keys:
        await connection.execute(RELEASE_SQL, sorted(keys))
