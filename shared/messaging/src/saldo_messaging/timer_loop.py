"""The timer door: commands that business time wakes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeAlias
from uuid import uuid5

import asyncpg
from saldo_telemetry import logger
from saldo_work import Cause, Clock, Json, Transient, system_actor

from saldo_messaging.database import INFRASTRUCTURE_ERRORS, Database
from saldo_messaging.failpoints import hit
from saldo_messaging.runner import Runner
from saldo_messaging.tasks import CAUSE_NAMESPACE, Door, DueTimer, Task
from saldo_messaging.timer_claims import DUE_SQL

DUE_ROWS_MAX = 500
POLL_SECONDS = 0.25  # business minutes and days hang on it, not milliseconds; who waits for a moved clock wakes us
BACK_OFF_SECONDS = 1.0

BuildCommand: TypeAlias = Callable[[Mapping[str, Json]], object]
"""payload -> the command of a timer's kind."""

WAITED_OUT: tuple[type[Exception], ...] = (Transient, *INFRASTRUCTURE_ERRORS)

log = logger(__name__)


class TimerLoop:
    """One a worker process; several share the rows."""

    def __init__(
        self,
        service: str,
        database: Database,
        *,
        clock: Clock,
        runner: Runner,
        kinds: Mapping[str, BuildCommand],
    ) -> None:
        self._service = service
        self._database = database
        self._clock = clock
        self._runner = runner
        self._kinds = kinds
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        if self._kinds:
            self._task = asyncio.create_task(self._run_for_ever(), name="timers")

    async def stop(self) -> None:
        """Stop looking; a command under way ends with the runner."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """Something was seen to be due."""
        self._wake.set()

    async def _run_for_ever(self) -> None:
        while True:
            self._wake.clear()
            try:
                ran = await self.run_due()
            except WAITED_OUT as error:
                log.warning("timers wait for the database", error=type(error).__name__)
                ran = 0
                await asyncio.sleep(BACK_OFF_SECONDS)
            except Exception as error:
                log.error("timers failed; they go on", error=type(error).__name__, exc_info=error)
                ran = 0
                await asyncio.sleep(BACK_OFF_SECONDS)
            if not ran:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def run_due(self) -> int:
        """Run what is due now, of each account only its earliest moment, so that catching up keeps its order."""
        rows = await self._database.pool.fetch(DUE_SQL, await self._clock.now(), DUE_ROWS_MAX)
        earliest: dict[str, object] = {}
        tasks = [
            self._task_of(row) for row in rows if earliest.setdefault(row["account_id"], row["due_at"]) == row["due_at"]
        ]
        if tasks:
            hit("timers.before-run")
            await self._runner.submit(tasks)
        return len(tasks)

    def _task_of(self, row: asyncpg.Record) -> Task:
        key, due_at = row["dedupe_key"], row["due_at"]
        command, broken = self._command_of(row)
        return Task(
            command=command,
            broken=broken,
            cause=Cause(
                cause_id=str(uuid5(CAUSE_NAMESPACE, f"timer|{self._service}|{key}|{due_at.isoformat()}")),
                actor=system_actor(self._service),
                traceparent=row["traceparent"],
                tracestate=row["tracestate"],
                effective_at=due_at,
            ),
            door=Door.TIMER,
            recorded_at=row["recorded_at"],
            timer=DueTimer(dedupe_key=key, recorded_at=row["recorded_at"]),
        )

    def _command_of(self, row: asyncpg.Record) -> tuple[object, Exception | None]:
        """The command, or why there is none: then the timer is parked like one whose handler failed."""
        build = self._kinds.get(row["kind"])
        if build is None:
            return None, UnknownTimer(row["kind"])
        try:
            return build(json.loads(row["payload"])), None
        except Exception as error:
            return None, error


class UnknownTimer(Exception):
    """A timer of a kind that this version does not know."""
