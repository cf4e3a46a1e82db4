"""Messages that name a thing whose copy has not arrived: tried again for a while, in the order of their key."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

import asyncpg
from saldo_telemetry import logger
from saldo_work import Transient

from saldo_messaging import dead_letters
from saldo_messaging.clocks import machine_now
from saldo_messaging.database import INFRASTRUCTURE_ERRORS, Database
from saldo_messaging.dead_letters import READ_COLUMNS, Lane
from saldo_messaging.failpoints import hit
from saldo_messaging.runner import Runner
from saldo_messaging.tasks import Retry, Task
from saldo_messaging.translation import Translation

WAIT_MAX = timedelta(seconds=30)  # how long a message waits for a copy before it becomes a dead letter; time in which
# the streams were not read up to date does not count, since the copy may stand in what is not read yet
ROWS_MAX = 500  # of one pass, as many as a unit takes
PAUSE_SECONDS_MIN = 0.05  # between tries while something waits; it grows to the next one
PAUSE_SECONDS_MAX = 0.5
IDLE_SECONDS = 1.0  # between looks while nothing waits: only what another replica left can be found
BACK_OFF_SECONDS = 1.0

WAITING_SQL = (
    f"select {READ_COLUMNS}, recorded_at from dead_letters where status = 'open' and (id in "  # noqa: S608  # constants
    "(select id from dead_letters where status = 'open' and kind = 'waiting' order by recorded_at limit $1) "
    "or (topic, key) in (select topic, key from dead_letters where status = 'open' and kind = 'waiting' "
    "order by recorded_at limit $1) and kind in ('failed', 'behind', 'waiting')) "
    'order by topic, partition, "offset"'
)

WAITED_OUT: tuple[type[Exception], ...] = (Transient, *INFRASTRUCTURE_ERRORS)

log = logger(__name__)


class WaitingMessages:
    """One a worker process; two that meet do each other no harm, since the inbox knows what was done."""

    def __init__(
        self,
        service: str,
        database: Database,
        *,
        runner: Runner,
        translation: Translation,
        fresh_seconds: Callable[[], float],
    ) -> None:
        self._service = service
        self._database = database
        self._runner = runner
        self._translation = translation
        self._fresh_seconds = fresh_seconds
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run_for_ever(), name="waiting messages")

    async def stop(self) -> None:
        """Stop looking; what waits stays a row."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """A message was just set aside to wait."""
        self._wake.set()

    async def _run_for_ever(self) -> None:
        pause = PAUSE_SECONDS_MIN
        while True:
            self._wake.clear()
            try:
                waiting = await self.run_once()
            except WAITED_OUT as error:
                log.warning("waiting messages wait for the database", error=type(error).__name__)
                waiting, pause = 1, BACK_OFF_SECONDS
            except Exception as error:
                log.error("waiting messages not tried", error=type(error).__name__, exc_info=error)
                waiting, pause = 1, BACK_OFF_SECONDS
            if waiting:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, PAUSE_SECONDS_MAX)
                continue
            pause = PAUSE_SECONDS_MIN
            try:
                await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def run_once(self) -> int:
        """Try what waits once more, lane by lane in order; returns how many messages were waiting."""
        rows = await self._database.pool.fetch(WAITING_SQL, ROWS_MAX)
        lanes: dict[Lane, list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            lanes[(row["topic"], row["key"])].append(row)
        stopped = [lane for lane, members in lanes.items() if any(row["kind"] != "waiting" for row in members)]
        if stopped:
            async with self._database.pool.acquire() as connection, connection.transaction():
                await dead_letters.fall_behind(connection, self._service, stopped, machine_now())
        going = [row for lane, members in lanes.items() if lane not in stopped for row in members]
        tasks = [task for row in going if (task := self._task_of(row)) is not None]
        tried = {task.retry.letter_id for task in tasks if task.retry}
        forgotten = [row["id"] for row in going if row["id"] not in tried]
        if forgotten:  # a type that this version does not hear any more
            async with self._database.pool.acquire() as connection:
                await dead_letters.close(connection, forgotten)
        if tasks:
            hit("waiting.before-run")
            await self._runner.submit(tasks)
        return len(going)

    def _task_of(self, row: asyncpg.Record) -> Task | None:
        expired = row["recorded_at"] + WAIT_MAX <= machine_now() and self._fresh_seconds() >= WAIT_MAX.total_seconds()
        return self._translation.task_of(dead_letters.message_of(row), retry=Retry(row["id"], final=expired))
