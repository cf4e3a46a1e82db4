"""The ground of every run: fresh servers, databases that keep their promises, and child processes that end with it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from saldo_local.children import LOG_LINES_QUOTED, end_with_parent
from saldo_local.databases import ServiceDatabase, provision
from saldo_local.stack import Stack

from benchmarks.void import Void, require

ROOT = Path(__file__).parent.parent
READY_SECONDS_MAX = 120.0
STOP_SECONDS_MAX = 40.0
READY_LINE = "ready"  # what a child of ours prints when it works

REQUIRED_SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
SERVERS = {"postgres": "PostgreSQL", "kafka": "broker", "mail": "mail sink", "processor": "processor simulator"}


@dataclass(slots=True)
class Child:
    """A process of the bench; its output goes to a log that is quoted when it fails."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    def last_words(self) -> str:
        """The end of its log, for people."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_QUOTED:]
        return "\n".join(f"    {line}" for line in lines) or "    (its log is empty)"

    async def said(self, line: str, *, seconds_max: float = READY_SECONDS_MAX) -> str:
        """Wait until its log has a line that begins so; the rest of it. Raises Void when it ends or takes too long."""
        deadline = time.monotonic() + seconds_max
        while True:
            for found in self.log.read_text(errors="replace").splitlines():
                if found.startswith(line):
                    return found.removeprefix(line).strip()
            code = self.popen.poll()
            if code is not None:
                raise Void(f"{self.name} ended with {code}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise Void(f"{self.name} did not say {line!r} within {seconds_max:.0f} s:\n{self.last_words()}")
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class Ground:
    """One run's servers and children."""

    stack: Stack
    children: list[Child] = field(default_factory=list)

    async def database(self, service: str) -> ServiceDatabase:
        """A database of its own, as a deployment has it."""
        return await provision(self.stack.postgres_dsn, service)

    def spawn(self, name: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Child:
        """`python -m module`; it ends with the ground or with this process."""
        log = self.stack.run_directory / "logs" / f"bench-{name}-{len(self.children)}.log"
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
                preexec_fn=functools.partial(end_with_parent, os.getpid(), signal.SIGTERM),
            )
        child = Child(name, popen, log)
        self.children.append(child)
        return child

    def server_pids(self) -> dict[str, int]:
        """The servers that this stack started itself; one given from outside is nobody's to measure."""
        notes = self.stack.run_directory / "pids"
        return {title: int((notes / name).read_text()) for name, title in SERVERS.items() if (notes / name).exists()}

    async def stop(self, children: Iterable[Child] | None = None) -> None:
        """Ask all at once, wait for each; what does not listen is killed."""
        chosen: Sequence[Child] = list(self.children if children is None else children)
        for child in chosen:
            if child.popen.poll() is None:
                child.popen.send_signal(signal.SIGTERM)
        await asyncio.gather(*(asyncio.to_thread(_ended, child) for child in chosen))


def _ended(child: Child) -> None:
    try:
        child.popen.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.popen.kill()
        child.popen.wait()


@contextlib.asynccontextmanager
async def fresh_ground() -> AsyncIterator[Ground]:
    """Servers of this run alone; refuses a PostgreSQL that would lose a commit."""
    async with Stack() as stack:
        ground = Ground(stack)
        try:
            await _require_durable(stack.postgres_dsn)
            yield ground
        finally:
            await ground.stop()


async def _require_durable(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for name, wanted in REQUIRED_SETTINGS.items():
            found = await connection.fetchval("select current_setting($1)", name)
            require(found == wanted, f"PostgreSQL runs with {name} = {found}: every figure needs {wanted}")
    finally:
        await connection.close()


async def require_logged(database: ServiceDatabase) -> None:
    """Raises Void where a table or index of the database is unlogged, or its role commits without waiting."""
    connection = await asyncpg.connect(database.dsn)
    try:
        unlogged = await connection.fetch(
            "select relname from pg_class where relpersistence = 'u' and relkind in ('r', 'i', 'p')"
        )
        require(not unlogged, f"unlogged tables in {database.database}: {[row['relname'] for row in unlogged]}")
        commit = await connection.fetchval("select current_setting('synchronous_commit')")
        require(commit == "on", f"{database.role} commits with synchronous_commit = {commit}")
    finally:
        await connection.close()
