"""A service as it runs: what it declares, and the processes `api`, `worker` and `serve` made of it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from saldo_contracts.event import Event
from saldo_telemetry import Gauge, Reading
from saldo_telemetry.attributes import LOOP, MESSAGING_DESTINATION_NAME
from saldo_work import Commands, Handler

from saldo_messaging.backlog import (
    BACKLOG_SQL,
    LAG,
    LAG_AGE,
    LEADING,
    OUTBOX_AGE_SQL,
    UNDER_WAY,
    Observation,
    ReadBacklog,
    Readings,
    read_rows,
)
from saldo_messaging.clocks import MovableClock, SystemClock
from saldo_messaging.database import Database
from saldo_messaging.inbox_retention import InboxRetention
from saldo_messaging.listener import Listener
from saldo_messaging.loops import ClaimLoop, LoopRun
from saldo_messaging.outgoing import Announce
from saldo_messaging.relay import Relay
from saldo_messaging.runner import Domain, Runner
from saldo_messaging.settings import MessagingSettings
from saldo_messaging.timer_claims import COUNT_DUE_SQL
from saldo_messaging.timer_loop import BuildCommand, TimerLoop
from saldo_messaging.topics import existing_topics, published_by
from saldo_messaging.translation import Translation, Translator
from saldo_messaging.unit_of_work import SqlUnitOfWork
from saldo_messaging.waiting_messages import WaitingMessages

OUTBOX_AGE_READY_SECONDS = 60.0  # an outbox older than this means that nobody relays: not ready
YOUNG_OBJECTS_MAX = 20_000  # some megabytes; Python's own 2,000 or fewer are passed many times a batch
NEXT_DUE_SQL = "select min(due_at) from timers where not parked"

App: TypeAlias = Callable[..., Awaitable[None]]
"""An ASGI application."""
ServeHttp: TypeAlias = Callable[[App, str, int], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a service's `bootstrap.build` returns: everything, wired by hand."""

    name: str
    version: str
    migrations: str
    messaging: MessagingSettings
    books: type[SqlUnitOfWork]
    announce: Announce
    refusals: tuple[type[Exception], ...]
    handlers: Mapping[type, Handler[Any]]  # no type can say that a key's class is its handler's command
    listens: Mapping[type[Event], Translator]
    timers: Mapping[str, BuildCommand]
    loops: Callable[[Runtime], Sequence[ClaimLoop]]
    api: Callable[[Runtime], App]
    worker_http: Callable[[Runtime], App]
    serve_http: ServeHttp
    backlog: Callable[[Runtime], Sequence[ReadBacklog]] = lambda _: ()


class Runtime:
    """One process of a service. As a context manager it opens the database and starts the runner; `api` and `worker`
    add what makes the process one or the other."""

    def __init__(self, service: Service) -> None:
        settings = service.messaging
        self.service = service
        self.name = service.name
        self.sandbox = settings.clock == "movable"
        self.database = Database(settings.dsn, application=f"saldo-{service.name}")
        self.clock: SystemClock | MovableClock = MovableClock(self.database) if self.sandbox else SystemClock()
        retention = settings.inbox_retention_days
        self.runner = Runner(
            Domain(service.name, service.books, service.announce, service.handlers, service.refusals),
            database=self.database,
            clock=self.clock,
            on_events=self._on_events,
            on_commit=self._on_commit,
            on_waiting=self._on_waiting,
            inbox_retention=None if retention is None else timedelta(days=retention),
        )
        self.translation = Translation(service.name, service.listens)
        self._relay: Relay | None = None
        self._listener: Listener | None = None
        self._timers: TimerLoop | None = None
        self._loops: list[LoopRun] = []
        self._retention = InboxRetention(
            self.database, messages_kept=None if retention is None else timedelta(days=retention)
        )
        self._waiting = WaitingMessages(
            service.name,
            self.database,
            runner=self.runner,
            translation=self.translation,
            fresh_seconds=self._fresh_seconds,
        )

    @property
    def commands(self) -> Commands:
        """The door for HTTP requests."""
        return self.runner

    async def __aenter__(self) -> Runtime:
        await self.database.open()
        self.runner.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.stop()
        await self.database.close()

    async def start_worker(self, *, api_apart: bool = True) -> None:
        """Relay, listener, timers and loops; `api_apart`: requests are taken by another process, which wakes nobody."""
        service, settings = self.service, self.service.messaging
        self._relay = Relay(service.name, self.database, settings, api_apart=api_apart)
        self._listener = Listener(
            service.name, settings, listens=service.listens, translation=self.translation, runner=self.runner
        )
        self._timers = TimerLoop(
            service.name,
            self.database,
            clock=self.clock,
            runner=self.runner,
            kinds=service.timers,
        )
        self._loops = [LoopRun(service.name, loop, self.runner) for loop in service.loops(self)]
        self._relay.start()
        self._listener.start()
        self._waiting.start()
        self._retention.start()
        self._timers.start()
        for loop in self._loops:
            loop.start()

    async def stop_worker(self) -> None:
        """In the order in which work flows: nothing new in, what is under way ends. Events not sent yet stay rows."""
        if self._listener:
            await self._listener.stop()
        await self._waiting.stop()
        await self._retention.stop()
        if self._timers:
            await self._timers.stop()
        await asyncio.gather(*(loop.stop() for loop in self._loops))
        if self._relay:
            await self._relay.stop()

    def _on_events(self) -> None:
        if self._relay:
            self._relay.wake()

    def _fresh_seconds(self) -> float:
        return self._listener.freshness.seconds() if self._listener else 0.0

    def _on_waiting(self) -> None:
        self._waiting.wake()

    def _on_commit(self, kinds_written: frozenset[type]) -> None:
        for loop in self._loops:
            loop.wake(kinds_written)

    # -- what operators and orchestrators ask --------------------------------------------------------------------

    def readiness(self) -> Mapping[str, Callable[[], Awaitable[bool]]]:
        """The checks of this process by name; false or an error means not ready."""
        checks: dict[str, Callable[[], Awaitable[bool]]] = {"database": self._database_answers}
        if self._relay:
            checks |= {
                "topics": self._topics_stand,
                "assignment": self._is_assigned,
                "outbox_age": self._outbox_is_young,
            }
        return checks

    async def _database_answers(self) -> bool:
        await self.database.pool.fetchval("select 1 from inbox limit 1")
        return True

    async def _topics_stand(self) -> bool:
        names = [topic.name for topic in published_by(self.name)]
        return len(await existing_topics(self.service.messaging.kafka_bootstrap, names)) == len(names)

    async def _is_assigned(self) -> bool:
        return self._listener is None or not self.service.listens or self._listener.assigned

    async def _outbox_is_young(self) -> bool:
        age: float = await self.database.pool.fetchval(OUTBOX_AGE_SQL)
        return age < OUTBOX_AGE_READY_SECONDS

    def observation(self) -> Observation:
        """The gauges of this process, to be started and stopped."""
        reads: list[ReadBacklog] = [lambda: read_rows(self.database, self.clock.now), *self.service.backlog(self)]
        if self._listener:
            reads.append(self._lag)
        return Observation(reads, {**self.database.pool_gauges(), **self._live()})

    async def _lag(self) -> Readings:
        lags = await self._listener.lag_by_topic() if self._listener else {}
        topics = {topic: {MESSAGING_DESTINATION_NAME: topic} for topic in lags}
        return {
            LAG: [(lag.messages, topics[topic]) for topic, lag in lags.items()],
            LAG_AGE: [(lag.age_seconds, topics[topic]) for topic, lag in lags.items()],
        }

    def _live(self) -> Mapping[Gauge, Callable[[], Sequence[Reading]]]:
        if (relay := self._relay) is None:
            return {}
        return {
            LEADING: lambda: [(int(relay.leading), {})],
            UNDER_WAY: lambda: [(loop.under_way, {LOOP: loop.name}) for loop in self._loops],
        }

    async def report(self) -> Mapping[str, bool | int | float | str | None]:
        """Whether anything is under way in this process; `quiet` twice in a row from all processes is quiescence."""
        # Counters first: what a unit left until now is seen below, and one that begins later changes the next answer.
        begun, finished = self.runner.counters.begun, self.runner.counters.finished
        row = await self.database.pool.fetchrow(BACKLOG_SQL)
        now = await self.clock.now()
        worker = self._relay is not None
        due = await self.database.pool.fetchval(COUNT_DUE_SQL, now) if worker else 0
        if due and self._timers:
            self._timers.wake()  # whoever moved the clock asks here whether all that follows is done
        lag = await self._listener.lag() if self._listener else 0
        claims = sum([await loop.waiting() + loop.under_way for loop in self._loops])
        outbox = row["outbox"] if row else 0
        messages_waiting = row["messages_waiting"] if row else 0
        next_due = await self.database.pool.fetchval(NEXT_DUE_SQL) if worker else None
        return {
            "service": self.name,
            "process": "worker" if worker else "api",
            "begun": begun,
            "finished": finished,
            "outbox": outbox,
            "lag": lag,
            "messages_waiting": messages_waiting,
            "timers_due": due,
            "claims": claims,
            "dead_letters": row["dead_letters"] if row else 0,
            "timers_parked": row["timers_parked"] if row else 0,
            "outbox_parked": row["outbox_parked"] if row else 0,
            "next_due_at": next_due.isoformat() if next_due else None,
            "now": now.isoformat(),
            "quiet": begun == finished and not (outbox or lag or due or claims or messages_waiting),
        }


async def run_process(service: Service, kind: str, stop: asyncio.Event) -> None:
    """Run `api`, `worker` or `serve` until `stop` is set, then drain."""
    settings = service.messaging
    async with Runtime(service) as runtime:
        _let_garbage_be()
        servers = []
        if kind in ("worker", "serve"):
            await runtime.start_worker(api_apart=kind == "worker")
        if kind in ("api", "serve"):
            servers.append(service.serve_http(service.api(runtime), settings.http_host, settings.api_port))
        if kind == "worker":
            servers.append(service.serve_http(service.worker_http(runtime), settings.http_host, settings.worker_port))
        running = [asyncio.create_task(server) for server in servers]
        observation = runtime.observation()
        observation.start()
        try:
            await _first(stop, running)
        finally:
            await observation.stop()
            for server in running:
                server.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await runtime.stop_worker()


def _let_garbage_be() -> None:
    """What stands once a process runs, stands for good: it is never looked through again, and the young are looked
    through less often. A batch makes tens of thousands of objects and hardly a cycle; this gives back a tenth of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, *gc.get_threshold()[1:])


async def _first(stop: asyncio.Event, running: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the order to stop; a server that ends by itself (its port is taken) is an error that is raised."""
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({stopped, *running}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for task in done - {stopped}:
        task.result()
