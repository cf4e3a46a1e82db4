"""Calls to the outside: claim in one transaction, call outside any, settle in another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from saldo_telemetry import current_trace, is_sampled, logger, span
from saldo_telemetry.attributes import LOOP
from saldo_work import Answer, Cause, Transient, system_actor

from saldo_messaging import measuring
from saldo_messaging.database import INFRASTRUCTURE_ERRORS
from saldo_messaging.failpoints import hit
from saldo_messaging.runner import Runner
from saldo_messaging.span_facts import ids_answered, ids_of, waited_since
from saldo_messaging.tasks import Declined, Deferred, Done, Door, Failed, Outcome, Task

BACK_OFF_SECONDS = 1.0
IDLE_POLL_SECONDS = 0.1  # a quick loop looks less often while it finds nothing; a row of another process waits so long
SETTLE_TRIES_MAX = 5  # then the lease runs out and the reconciling loop takes over

WAITED_OUT: tuple[type[Exception], ...] = (Transient, *INFRASTRUCTURE_ERRORS)

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One waiting row: the command that claims it, what caused it, and the trace it stored."""

    command: object
    cause_id: str
    traceparent: str | None = None
    tracestate: str | None = None
    stored_at: datetime | None = None


Candidates: TypeAlias = Callable[[int], Awaitable[Sequence[Step]]]
Call: TypeAlias = Callable[[Answer], Awaitable[object | None]]


@dataclass(frozen=True, slots=True)
class ClaimLoop:
    """What a loop does; see the README. `call` gets the claim's answer, must time out by itself and never raise for
    what the outside may do; it returns the command that settles, or None when there is nothing to settle.

    `watches` are the classes of entities whose change may be a new candidate: a commit of this process that wrote one
    of them is followed by a look at once, others are not; None means any. Besides, it looks every `poll_seconds`, and
    less often (to IDLE_POLL_SECONDS) while it finds nothing."""

    name: str
    candidates: Candidates
    call: Call
    concurrency: int = 32
    batch: int = 64
    poll_seconds: float = 0.02
    watches: frozenset[type] | None = None


class LoopRun:
    """One running loop of a worker process."""

    def __init__(self, service: str, loop: ClaimLoop, runner: Runner) -> None:
        self._service = service
        self._loop = loop
        self._runner = runner
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(loop.concurrency)
        self._calls: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._rest_seconds = 0.0
        self.name = loop.name

    @property
    def under_way(self) -> int:
        """Calls between claim and settle."""
        return len(self._calls)

    async def waiting(self) -> int:
        """Rows that could be claimed now (at most one is counted)."""
        return len(await self._loop.candidates(1))

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run_for_ever(), name=f"loop {self.name}")

    async def stop(self) -> None:
        """Claim nothing more and let the calls under way end."""
        if self._task is not None:
            self._stopping = True
            self._wake.set()
            await asyncio.gather(self._task, return_exceptions=True)  # a claim that is committed gets its call
            self._task = None
        while self._calls:
            await asyncio.gather(*self._calls, return_exceptions=True)

    def wake(self, kinds_written: frozenset[type]) -> None:
        """Something of these classes was committed."""
        watches = self._loop.watches
        if watches is None or not watches.isdisjoint(kinds_written):
            self._wake.set()

    async def _run_for_ever(self) -> None:
        idle = 0
        while not self._stopping:
            self._wake.clear()
            try:
                claimed = await self.run_once()
                idle = 0 if claimed else idle + 1
                slowest = max(self._loop.poll_seconds, IDLE_POLL_SECONDS)
                pause = min(self._loop.poll_seconds * max(idle, 1), slowest)
            except WAITED_OUT as error:
                log.warning("loop waits for the database", loop=self.name, error=type(error).__name__)
                claimed, pause = 0, BACK_OFF_SECONDS
            except Exception as error:
                log.error("loop failed; it goes on", loop=self.name, error=type(error).__name__, exc_info=error)
                claimed, pause = 0, BACK_OFF_SECONDS
            if not claimed:
                await self._rest(max(pause, self._rest_seconds))

    async def _rest(self, seconds: float) -> None:
        """Wait for a wake-up; where claims were refused, not for the one that their own commit gave."""
        if self._rest_seconds and not self._stopping:
            self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def run_once(self) -> int:
        """Claim what waits, as far as slots are free; returns how many were claimed."""
        if self._slots.locked():
            async with self._slots:
                pass
        self._rest_seconds = 0.0
        steps = await self._loop.candidates(max(1, min(self._loop.batch, self._loop.concurrency - len(self._calls))))
        if not steps:
            return 0
        self._rest_seconds = self._loop.poll_seconds
        hit("loop.before-claim", self._loop.name)
        outcomes = await self._runner.submit([self._task_of(step) for step in steps])
        measuring.rows_claimed(self.name, outcomes)
        claimed = 0
        for step, outcome in zip(steps, outcomes, strict=True):
            if isinstance(outcome, Done):
                claimed += 1
                await self._slots.acquire()
                call = asyncio.create_task(self._call(step, outcome.answer))
                self._calls.add(call)
                call.add_done_callback(self._call_ended)
            else:
                self._not_claimed(outcome)
        return claimed

    def _not_claimed(self, outcome: Outcome) -> None:
        match outcome:
            case Failed(error=error):
                log.error("claim failed", loop=self.name, error=type(error).__name__)
                self._rest_seconds = BACK_OFF_SECONDS
            case Deferred(error=error):
                log.warning("claim deferred", loop=self.name, error=type(error).__name__)
                self._rest_seconds = BACK_OFF_SECONDS
            case Declined():
                pass  # somebody else was first, or it is no longer wanted
            case _:
                log.error("claim answered what a loop never gets", loop=self.name, outcome=type(outcome).__name__)

    def _call_ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._slots.release()
        if not call.cancelled() and (error := call.exception()) is not None:
            log.error("call failed; its lease will run out", loop=self.name, error=type(error).__name__, exc_info=error)

    def _task_of(self, step: Step) -> Task:
        return Task(
            command=step.command,
            cause=Cause(
                cause_id=step.cause_id,
                actor=system_actor(self._service),
                traceparent=step.traceparent,
                tracestate=step.tracestate,
            ),
            door=Door.LOOP,
        )

    async def _call(self, step: Step, answer: Answer) -> None:
        began, ended = time.perf_counter(), "raised"
        try:
            ended = await self._call_and_settle(step, answer)
        finally:
            measuring.call_ended(self.name, time.perf_counter() - began, ended)

    async def _call_and_settle(self, step: Step, answer: Answer) -> str:
        """Returns how it ended, as `measuring.call_ended` has it."""
        ended = "nothing_to_settle"
        with span(
            f"{self.name} call",
            kind="internal",
            traceparent=step.traceparent,
            tracestate=step.tracestate,
            stored_at=step.stored_at,
            attributes=self._facts(step, answer) if is_sampled(step.traceparent) else None,
        ):
            hit("loop.before-call", self._loop.name)
            settle = await self._loop.call(answer)
            hit("loop.before-settle", self._loop.name)
            if settle is not None:
                ended = "settled" if await self._settle(step, settle) else "never_settled"
        hit("loop.after-settle", self._loop.name)
        return ended

    def _facts(self, step: Step, answer: Answer) -> dict[str, str | float]:
        return {LOOP: self.name, **ids_of(step.command), **ids_answered(answer), **waited_since(step.stored_at)}

    async def _settle(self, step: Step, command: object) -> bool:
        """Whether the outcome of the call stands in the books."""
        traceparent, tracestate = current_trace()
        task = Task(
            command=command,
            cause=Cause(
                cause_id=step.cause_id,
                actor=system_actor(self._service),
                traceparent=traceparent or step.traceparent,
                tracestate=tracestate if traceparent else step.tracestate,
            ),
            door=Door.LOOP,
        )
        for tries in range(1, SETTLE_TRIES_MAX + 1):
            try:
                (outcome,) = await self._runner.submit([task])
            except Transient:
                outcome = Deferred(Transient("database away"))
            if isinstance(outcome, Done | Declined):
                return True
            log.warning("not settled", loop=self.name, outcome=type(outcome).__name__, tries=tries)
            if tries < SETTLE_TRIES_MAX:
                await asyncio.sleep(BACK_OFF_SECONDS * tries)
        log.error("never settled; its lease will run out", loop=self.name, command=type(command).__name__)
        return False
