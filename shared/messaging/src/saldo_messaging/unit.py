"""One transaction: claim the causes, load set-wise, decide one by one, write set-wise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from saldo_telemetry import is_sampled, logger, span
from saldo_work import Answer, Handler, Needs, NotYetKnown, Refusal, Transient

from saldo_messaging import dead_letters, inbox
from saldo_messaging.clocks import machine_now
from saldo_messaging.database import CONFLICT_ERRORS, INFRASTRUCTURE_ERRORS, Connection
from saldo_messaging.dead_letters import DeadLetter, reason_of
from saldo_messaging.failpoints import hit
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

UNIT_ERRORS: tuple[type[Exception], ...] = (*INFRASTRUCTURE_ERRORS, *CONFLICT_ERRORS)

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class UnitRun:
    """What one unit works with; `culprits` are positions of tasks whose error already cost a transaction."""

    connection: Connection
    books: SqlUnitOfWork
    handlers: Mapping[type, Handler[object]]
    refusals: tuple[type[Exception], ...]
    service: str
    inbox_enabled: bool
    inbox_retention: timedelta | None
    culprits: Mapping[int, Exception]


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
        self._parked: set[tuple[str, str | None]] = set()
        self._held_back: set[tuple[str, str | None]] = set()  # lanes behind a deferred message
        self.events_out = 0

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
            if rejected and task.message:
                self._letters.append(DeadLetter(task.message, *rejected))
                self._outcomes[position] = SetAside()

    def _too_old(self, task: Task) -> tuple[str, str] | None:
        retention = self._run.inbox_retention
        if retention is None or task.message is None or task.recorded_at is None or task.dead_letter_id is not None:
            return None
        return ("too_old", "too old to know") if task.recorded_at < machine_now() - retention else None

    async def _set_parked_aside(self) -> None:
        waiting = {
            position: task.message
            for position, task in enumerate(self._tasks)
            if task.message and task.dead_letter_id is None and position not in self._outcomes
        }
        lanes = await dead_letters.parked(self._connection, (message.lane for message in waiting.values()))
        self._parked.update(lanes)
        for position, message in waiting.items():
            if message.lane in lanes:
                self._outcomes[position] = self._behind(message)

    def _behind(self, message: Message) -> Outcome:
        self._letters.append(DeadLetter(message, "behind", "an earlier event of this key failed"))
        return SetAside()

    async def _claim(self) -> None:
        firsts: dict[str, int] = {}
        timers: dict[str, int] = {}
        for position, task in enumerate(self._tasks):
            if position in self._outcomes:
                continue
            if task.timer:
                timers[task.timer.dedupe_key] = position
            elif task.cause_key and (self._run.inbox_enabled or task.door is not Door.MESSAGE):
                first = firsts.setdefault(task.cause_key, position)
                if first != position:
                    self._twins[position] = first
        tasks = {key: self._tasks[position] for key, position in firsts.items()}
        for key, outcome in (await inbox.claim(self._connection, tasks, machine_now())).items():
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
        if message and message.lane in self._parked and (task.dead_letter_id is None or message.key is not None):
            return SetAside() if task.dead_letter_id else self._behind(message)
        if message and message.lane in self._held_back:
            return Deferred(Transient("an earlier event of this key waits"))
        if task.timer and self._run.books.timer_changed(task.timer.dedupe_key):
            return Done(repeated=True)  # an earlier command of this unit cancelled it or set it anew
        if position in self._run.culprits:
            return self._failed(task, self._run.culprits[position])
        stage = self._run.books.stage(task.cause)
        try:
            with self._span(task):
                answer = await self._handle(task, stage)
        except (NotYetKnown, Transient) as error:
            return self._deferred(task, error)
        except self._declining as error:
            if task.door in (Door.TIMER, Door.MESSAGE):
                log.warning(
                    "declined", door=task.door.value, command=type(task.command).__name__, error=reason_of(error)
                )
            return declined(error)
        except UNIT_ERRORS:
            raise
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
        answer = await handler.handle(task.command, stage)
        return answer

    def _span(self, task: Task) -> AbstractContextManager[object]:
        cause = task.cause
        if not is_sampled(cause.traceparent):
            return nullcontext()
        name = type(task.command).__name__
        attributes: dict[str, str | int] = {"saldo.command": name, "saldo.door": task.door.value}
        if task.message:
            attributes |= {
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
        if task.message:
            self._held_back.add(task.message.lane)
        return Deferred(error)

    def _failed(self, task: Task, error: Exception) -> Outcome:
        if task.message:
            if task.message.key is not None:
                self._parked.add(task.message.lane)
            if task.dead_letter_id is None:
                self._letters.append(DeadLetter(task.message, "failed", reason_of(error)))
        return Failed(error)

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
            self.events_out = await run.books.flush() + len(self._letters)
            await self._settle_inbox()
            await dead_letters.keep(self._connection, run.service, self._letters, run.books.now)
            await self._settle_retries()

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
            if task.cause_key is None or position in self._twins:
                continue
            outcome = self._outcomes[position]
            if isinstance(outcome, Deferred | Failed) or (isinstance(outcome, SetAside) and not task.rejected):
                released.append(task.cause_key)
            elif not getattr(outcome, "repeated", False) and (answer := inbox.stored_answer(task, outcome)):
                kept.append((task.cause_key, answer))
        await inbox.keep_answers(self._connection, kept)
        await inbox.release(self._connection, released)

    async def _settle_retries(self) -> None:
        retried = [
            (task.dead_letter_id, self._outcomes[position])
            for position, task in enumerate(self._tasks)
            if task.dead_letter_id is not None
        ]
        await dead_letters.close(
            self._connection, [i for i, outcome in retried if isinstance(outcome, Done | Declined)]
        )
        await dead_letters.failed_again(
            self._connection, [(i, reason_of(outcome.error)) for i, outcome in retried if isinstance(outcome, Failed)]
        )
