"""The one runner behind all doors: commands that wait at the same moment share one transaction (group commit)."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
from saldo_telemetry import logger
from saldo_work import Answered, Cause, CauseReused, Clock, Handler, NotYetKnown, Refused, RequestKey, Transient

from saldo_messaging import measuring
from saldo_messaging.clocks import machine_now
from saldo_messaging.database import CONFLICT_ERRORS, INFRASTRUCTURE_ERRORS, Database
from saldo_messaging.failpoints import hit
from saldo_messaging.outgoing import Announce, Envelopes
from saldo_messaging.tasks import (
    Declined,
    Deferred,
    Done,
    Door,
    Failed,
    Outcome,
    Reused,
    SetAside,
    Task,
    hash_of,
    request_cause_key,
)
from saldo_messaging.unit import Unit, UnitRun
from saldo_messaging.unit_of_work import SqlUnitOfWork

UNIT_TASKS_MAX = 500  # commands in one transaction: keeps it near 100 ms and memory bounded
CONFLICT_TRIES_MAX = 8  # deadlocks and lost races are tried again at once
NOT_YET_KNOWN_WAIT_SECONDS = 2.0  # how long a request waits for a copy to arrive (facts.md)
NOT_YET_KNOWN_POLL_SECONDS = 0.05

UNIQUE_TRIES_MAX = 3  # who lost a race finds the winner's row at the second try; the third is for the unlucky

RETRIED_AT_ONCE: tuple[type[Exception], ...] = (*CONFLICT_ERRORS, asyncpg.UniqueViolationError)

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Domain:
    """What a service gives the runner: its books, its use cases, its words."""

    service: str
    books: type[SqlUnitOfWork]
    announce: Announce
    handlers: Mapping[type, Handler[Any]]
    refusals: tuple[type[Exception], ...]


@dataclass(slots=True)
class Counters:
    """What a quiescence check asks: equal numbers mean that nothing is under way."""

    begun: int = 0
    finished: int = 0


@dataclass(slots=True)
class _Parcel:
    tasks: Sequence[Task]
    done: asyncio.Future[Sequence[Outcome]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Runner:
    """One a process. `start` before use, `stop` afterwards."""

    def __init__(
        self,
        domain: Domain,
        *,
        database: Database,
        clock: Clock,
        on_events: Callable[[], None] = lambda: None,
        on_commit: Callable[[frozenset[type]], None] = lambda _: None,
        on_waiting: Callable[[], None] = lambda: None,
        inbox_retention: timedelta | None = None,
    ) -> None:
        self._domain = domain
        self._database = database
        self._clock = clock
        self._on_events = on_events
        self._on_commit = on_commit
        self._on_waiting = on_waiting
        self._inbox_retention = inbox_retention
        self._envelopes = Envelopes(domain.service)
        self._waiting: deque[_Parcel] = deque()
        self._under_way: list[_Parcel] = []
        self._stopping = False
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self.counters = Counters()

    # -- the doors -----------------------------------------------------------------------------------------------

    async def run(self, command: object, cause: Cause, *, request_key: RequestKey | None = None) -> Answered:
        """A request's command: see `saldo_work.Commands.run`."""
        task = Task(
            command=command,
            cause=cause,
            door=Door.REQUEST,
            cause_key=request_cause_key(request_key) if request_key else None,
            recorded_at=machine_now(),
            command_hash=hash_of(command) if request_key else None,
        )
        give_up_at = time.monotonic() + NOT_YET_KNOWN_WAIT_SECONDS
        while True:
            (outcome,) = await self.submit([task])
            waits = isinstance(outcome, Deferred) and isinstance(outcome.error, NotYetKnown)
            if not waits or time.monotonic() >= give_up_at:
                return _answered(outcome)
            await asyncio.sleep(NOT_YET_KNOWN_POLL_SECONDS)

    async def submit(self, tasks: Sequence[Task]) -> Sequence[Outcome]:
        """Run tasks, in their order, perhaps together with others; raises Transient when the database is away."""
        if self._stopping:
            raise Transient("this process is stopping")
        parcel = _Parcel(tasks)
        self.counters.begun += len(tasks)
        self._waiting.append(parcel)
        self._wake.set()
        try:
            return await parcel.done
        finally:
            self.counters.finished += len(tasks)

    # -- the loop ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to run what is submitted."""
        self._loop = asyncio.create_task(self._run_for_ever(), name="runner")

    async def stop(self) -> None:
        """Finish what waits, then end."""
        self._stopping = True
        if self._loop is None:
            return
        while parcels := [*self._under_way, *self._waiting]:
            await asyncio.wait([parcel.done for parcel in parcels])
            await asyncio.sleep(0)  # so that the loop itself takes note
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        self._loop = None

    async def _run_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._under_way = self._take()
                try:
                    await self._run_parcels(self._under_way)
                finally:
                    self._under_way = []

    def _take(self) -> list[_Parcel]:
        parcels = [self._waiting.popleft()]
        count = len(parcels[0].tasks)
        while self._waiting and count + len(self._waiting[0].tasks) <= UNIT_TASKS_MAX:
            parcels.append(self._waiting.popleft())
            count += len(parcels[-1].tasks)
        return parcels

    async def _run_parcels(self, parcels: list[_Parcel]) -> None:
        tasks = [task for parcel in parcels for task in parcel.tasks]
        try:
            outcomes = await self._run_tasks(tasks)
        except asyncio.CancelledError:
            for parcel in parcels:
                parcel.done.cancel()
            raise
        except Exception as error:
            for parcel in parcels:
                if not parcel.done.done():
                    parcel.done.set_exception(error)
            return
        position = 0
        for parcel in parcels:
            if not parcel.done.done():
                parcel.done.set_result(outcomes[position : position + len(parcel.tasks)])
            position += len(parcel.tasks)

    async def _run_tasks(
        self, tasks: Sequence[Task], culprits: dict[int, Exception] | None = None
    ) -> Sequence[Outcome]:
        """One unit where possible; a culprit is set aside; a unit that cannot be written is halved."""
        culprits = {} if culprits is None else culprits
        tries = 0
        while True:
            try:
                return await self._measured(tasks, culprits)
            except Unit.Culprit as culprit:
                culprits[culprit.position] = culprit.error
            except INFRASTRUCTURE_ERRORS as error:
                raise Transient(f"the database cannot be reached: {type(error).__name__}") from error
            except RETRIED_AT_ONCE as error:
                tries += 1
                if tries >= (
                    UNIQUE_TRIES_MAX if isinstance(error, asyncpg.UniqueViolationError) else CONFLICT_TRIES_MAX
                ):
                    return await self._halve(tasks, culprits, error)
                await asyncio.sleep(random.uniform(0, 0.005 * tries))  # noqa: S311  # jitter, not a secret
            except Exception as error:
                return await self._halve(tasks, culprits, error)

    async def _halve(
        self, tasks: Sequence[Task], culprits: dict[int, Exception], error: Exception
    ) -> Sequence[Outcome]:
        if len(tasks) == 1 and culprits:
            raise error  # even setting it aside fails: the database refuses our own bookkeeping
        if len(tasks) == 1:
            return await self._run_tasks(tasks, {0: error})
        middle = len(tasks) // 2
        log.warning("unit halved", tasks=len(tasks), error=type(error).__name__)
        left = await self._run_tasks(tasks[:middle])
        return [*left, *await self._run_tasks(tasks[middle:])]

    async def _measured(self, tasks: Sequence[Task], culprits: Mapping[int, Exception]) -> Sequence[Outcome]:
        began = time.perf_counter()
        try:
            outcomes = await self._run_unit(tasks, culprits)
        except Exception as error:
            measuring.unit_rolled_back(error.error if isinstance(error, Unit.Culprit) else error)
            raise
        measuring.unit_committed(tasks, outcomes, time.perf_counter() - began)
        return outcomes

    async def _run_unit(self, tasks: Sequence[Task], culprits: Mapping[int, Exception]) -> Sequence[Outcome]:
        now = await self._clock.now()
        async with self._database.pool.acquire() as connection, connection.transaction():
            unit = Unit(
                UnitRun(
                    connection=connection,
                    books=self._domain.books(
                        connection, now=now, envelopes=self._envelopes, announce=self._domain.announce
                    ),
                    handlers=self._domain.handlers,
                    refusals=self._domain.refusals,
                    service=self._domain.service,
                    inbox_retention=self._inbox_retention,
                    culprits=culprits,
                ),
                tasks,
            )
            outcomes = await unit.run()
            hit("runner.before-commit")
        hit("runner.after-commit")
        if unit.events_out:
            self._on_events()
        if unit.messages_waiting:
            self._on_waiting()
        self._on_commit(unit.kinds_written)
        return outcomes


def _answered(outcome: Outcome) -> Answered:
    match outcome:
        case Done(answer=answer, repeated=repeated):
            return Answered(answer, repeated)
        case Declined(code=code, message=message, facts=facts):
            raise Refused(code, message, facts)
        case Reused():
            raise CauseReused("this Idempotency-Key came before with another request")
        case Deferred(error=error) | Failed(error=error):
            raise error
        case SetAside():
            raise RuntimeError("a request is never set aside")
