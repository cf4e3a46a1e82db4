"""What an operator does with timers that failed and with events that cannot be sent: look, try again, give up."""

from __future__ import annotations

from collections.abc import Sequence

from saldo_messaging.operator import NotPossible, signed
from saldo_messaging.service import Runtime
from saldo_messaging.timer_claims import PARKED_SQL, UNPARK_SQL

ROWS_MAX = 500  # of one listing

OUTBOX_LIST_SQL = (
    "select id, event_id, topic, key, type, length(payload) as bytes, reason from outbox_parked "
    "where discarded_at is null order by id limit $1"
)
OUTBOX_COLUMNS = "id, event_id, topic, key, type, headers, payload, occurred_at, recorded_at"
# With its old id a row stands before all that came later, so that the key keeps its order.
OUTBOX_RETRY_SQL = (
    "with back as (delete from outbox_parked where discarded_at is null and (topic, key) in "  # noqa: S608  # constants
    "(select topic, key from outbox_parked where discarded_at is null and ($1::bigint is null or id = $1)) "
    "returning *) "
    f"insert into outbox ({OUTBOX_COLUMNS}) select {OUTBOX_COLUMNS} from back order by id returning id"
)
OUTBOX_DISCARD_SQL = (
    "update outbox_parked set discarded_at = clock_timestamp(), discarded_by = $2, discarded_reason = $3 "
    "where id = $1 and discarded_at is null returning id"
)


async def timers_listed(runtime: Runtime) -> Sequence[str]:
    """The parked timers, one line each, the longest due first."""
    rows = await runtime.database.pool.fetch(PARKED_SQL, ROWS_MAX)
    return [
        f"{row['dedupe_key']}  {row['kind']}  due {row['due_at'].isoformat()}  "
        f"account {row['account_id']}  {row['reason']}"
        for row in rows
    ] or ["no parked timers"]


async def timers_retried(runtime: Runtime, dedupe_key: str | None) -> Sequence[str]:
    """Give parked timers (one, or all) back to the worker, which runs them at its next look."""
    rows = await runtime.database.pool.fetch(UNPARK_SQL, dedupe_key)
    if dedupe_key is not None and not rows:
        raise NotPossible(f"there is no parked timer {dedupe_key}")
    return [f"{row['dedupe_key']}: due again" for row in rows] or ["no parked timers"]


async def outbox_listed(runtime: Runtime) -> Sequence[str]:
    """The parked outbox rows, one line each, in their order."""
    rows = await runtime.database.pool.fetch(OUTBOX_LIST_SQL, ROWS_MAX)
    return [
        f"{row['id']:>6}  {row['type']:<44} key {row['key']}  {row['topic']}  {row['bytes']} bytes  {row['reason']}"
        for row in rows
    ] or ["no parked outbox rows"]


async def outbox_retried(runtime: Runtime, row_id: int | None) -> Sequence[str]:
    """Give the parked rows of a key (or of all) back to the relay, in their old places."""
    rows = await runtime.database.pool.fetch(OUTBOX_RETRY_SQL, row_id)
    if row_id is not None and not rows:
        raise NotPossible(f"there is no parked outbox row {row_id}")
    return [f"{row['id']}: to be sent again" for row in rows] or ["no parked outbox rows"]


async def outbox_discarded(runtime: Runtime, row_id: int, *, actor: str, reason: str) -> Sequence[str]:
    """Never send this one; what waited behind it goes out after a retry."""
    signed(actor, reason)
    if await runtime.database.pool.fetchval(OUTBOX_DISCARD_SQL, row_id, actor, reason) is None:
        raise NotPossible(f"there is no parked outbox row {row_id}")
    return [f"{row_id} is given up; `outbox retry` sends what waited behind it"]
