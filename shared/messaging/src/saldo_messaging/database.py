"""One service's own PostgreSQL database: a pool for units of work and an engine for read queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from saldo_telemetry import Gauge, Reading, gauge
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

POOL_SIZE = 10  # connections a process may hold for units of work; the runner itself uses one at a time
READ_POOL_SIZE = 10
CONNECT_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 60.0  # above the longest batch seen (0.5 s) by far; a hung server must not hang us
# A unit's statements look rows up by key, whatever the size of the table, so each is planned once a connection: to
# plan them anew took a third of the server's time. Without sequential scans that plan cannot be one for an empty table.
UNIT_SETTINGS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}
# A process that froze in the middle of a unit keeps its locks for so long; a unit pauses for milliseconds between two
# statements, and whoever waits for the locks does so below COMMAND_TIMEOUT_SECONDS.
FROZEN_UNIT_SECONDS_MAX = 20
# A relay that froze leads for so long. Above the longest healthy wait for the broker (SEND_TIMEOUT_SECONDS of the
# relay); one that waits longer loses its lead, and what it sent is sent again under the same ids.
FROZEN_LEADER_SECONDS_MAX = 45

CONNECTIONS: Final = gauge("db.client.connection.count", "{connection}", "Connections of the pool by state")
CONNECTIONS_MAX: Final = gauge("db.client.connection.max", "{connection}", "Connections the pool may hold")
CONNECTION_STATE: Final = "db.client.connection.state"


class DatabaseAway(Exception):
    """The connection broke or the server did not answer in time, where a plain OSError might be somebody else's."""


class LostRace(Exception):
    """What was read a moment ago is gone; the unit runs again and reads anew."""


DATABASE_ERRORS: tuple[type[Exception], ...] = (
    DatabaseAway,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,  # we were frozen; everything of the unit is undone
    asyncpg.InternalClientError,  # the server ended a connection between two statements, and the driver is confused
)
INFRASTRUCTURE_ERRORS: tuple[type[Exception], ...] = (*DATABASE_ERRORS, OSError, TimeoutError)
CONFLICT_ERRORS: tuple[type[Exception], ...] = (
    LostRace,
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.SerializationError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.InvalidCachedStatementError,  # a migration ran beside us
    asyncpg.exceptions.OutdatedSchemaCacheError,
)


def sqlalchemy_url(dsn: str) -> str:
    """The same address for SQLAlchemy: `postgresql://` becomes `postgresql+asyncpg://`."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(scheme="postgresql+asyncpg"))


async def _leave_as_it_is(_: object) -> None:
    """What a connection is given back with. Nothing here changes a session (no SET, LISTEN or session lock), and the
    reset that asyncpg sends otherwise is one more round trip a unit and the most expensive statement of a small one."""


class Database:
    """Opened by a service's runtime, closed with it."""

    def __init__(self, dsn: str, *, application: str) -> None:
        self._dsn = dsn
        self._application = application
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(dsn),
            pool_size=READ_POOL_SIZE,
            pool_pre_ping=True,
            connect_args={"server_settings": {"application_name": f"{application}-read"}},
        )

    @property
    def pool(self) -> asyncpg.Pool[asyncpg.Record]:
        """The asyncpg pool; raises RuntimeError before `open`."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    async def open(self) -> None:
        """Connect; raises an infrastructure error when the server cannot be reached."""
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=1,
            max_size=POOL_SIZE,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=COMMAND_TIMEOUT_SECONDS,
            reset=_leave_as_it_is,
            server_settings={
                "application_name": self._application,
                "idle_in_transaction_session_timeout": f"{FROZEN_UNIT_SECONDS_MAX}s",
                **UNIT_SETTINGS,
            },
        )

    def pool_gauges(self) -> Mapping[Gauge, Callable[[], Sequence[Reading]]]:
        """How full the pool is, read from memory."""

        def count() -> Sequence[Reading]:
            pool = self._pool
            if pool is None:
                return []
            idle = pool.get_idle_size()
            used = pool.get_size() - idle
            return [(idle, {CONNECTION_STATE: "idle"}), (used, {CONNECTION_STATE: "used"})]

        return {CONNECTIONS: count, CONNECTIONS_MAX: lambda: [(POOL_SIZE, {})]}

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection outside the pool, for what must own one (the relay's leadership)."""
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=COMMAND_TIMEOUT_SECONDS,
            server_settings={
                "application_name": f"{self._application}-relay",
                "idle_session_timeout": f"{FROZEN_LEADER_SECONDS_MAX}s",
            },
        )
        return connection

    async def close(self) -> None:
        """Give all connections back."""
        if self._pool is not None:
            await self._pool.close()
        await self.engine.dispose()
