"""What stands still or waits in a service, read every few seconds; no collection of metrics asks the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from saldo_telemetry import Gauge, Reading, gauge, logger

from saldo_messaging.database import Database

READ_TIMEOUT_SECONDS: Final = 10.0  # a server that hangs must not silence the readings of the others
OBSERVE_SECONDS: Final = 5.0  # several times between two exports, which are a minute apart unless told otherwise

OUTBOX_AGE_SQL: Final = (
    "select coalesce("
    "(select extract(epoch from clock_timestamp() - recorded_at)::float8 from outbox order by id limit 1), 0)"
)
BACKLOG_SQL: Final = (
    f"select (select count(*) from outbox) as outbox, ({OUTBOX_AGE_SQL}) as outbox_age, "  # noqa: S608  # constants
    "(select count(*) from outbox_parked where discarded_at is null) as outbox_parked, "
    "(select count(*) from dead_letters where status = 'open' and kind <> 'waiting') as dead_letters, "
    "(select count(*) from dead_letters where status = 'open' and kind = 'waiting') as messages_waiting, "
    "(select count(*) from timers where parked) as timers_parked"
)
DUE_SQL: Final = (
    "select count(*) as timers_due, "
    "coalesce(extract(epoch from $1 - min(due_at))::float8, 0) as timers_due_age "
    "from timers where due_at <= $1 and not parked"
)

Readings: TypeAlias = Mapping[Gauge, int | float | Sequence[Reading]]
ReadBacklog: TypeAlias = Callable[[], Awaitable[Readings]]
"""Asked every OBSERVE_SECONDS; must be answered by an index, however much of the past there is."""

ROWS: Final = {
    "outbox": gauge("billing.messaging.outbox", "{row}", "Events that wait to be sent"),
    "outbox_age": gauge("billing.messaging.outbox_age", "s", "Age of the oldest event that waits to be sent"),
    "outbox_parked": gauge(
        "billing.messaging.outbox_parked", "{row}", "Events that cannot be sent, or wait behind one"
    ),
    "dead_letters": gauge("billing.messaging.dead_letters", "{message}", "Messages that failed, or wait behind one"),
    "messages_waiting": gauge("billing.messaging.messages_waiting", "{message}", "Messages that wait for a copy"),
    "timers_parked": gauge("billing.messaging.timers_parked", "{timer}", "Timers whose command failed"),
    "timers_due": gauge("billing.messaging.timers_due", "{timer}", "Timers whose time has come (business time)"),
    "timers_due_age": gauge("billing.messaging.timers_due_age", "s", "How long the first of them is due"),
}
LAG: Final = gauge("billing.messaging.lag", "{message}", "Messages heard and not handled yet")
LAG_AGE: Final = gauge("billing.messaging.lag_age", "s", "Age of the oldest message not handled, at least")
LEADING: Final = gauge("billing.relay.leading", "{relay}", "1 where this process carries the outbox")
UNDER_WAY: Final = gauge("billing.loop.under_way", "{call}", "Calls to the outside between claim and settle")

log = logger(__name__)


async def read_rows(database: Database, clock_now: Callable[[], Awaitable[object]]) -> Readings:
    """Outbox, dead letters and timers of one database."""
    backlog = await database.pool.fetchrow(BACKLOG_SQL)
    due = await database.pool.fetchrow(DUE_SQL, await clock_now())
    return {ROWS[name]: value for row in (backlog, due) for name, value in dict(row or {}).items()}


class Observation:
    """Runs beside a process; `live` are gauges that are read from memory at collection."""

    def __init__(self, reads: Sequence[ReadBacklog], live: Mapping[Gauge, Callable[[], Sequence[Reading]]]) -> None:
        self._reads = reads
        self._values: dict[int, Readings] = {}
        self._fed: dict[Gauge, Callable[[], Sequence[Reading]]] = {}
        self._live = live
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read, now and every OBSERVE_SECONDS."""
        for instrument, read in self._live.items():
            self._feed(instrument, read)
        self._task = asyncio.create_task(self._run_for_ever(), name="observe")

    async def stop(self) -> None:
        """Read no more, and take the gauges away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for instrument, read in self._fed.items():
            instrument.release(read)
        self._fed.clear()

    async def _run_for_ever(self) -> None:
        while True:
            for number, read in enumerate(self._reads):
                await self._observe(number, read)
            await asyncio.sleep(OBSERVE_SECONDS)

    async def _observe(self, number: int, read: ReadBacklog) -> None:
        """A reading that fails leaves a gap: yesterday's number would look like calm."""
        try:
            async with asyncio.timeout(READ_TIMEOUT_SECONDS):
                self._values[number] = await read()
        except Exception as error:
            self._values.pop(number, None)
            log.warning("backlog not read", error=type(error).__name__)
            return
        for instrument in self._values[number]:
            if instrument not in self._fed:
                self._feed(instrument, self._reader(number, instrument))

    def _reader(self, number: int, instrument: Gauge) -> Callable[[], Sequence[Reading]]:
        def read() -> Sequence[Reading]:
            value = self._values.get(number, {}).get(instrument, ())
            return [(value, {})] if isinstance(value, (int, float)) else value

        return read

    def _feed(self, instrument: Gauge, read: Callable[[], Sequence[Reading]]) -> None:
        instrument.feed(read)
        self._fed[instrument] = read
