"""What an operator does with dead letters: look, try again in order, give up with a name and a reason."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from saldo_messaging import dead_letters
from saldo_messaging.service import Runtime
from saldo_messaging.tasks import Declined, Done, Failed, Message, Outcome, Task

ROWS_MAX = 500  # of one listing or one retry of a key; a second call goes on

COLUMNS = 'id, topic, partition, "offset", key, event_id, type, kind, reason, attempts, status, recorded_at'
LIST_SQL = f"select {COLUMNS} from dead_letters where status = 'open' or $1 order by id limit $2"  # noqa: S608  # constants
SHOW_SQL = f"select {COLUMNS}, headers::text as headers, body, closed_by, closed_reason from dead_letters where id = $1"  # noqa: S608  # constants
LANE_SQL = (
    f"select {COLUMNS}, headers::text as headers, body from dead_letters "  # noqa: S608  # constants
    "where status = 'open' "
    "and ((topic = $1 and key is not distinct from $2 and kind in ('failed', 'behind')) or id = $3) "
    'order by partition, "offset" limit $4'
)
OPEN_LANES_SQL = (
    "select distinct on (topic, key, case when kind in ('failed', 'behind') and key is not null then 0 else id end) id "
    "from dead_letters where status = 'open' order by topic, key, "
    "case when kind in ('failed', 'behind') and key is not null then 0 else id end, id"
)
SKIP_SQL = (
    "update dead_letters set status = 'skipped', closed_at = clock_timestamp(), closed_by = $2, closed_reason = $3 "
    "where id = $1 and status = 'open' returning id"
)


class NotPossible(Exception):
    """What the operator asked cannot be done; the text says why."""


def _line(row: asyncpg.Record) -> str:
    return (
        f"{row['id']:>6}  {row['status']:<8} {row['kind']:<10} {row['type'] or '-':<44} key {row['key'] or '-'}  "
        f"{row['topic']}/{row['partition']}/{row['offset']}  tries {row['attempts']}  {row['reason']}"
    )


async def listed(runtime: Runtime, *, everything: bool) -> Sequence[str]:
    """One line each, oldest first."""
    rows = await runtime.database.pool.fetch(LIST_SQL, everything, ROWS_MAX)
    return [_line(row) for row in rows] or ["no dead letters"]


async def shown(runtime: Runtime, letter: int) -> Sequence[str]:
    """The whole dead letter."""
    row = await runtime.database.pool.fetchrow(SHOW_SQL, letter)
    if row is None:
        raise NotPossible(f"there is no dead letter {letter}")
    lines = [_line(row), f"recorded at {row['recorded_at'].isoformat()}"]
    if row["closed_by"]:
        lines.append(f"given up by {row['closed_by']}: {row['closed_reason']}")
    lines += [f"  {name}: {value!r}" for name, value in dead_letters.decoded(row["headers"])]
    return [*lines, (row["body"] or b"").decode("utf-8", "backslashreplace")]


async def skipped(runtime: Runtime, letter: int, *, actor: str, reason: str) -> Sequence[str]:
    """Give one up; the key goes on when it was the last that parked it and the rest was retried."""
    if not actor.strip() or not reason.strip():
        raise NotPossible("skip needs an actor and a reason")
    if await runtime.database.pool.fetchval(SKIP_SQL, letter, actor, reason) is None:
        raise NotPossible(f"there is no open dead letter {letter}")
    return [f"{letter} is given up; `dead-letters retry` runs what waited behind it"]


async def retried(runtime: Runtime, letter: int | None) -> Sequence[str]:
    """Run the parked messages of a key (or of all) again, in the order in which they came, in one go."""
    if letter is None:
        letters = [row["id"] for row in await runtime.database.pool.fetch(OPEN_LANES_SQL)]
        lines = [line for i in letters for line in await _retry_lane(runtime, i)]
        return lines or ["no dead letters"]
    return await _retry_lane(runtime, letter)


async def _retry_lane(runtime: Runtime, letter: int) -> Sequence[str]:
    found = await runtime.database.pool.fetchrow(SHOW_SQL, letter)
    if found is None or found["status"] != "open":
        raise NotPossible(f"there is no open dead letter {letter}")
    key = found["key"] if found["kind"] in ("failed", "behind") else None
    rows = await runtime.database.pool.fetch(LANE_SQL, found["topic"] if key else None, key, letter, ROWS_MAX)
    tasks = [task for row in rows if (task := _task(runtime, row)) is not None]
    stepped_over = [row["id"] for row in rows if row["id"] not in {task.dead_letter_id for task in tasks}]
    async with runtime.database.pool.acquire() as connection:
        await dead_letters.close(connection, stepped_over)
    outcomes = await runtime.runner.submit(tasks) if tasks else []
    return [f"{task.dead_letter_id}: {_said(outcome)}" for task, outcome in zip(tasks, outcomes, strict=True)] + [
        f"{i}: nothing to do here any more" for i in stepped_over
    ]


def _task(runtime: Runtime, row: asyncpg.Record) -> Task | None:
    message = Message(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        headers=dead_letters.decoded(row["headers"]),
        body=row["body"],
        event_id=row["event_id"],
        type=row["type"],
    )
    return runtime.translation.task_of(message, dead_letter_id=row["id"])


def _said(outcome: Outcome) -> str:
    match outcome:
        case Done(repeated=True):
            return "its effects stood already"
        case Done():
            return "handled"
        case Declined(code=code):
            return f"declined: {code}"
        case Failed(error=error):
            return f"failed again: {dead_letters.reason_of(error)}"
        case _:
            return "still waiting"
