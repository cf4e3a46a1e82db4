"""Due timers: found, taken by one replica, put off, or parked with their reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from saldo_messaging.database import Connection
from saldo_messaging.tasks import DueTimer

DEFER_SECONDS = 5  # machine time until a timer that waits for a copy is tried again

DUE_SQL = (
    "select dedupe_key, kind, due_at, payload::text as payload, account_id, traceparent, tracestate, recorded_at "
    "from timers where due_at <= $1 and not parked and (not_before is null or not_before <= clock_timestamp()) "
    # what is put off holds back what comes after it in its account
    "and not exists (select 1 from timers as first where first.not_before > clock_timestamp() and not first.parked "
    "and first.account_id = timers.account_id and first.due_at < timers.due_at) "
    "order by due_at, dedupe_key limit $2"
)
COUNT_DUE_SQL = "select count(*) from timers where due_at <= $1 and not parked"
CLAIM_SQL = (
    "select dedupe_key, recorded_at from timers where dedupe_key = any($1::text[]) and not parked "
    "order by dedupe_key for update skip locked"
)
DEFER_SQL = (
    "update timers set not_before = clock_timestamp() + make_interval(secs => $2) where dedupe_key = any($1::text[])"
)
PARK_SQL = (
    "update timers set parked = true, reason = u.reason "
    "from unnest($1::text[], $2::text[]) as u(dedupe_key, reason) where timers.dedupe_key = u.dedupe_key"
)
PARKED_SQL = (
    "select dedupe_key, kind, due_at, account_id, reason from timers where parked order by due_at, dedupe_key limit $1"
)
UNPARK_SQL = (
    "update timers set parked = false, reason = null, not_before = null, recorded_at = clock_timestamp() "
    "where parked and ($1::text is null or dedupe_key = $1) returning dedupe_key"
)


async def claim_timers(connection: Connection, timers: Iterable[DueTimer]) -> set[str]:
    """Lock these rows; returns the keys of those that still stand as they were read."""
    read = {timer.dedupe_key: timer.recorded_at for timer in timers}
    if not read:
        return set()
    rows = await connection.fetch(CLAIM_SQL, sorted(read))
    return {row["dedupe_key"] for row in rows if row["recorded_at"] == read[row["dedupe_key"]]}


async def defer_timers(connection: Connection, keys: Sequence[str]) -> None:
    """Try these again a little later."""
    if keys:
        await connection.execute(DEFER_SQL, sorted(keys), float(DEFER_SECONDS))


async def park_timers(connection: Connection, failures: Sequence[tuple[str, str]]) -> None:
    """Keep these for an operator, with the reason."""
    if failures:
        await connection.execute(PARK_SQL, [key for key, _ in failures], [reason for _, reason in failures])
