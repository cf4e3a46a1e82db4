"""One transaction: claim the causes, load set-wise, decide one by one, write set-wise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
from opentelemetry.trace import Span
from saldo_telemetry import is_sampled, logger, span
from saldo_telemetry.attributes import COMMAND, DOOR
from saldo_work import Answer, Handler, Needs, NotYetKnown, Refusal, Transient

from saldo_messaging import dead_letters, inbox
from saldo_messaging.clocks import machine_now
from saldo_messaging.database import CONFLICT_ERRORS, DATABASE_ERRORS, Connection
from saldo_messaging.dead_letters import BEHIND, DeadLetter, FailedAgain, Lane, reason_of
from saldo_messaging.failpoints import hit
from saldo_messaging.span_facts import ids_answered, ids_of, waited_since
from saldo_messaging.tasks import (
    Declined,
    Deferred,
    Done,
    Door,
    Failed,
    Message,
    Outcome,
    Reused,
    SetAside,
    Task,
    declined,
)
from saldo_messaging.timer_claims import claim_timers, defer_timers, park_timers
from saldo_messaging.unit_of_work import SqlUnitOfWork, Stage

LINKS_MAX = 32  # of a batch's span; a batch of 500 sampled messages would not be readable anyway

UNIT_ERRORS: tuple[type[Exception], ...] = (*DATABASE_ERRORS, *CONFLICT_ERRORS)

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class UnitRun:
    """What one unit works with; `culprits` are positions of tasks whose error already cost a transaction."""

    connection: Connection
    books: SqlUnitOfWork
    handlers: Mapping[type, Handler[Any]]
    refusals: tuple[type[Exception], ...]
    service: str
    inbox_retention: timedelta | None
    culprits: Mapping[int, Exception]


class StillRejected(Exception):
    """A retried message that still cannot be read; the text says why, without values."""


class Unit:
    """One run of some tasks in one transaction."""

    class Culprit(Exception):
        """A task whose handler broke the transaction: to be set aside, the rest run again."""

        def __init__(self, position: int, error: Exception) -> None:
            super().__init__(position)
            self.position = position
            self.error = error

    def __init__(self, run: UnitRun, tasks: Sequence[Task]) -> None:
        self._run = run
        self._connection = run.connection
        self._tasks = tasks
        self._declining: tuple[type[Exception], ...] = (Refusal, *run.refusals)
        self._outcomes: dict[int, Outcome] = {}
        self._twins: dict[int, int] = {}  # position of a repeat within the unit -> position of the first
        self._letters: list[DeadLetter] = []
        self._parked: dict[Lane, bool] = {}  # lanes that take no new message; true where one failed, else one waits
        self._stuck: set[Lane] = set()  # lanes whose retry got no further in this unit
        self._claimed: set[str] = set()  # causes that this very unit put into the inbox
        self.events_out = 0
        self.messages_waiting = 0

    @property
    def kinds_written(self) -> frozenset[type]:
        """The classes of entities that it changed."""
        return self._run.books.kinds_written

    async def run(self) -> Sequence[Outcome]:
        """Every task's outcome, in order; raises what the database raises, and Culprit."""
        await self._set_rejected_aside()
        await self._set_parked_aside()
        await self._claim()
        await self._load()
        for position, task in enumerate(self._tasks):
            if position not in self._outcomes and position not in self._twins:
                self._outcomes[position] = await self._decide(position, task)
        self._answer_twins()
        hit("runner.before-flush")
        await self._write()
        return [self._outcomes[position] for position in range(len(self._tasks))]

    # -- before the handlers -------------------------------------------------------------------------------------

    async def _set_rejected_aside(self) -> None:
        for position, task in enumerate(self._tasks):
            rejected = task.rejected or self._too_old(task)
            if rejected and task.message and task.retry:
                self._outcomes[position] = Failed(StillRejected(rejected[1]))
                self._hold(self._stuck, task.message)
            elif rejected and task.message:
                self._letters.append(DeadLetter(task.message, *rejected))
                self._outcomes[position] = SetAside()

    def _too_old(self, task: Task) -> tuple[str, str] | None:
        retention = self._run.inbox_retention
        if retention is None or task.message is None or task.recorded_at is None or task.retry:
            return None
        return ("too_old", "too old to know") if task.recorded_at < machine_now() - retention else None

    async def _set_parked_aside(self) -> None:
        waiting = {
            position: task.message
            for position, task in enumerate(self._tasks)
            if task.message and not task.retry and position not in self._outcomes
        }
        self._parked = await dead_letters.parked(self._connection, (message.lane for message in waiting.values()))
        for position, message in waiting.items():
            if message.lane in self._parked:
                self._outcomes[position] = self._behind(message)

    def _behind(self, message: Message) -> Outcome:
        failed = self._parked[message.lane]
        letter = DeadLetter(message, "behind", BEHIND) if failed else DeadLetter(message, "waiting", "in its turn")
        self._letters.append(letter)
        return SetAside()

    async def _claim(self) -> None:
        firsts: dict[str, int] = {}
        timers: dict[str, int] = {}
        for position, task in enumerate(self._tasks):
            if position in self._outcomes:
                continue
            if task.timer and task.timer.dedupe_key in timers:
                self._outcomes[position] = Done(repeated=True)
            elif task.timer:
                timers[task.timer.dedupe_key] = position
            elif task.cause_key:
                first = firsts.setdefault(task.cause_key, position)
                if first != position:
                    self._twins[position] = first
        tasks = {key: self._tasks[position] for key, position in firsts.items()}
        repeats = await inbox.claim(self._connection, tasks, machine_now())
        self._claimed = tasks.keys() - repeats.keys()
        for key, outcome in repeats.items():
            self._outcomes[firsts[key]] = outcome
        due = {key: timer for key, position in timers.items() if (timer := self._tasks[position].timer)}
        taken = await claim_timers(self._connection, due.values())
        for key, position in timers.items():
            if key not in taken:
                self._outcomes[position] = Done(repeated=True)  # set anew, cancelled, or another replica has it

    async def _load(self) -> None:
        needs = [
            self._needs(task)
            for position, task in enumerate(self._tasks)
            if position not in self._outcomes and position not in self._twins and position not in self._run.culprits
        ]
        await self._run.books.load(needs)

    def _needs(self, task: Task) -> Needs:
        """An error in `needs` counts when the command runs, where it has a culprit; here it only costs time."""
        try:
            return self._run.handlers[type(task.command)].needs(task.command)
        except Exception:
            return Needs()

    # -- the handlers --------------------------------------------------------------------------------------------

    async def _decide(self, position: int, task: Task) -> Outcome:
        message = task.message
        if message and task.retry and message.lane in self._stuck:
            return SetAside()
        if message and not task.retry and message.lane in self._parked:
            return self._behind(message)
        if task.timer and self._run.books.timer_changed(task.timer.dedupe_key):
            return Done(repeated=True)  # an earlier command of this unit cancelled it or set it anew
        if position in self._run.culprits:
            return self._failed(task, self._run.culprits[position])
        if task.broken:
            return self._failed(task, task.broken)
        stage = self._run.books.stage(task.cause)
        try:
            with self._span(task) as current:
                answer = await self._handle(task, stage)
                if current is not None:
                    current.set_attributes(ids_answered(answer))
        except (NotYetKnown, Transient) as error:
            return self._deferred(task, error)
        except self._declining as error:
            if task.door in (Door.TIMER, Door.MESSAGE):
                log.warning(
                    "declined", door=task.door.value, command=type(task.command).__name__, error=reason_of(error)
                )
            return declined(error)
        except UNIT_ERRORS:
            raise  # nobody's fault: the whole unit is tried again
        except asyncpg.PostgresError as error:
            raise self.Culprit(position, error) from error
        except Exception as error:
            log.error("handler failed", command=type(task.command).__name__, error=reason_of(error), exc_info=error)
            return self._failed(task, error)
        self._run.books.merge(stage)
        return Done(answer)

    async def _handle(self, task: Task, stage: Stage) -> Answer:
        handler = self._run.handlers.get(type(task.command))
        if handler is None:
            raise LookupError(f"no handler for {type(task.command).__name__}")
        return await handler.handle(task.command, stage)

    def _span(self, task: Task) -> AbstractContextManager[Span | None]:
        cause = task.cause
        if not is_sampled(cause.traceparent):
            return nullcontext()
        name = type(task.command).__name__
        attributes: dict[str, str | float] = {COMMAND: name, DOOR: task.door.value, **ids_of(task.command)}
        if task.message:
            attributes |= {
                **waited_since(task.recorded_at),
                "messaging.system": "kafka",
                "messaging.operation.type": "process",
                "messaging.destination.name": task.message.topic,
                "messaging.message.id": task.message.event_id or "",
                "saldo.event_type": task.message.type or "",
            }
        return span(
            f"process {task.message.topic}" if task.message else f"handle {name}",
            kind="consumer" if task.message else "internal",
            traceparent=cause.traceparent,
            tracestate=cause.tracestate,
            stored_at=task.recorded_at if task.door in (Door.MESSAGE, Door.TIMER) else None,
            attributes=attributes,
            expected=(NotYetKnown, Transient, *self._declining),
        )

    def _deferred(self, task: Task, error: Exception) -> Outcome:
        """A message is kept as a row: were its batch held up, the copy it waits for might stand behind it."""
        if task.message is None:
            return Deferred(error)
        if task.retry and task.retry.final:
            return self._failed(task, error)
        if task.retry:
            self._hold(self._stuck, task.message)
            return Deferred(error)
        if task.message.key is not None:
            self._parked[task.message.lane] = False
        self._letters.append(DeadLetter(task.message, "waiting", reason_of(error)))
        self.messages_waiting += 1
        return SetAside()

    def _failed(self, task: Task, error: Exception) -> Outcome:
        if task.message and task.retry:
            self._hold(self._stuck, task.message)
        elif task.message:
            if task.message.key is not None:
                self._parked[task.message.lane] = True
            self._letters.append(DeadLetter(task.message, "failed", reason_of(error)))
        return Failed(error)

    @staticmethod
    def _hold(lanes: set[Lane], message: Message) -> None:
        if message.key is not None:  # messages without a key have no order to keep
            lanes.add(message.lane)

    def _answer_twins(self) -> None:
        for position, first in self._twins.items():
            match self._outcomes[first]:
                case Done(answer=answer):
                    outcome: Outcome = Done(answer, repeated=True)
                case Declined(code=code, message=message, facts=facts):
                    outcome = Declined(code, message, facts, repeated=True)
                case other:
                    outcome = other
            if self._tasks[position].command_hash != self._tasks[first].command_hash:
                outcome = Reused()
            self._outcomes[position] = outcome

    # -- after the handlers --------------------------------------------------------------------------------------

    async def _write(self) -> None:
        run = self._run
        links = [str(task.cause.traceparent) for task in self._tasks if is_sampled(task.cause.traceparent)]
        with span("write unit", links=links[:LINKS_MAX]) if links else nullcontext():
            await self._settle_timers()
            self.events_out = await run.books.flush()
            await self._settle_inbox()
            self.events_out += await dead_letters.keep(self._connection, run.service, self._letters, run.books.now)
            self.events_out += await self._settle_retries()

    async def _settle_timers(self) -> None:
        timers = [
            (task.timer.dedupe_key, self._outcomes[position])
            for position, task in enumerate(self._tasks)
            if task.timer and position not in self._twins
        ]
        ran = [
            key
            for key, outcome in timers
            if isinstance(outcome, Done | Declined) and not getattr(outcome, "repeated", False)
        ]
        self._run.books.timers_ran(ran)
        await defer_timers(self._connection, [key for key, outcome in timers if isinstance(outcome, Deferred)])
        await park_timers(
            self._connection,
            [(key, reason_of(outcome.error)) for key, outcome in timers if isinstance(outcome, Failed)],
        )

    async def _settle_inbox(self) -> None:
        kept, released = [], []
        for position, task in enumerate(self._tasks):
            if task.cause_key not in self._claimed or position in self._twins:
                continue  # a row that an earlier unit wrote is never touched: its effects stand
            outcome = self._outcomes[position]
            if isinstance(outcome, Deferred | Failed | SetAside):
                released.append(task.cause_key)
            elif answer := inbox.stored_answer(task, outcome):
                kept.append((task.cause_key, answer))
        await inbox.keep_answers(self._connection, kept)
        await inbox.release(self._connection, released)

    async def _settle_retries(self) -> int:
        closed: list[int] = []
        failed: list[FailedAgain] = []
        for position, task in enumerate(self._tasks):
            if task.retry is None or task.message is None:
                continue
            match self._outcomes[position]:
                case Done() | Declined():
                    closed.append(task.retry.letter_id)
                case Failed(error=StillRejected() as error):
                    failed.append(FailedAgain(task.retry.letter_id, task.message, None, str(error)))
                case Failed(error=error):
                    failed.append(FailedAgain(task.retry.letter_id, task.message, "failed", reason_of(error)))
        await dead_letters.close(self._connection, closed)
        return await dead_letters.failed_again(self._connection, self._run.service, failed, self._run.books.now)
