"""Timers as rows: staged by a command, written with its effect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias

from saldo_work import Json

from saldo_messaging.database import Connection
from saldo_messaging.staged_trace import StagedTrace

DELETE_SQL = "delete from timers where dedupe_key = any($1::text[])"
UPSERT_SQL = (
    "insert into timers (dedupe_key, kind, due_at, payload, account_id, traceparent, tracestate) "
    "select u.dedupe_key, u.kind, u.due_at, u.payload::jsonb, u.account_id, u.traceparent, u.tracestate "
    "from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[]) "
    "as u(dedupe_key, kind, due_at, payload, account_id, traceparent, tracestate) "
    "on conflict (dedupe_key) do update set kind = excluded.kind, due_at = excluded.due_at, "
    "payload = excluded.payload, account_id = excluded.account_id, traceparent = excluded.traceparent, "
    "tracestate = excluded.tracestate, recorded_at = clock_timestamp(), not_before = null, parked = false, "
    "reason = null"
)


@dataclass(frozen=True, slots=True)
class StagedTimer:
    """A timer that will be set."""

    kind: str
    due_at: datetime
    payload: str
    account_id: str
    traceparent: str | None
    tracestate: str | None


TimerChange: TypeAlias = StagedTimer | None
"""What becomes of a dedupe key: set to this, or deleted."""


class StagedTimers:
    """The timers of one command's stage; the last word on a dedupe key counts."""

    def __init__(self, trace: StagedTrace) -> None:
        self._trace = trace
        self.changes: dict[str, TimerChange] = {}

    def schedule(
        self, kind: str, dedupe_key: str, *, due_at: datetime, payload: Mapping[str, Json], account_id: str
    ) -> None:
        """See `saldo_work.Timers.schedule`; raises ValueError for a due time without a zone."""
        if due_at.tzinfo is None:
            raise ValueError(f"timer {dedupe_key}: a due time needs a zone")
        traceparent, tracestate = self._trace.current()
        self.changes[dedupe_key] = StagedTimer(kind, due_at, json.dumps(payload), account_id, traceparent, tracestate)

    def cancel(self, dedupe_key: str) -> None:
        """See `saldo_work.Timers.cancel`."""
        self.changes[dedupe_key] = None


async def write_timers(connection: Connection, changes: Mapping[str, TimerChange]) -> None:
    """Delete and upsert, two statements, keys sorted so that two units cannot deadlock."""
    deleted = sorted(key for key, timer in changes.items() if timer is None)
    if deleted:
        await connection.execute(DELETE_SQL, deleted)
    timers = sorted(((key, timer) for key, timer in changes.items() if timer is not None), key=itemgetter(0))
    if timers:
        await connection.execute(
            UPSERT_SQL,
            [key for key, _ in timers],
            [timer.kind for _, timer in timers],
            [timer.due_at for _, timer in timers],
            [timer.payload for _, timer in timers],
            [timer.account_id for _, timer in timers],
            [timer.traceparent for _, timer in timers],
            [timer.tracestate for _, timer in timers],
        )
