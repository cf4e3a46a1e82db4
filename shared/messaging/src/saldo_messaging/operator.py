"""What an operator does with messages that failed: look, try again in order, give up with a name and a reason."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from saldo_messaging import dead_letters
from saldo_messaging.failpoints import hit
from saldo_messaging.service import Runtime
from saldo_messaging.tasks import Declined, Done, Failed, Outcome, Retry, Task

ROWS_MAX = 500  # of one listing, and of one transaction of a retry
PASSES_MAX = 1_000  # of one retry: a key with more parked messages than this times ROWS_MAX needs a second call

COLUMNS = 'id, topic, partition, "offset", key, event_id, type, kind, reason, attempts, status, recorded_at'
LIST_SQL = f"select {COLUMNS} from dead_letters where status = 'open' or $1 order by id limit $2"  # noqa: S608  # constants
SHOW_SQL = f"select {COLUMNS}, headers::text as headers, body, closed_by, closed_reason from dead_letters where id = $1"  # noqa: S608  # constants
LANE_SQL = (
    f"select {COLUMNS}, headers::text as headers, body from dead_letters "  # noqa: S608  # constants
    "where status = 'open' "
    "and ((topic = $1 and key = $2 and kind in ('failed', 'behind', 'waiting')) or id = $3) "
    'order by partition, "offset" limit $4'
)
OPEN_SQL = "select id, topic, key, kind from dead_letters where status = 'open' and kind <> 'waiting' order by id"
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
    signed(actor, reason)
    if await runtime.database.pool.fetchval(SKIP_SQL, letter, actor, reason) is None:
        raise NotPossible(f"there is no open dead letter {letter}")
    return [f"{letter} is given up; `dead-letters retry` runs what waited behind it"]


def signed(actor: str, reason: str) -> None:
    """Raises NotPossible where a decision has no name or no reason."""
    if not actor.strip() or not reason.strip():
        raise NotPossible("giving something up needs an actor and a reason")


async def retried(runtime: Runtime, letter: int | None) -> Sequence[str]:
    """Run the parked messages of a key (or of all) again, in the order in which they came.

    A key goes on until it is empty, also past what comes in meanwhile, or until one of its messages fails again: that
    one and all behind it stay.
    """
    if letter is not None:
        return await _retry_lane(runtime, letter)
    lines: list[str] = []
    done: set[tuple[str, str]] = set()
    for row in await runtime.database.pool.fetch(OPEN_SQL):
        keyed = row["key"] is not None and row["kind"] in ("failed", "behind")
        if keyed and (row["topic"], row["key"]) in done:
            continue
        if keyed:
            done.add((row["topic"], row["key"]))
        lines += await _retry_lane(runtime, row["id"])
    return lines or ["no dead letters"]


async def _retry_lane(runtime: Runtime, letter: int) -> Sequence[str]:
    found = await runtime.database.pool.fetchrow(SHOW_SQL, letter)
    if found is None or found["status"] != "open":
        raise NotPossible(f"there is no open dead letter {letter}")
    keyed = found["key"] is not None and found["kind"] in ("failed", "behind", "waiting")
    place = (found["topic"], found["key"]) if keyed else (None, None)
    lines: list[str] = []
    for _ in range(PASSES_MAX):
        rows = await runtime.database.pool.fetch(LANE_SQL, *place, letter, ROWS_MAX)
        hit("dead-letters.before-run")
        outcomes = await _run(runtime, rows)
        hit("dead-letters.before-answer")
        lines += [f"{letter_id}: {_said(outcome)}" for letter_id, outcome in outcomes]
        if not rows or not keyed or not all(isinstance(outcome, _GOES_ON) for _, outcome in outcomes):
            break
    return lines


_GOES_ON = (Done, Declined, type(None))


async def _run(runtime: Runtime, rows: Sequence[asyncpg.Record]) -> Sequence[tuple[int, Outcome | None]]:
    """The outcome by dead letter, in order; None for one that means nothing to this version any more."""
    tasks = {row["id"]: task for row in rows if (task := _task(runtime, row)) is not None}
    nothing = [row["id"] for row in rows if row["id"] not in tasks]
    async with runtime.database.pool.acquire() as connection:
        await dead_letters.close(connection, nothing)
    outcomes = await runtime.runner.submit(list(tasks.values())) if tasks else []
    by_id: dict[int, Outcome] = dict(zip(tasks, outcomes, strict=True))
    return [(row["id"], by_id.get(row["id"])) for row in rows]


def _task(runtime: Runtime, row: asyncpg.Record) -> Task | None:
    retry = Retry(row["id"], final=row["kind"] != "waiting")
    return runtime.translation.task_of(dead_letters.message_of(row), retry=retry)


def _said(outcome: Outcome | None) -> str:
    match outcome:
        case None:
            return "nothing to do here any more"
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
