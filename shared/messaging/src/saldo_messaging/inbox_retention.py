"""The inbox forgets: answers to requests after a week, messages only where an operator set a retention."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from saldo_telemetry import logger

from saldo_messaging.clocks import machine_now
from saldo_messaging.database import INFRASTRUCTURE_ERRORS, Database
from saldo_messaging.failpoints import hit

REQUESTS_KEPT = timedelta(days=7)  # of machine time, as clients are told of Idempotency-Keys
MESSAGES_MARGIN = timedelta(days=1)  # a message this much too old is already refused, so no repeat can slip through
ROWS_A_TIME = 5_000  # short transactions: nobody waits for a big delete
LOOK_EVERY_SECONDS = 3_600.0

PRUNE_REQUESTS_SQL = (
    "delete from inbox where cause_key in (select cause_key from inbox "
    "where command_hash is not null and recorded_at < $1 order by recorded_at limit $2)"
)
PRUNE_MESSAGES_SQL = (
    "delete from inbox where cause_key in (select cause_key from inbox "
    "where command_hash is null and recorded_at < $1 order by recorded_at limit $2)"
)

log = logger(__name__)


class InboxRetention:
    """One a worker process; a second replica finds nothing left to do."""

    def __init__(self, database: Database, *, messages_kept: timedelta | None) -> None:
        self._database = database
        self._messages_kept = messages_kept
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, now and every hour."""
        self._task = asyncio.create_task(self._run_for_ever(), name="inbox retention")

    async def stop(self) -> None:
        """Stop looking; a delete under way is rolled back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run_for_ever(self) -> None:
        while True:
            try:
                await self.prune(machine_now())
            except INFRASTRUCTURE_ERRORS as error:
                log.warning("inbox retention waits for the database", error=type(error).__name__)
            except Exception as error:
                log.error("inbox retention failed; it goes on", error=type(error).__name__, exc_info=error)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def prune(self, now: datetime) -> int:
        """Delete what is over its time; returns how many rows."""
        pruned = await self._delete(PRUNE_REQUESTS_SQL, now - REQUESTS_KEPT)
        if self._messages_kept is not None:
            pruned += await self._delete(PRUNE_MESSAGES_SQL, now - self._messages_kept - MESSAGES_MARGIN)
        return pruned

    async def _delete(self, sql: str, before: datetime) -> int:
        deleted = 0
        while True:
            hit("retention.before-delete")
            ended = await self._database.pool.execute(sql, before, ROWS_A_TIME)
            count = int(ended.rsplit(" ", 1)[1])
            deleted += count
            if count < ROWS_A_TIME:
                return deleted
