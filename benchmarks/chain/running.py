"""One suite for all runs of a figure: started, filled with accounts, at rest before anything is timed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from benchmarks.chain.cloning import clone
from benchmarks.chain.effects import Databases, opened
from benchmarks.chain.suite import TALLY_FILE, ChainSuite
from benchmarks.ground import Child, Ground, fresh_ground, require_logged
from benchmarks.progress import Told
from benchmarks.void import require
from benchmarks.waiting import wait_until
from benchmarks.world import ACCOUNTS

OPENING_SECONDS_MAX = 120.0
POLL_SECONDS = 0.1


@dataclass(slots=True)
class Running:
    """A suite at rest, its databases, and the ids of its accounts; once it has ended, what its mailer took."""

    ground: Ground
    suite: ChainSuite
    databases: Databases
    account_ids: list[str]
    tally: dict[str, int] = field(default_factory=dict)

    def pids(self) -> dict[str, int]:
        """Ours by process, and the servers beside us."""
        return {**self.suite.pids(), **self.ground.server_pids()}


@contextlib.asynccontextmanager
async def running(told: Told, *, alone: bool) -> AsyncIterator[Running]:
    """The accounts are made once; the runs of a figure follow each other on them."""
    async with fresh_ground() as ground:
        async with ChainSuite(ground.stack, alone=alone) as suite:
            for database in suite.databases.values():
                await require_logged(database)
            async with opened({name: database.dsn for name, database in suite.databases.items()}) as databases:
                told(f"the suite runs; making {ACCOUNTS:,} accounts, each with a large open invoice")
                first = await open_account(ground, suite, databases, how="owing")
                ids = await clone(databases.connections, first, copies=ACCOUNTS)
                for connection in databases.connections.values():
                    await connection.execute("analyze")
                await databases.require_sound()
                found = Running(ground, suite, databases, ids)
                yield found
        if (tally := suite.folder / TALLY_FILE).exists():  # written when the mailer's process ends
            found.tally = json.loads(tally.read_text())


async def open_account(ground: Ground, suite: ChainSuite, databases: Databases, *, how: str) -> str:
    """The first account, once all services have their copies of it and its mails are sent."""
    file = suite.folder / "account"
    child = ground.spawn(
        "opening", "benchmarks.chain.opening", str(file), how, environment=suite.environment_of("invoicing")
    )
    await done(child)
    await wait_until(
        lambda: databases.settled({"subscriptions.standings": 1, "notifications.contacts": 1}),
        "the copies of the account",
        seconds_max=OPENING_SECONDS_MAX,
    )
    return file.read_text()


async def done(child: Child) -> None:
    """Wait until a child of the setting-up has ended well. Raises Void."""
    code = await asyncio.wait_for(asyncio.to_thread(child.popen.wait), OPENING_SECONDS_MAX)
    require(code == 0, f"{child.name} ended with {code}:\n{child.last_words()}")
