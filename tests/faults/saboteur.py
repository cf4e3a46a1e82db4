"""Runs a service with one of its promises broken, so that a test sees what the promise is good for.

`python saboteur.py KIND saldo_payments worker`. Only the process that runs this file is spoilt; no setting of the
product can do the same.
"""

from __future__ import annotations

import functools
import json
import os
import runpy
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from saldo_messaging import inbox, unit_of_work
from saldo_messaging.database import Connection
from saldo_messaging.listener import Delivery, Listener
from saldo_messaging.outgoing import OutboxRow
from saldo_messaging.runner import Runner
from saldo_messaging.tasks import Door, Outcome, Task
from saldo_messaging.unit import Unit
from saldo_work import NotYetKnown

TRIES_TOO_EARLY = 6  # of one message: well over a second, far below the time after which waiting is given up


def forget_the_inbox(_: str) -> None:
    """Causes are written down and never recognised: a message that comes twice has two effects."""
    claim = inbox.claim

    async def forgetful(connection: Connection, tasks: Mapping[str, Task], now: datetime) -> dict[str, Outcome]:
        repeats = await claim(connection, tasks, now)
        return {key: outcome for key, outcome in repeats.items() if tasks[key].door is not Door.MESSAGE}

    inbox.claim = forgetful


def acknowledge_first(_: str) -> None:
    """The offset is committed before the effects: a death in between loses the batch."""
    on_batch = Listener._on_batch

    @functools.wraps(on_batch)
    async def hasty(self: Listener, delivery: Delivery) -> None:
        await delivery.handle.ack()
        await on_batch(self, delivery)

    Listener._on_batch = hasty  # type: ignore[method-assign]  # that is the sabotage


def publish_beside(words: str) -> None:
    """Events are sent after the commit instead of being rows of it; dies once between the two, with such an event.

    `words`: the event's type and the file that the death leaves behind.
    """
    type_, _, file = words.partition(":")
    proof, pending = Path(file), list[OutboxRow]()
    run_unit: Callable[..., Any] = Runner._run_unit
    producers: list[AIOKafkaProducer] = []

    def die_once() -> None:
        if not proof.exists():
            proof.write_text(type_)
            os.kill(os.getpid(), signal.SIGKILL)

    async def keep(connection: Connection, rows: Sequence[OutboxRow]) -> None:
        pending.extend(rows)

    async def run_and_send(self: Runner, tasks: Sequence[Task], culprits: Mapping[int, Exception]) -> Sequence[Outcome]:
        pending.clear()
        outcomes: Sequence[Outcome] = await run_unit(self, tasks, culprits)
        if any(row.type == type_ for row in pending):
            die_once()
        if not producers:
            prefix = self._domain.service.upper()
            producers.append(AIOKafkaProducer(bootstrap_servers=os.environ[f"{prefix}_KAFKA_BOOTSTRAP"], acks="all"))
            await producers[0].start()
        for row in pending:
            headers = [(name, value.encode()) for name, value in json.loads(row.headers).items()]
            await producers[0].send_and_wait(row.topic, row.payload, key=row.key.encode(), headers=headers)
        return outcomes

    vars(unit_of_work)["insert_outbox"] = keep
    Runner._run_unit = run_and_send  # type: ignore[method-assign]  # that is the sabotage


def fail_at(command: str) -> None:
    """The handler of this command fails at every message, as a mistake in it would."""

    def broken(_: Task) -> None:
        raise RuntimeError("sabotage")

    _before_handling(command, broken)


def come_too_early(command: str) -> None:
    """Messages that mean this command seem to come before the copy they need, some times each."""
    tries: Counter[str] = Counter()

    def early(task: Task) -> None:
        tries[task.cause.cause_id] += 1
        if tries[task.cause.cause_id] <= TRIES_TOO_EARLY:
            raise NotYetKnown("copy", task.cause.cause_id)

    _before_handling(command, early)


def _before_handling(command: str, what: Callable[[Task], None]) -> None:
    handle: Callable[..., Any] = Unit._handle

    async def spoilt(self: Unit, task: Task, stage: unit_of_work.Stage) -> Any:
        if task.message is not None and type(task.command).__name__ == command:
            what(task)
        return await handle(self, task, stage)

    Unit._handle = spoilt  # type: ignore[method-assign]  # that is the sabotage


KINDS: Final[Mapping[str, Callable[[str], None]]] = {
    "forget-the-inbox": forget_the_inbox,
    "acknowledge-first": acknowledge_first,
    "publish-beside": publish_beside,
    "fail-at": fail_at,
    "come-too-early": come_too_early,
}


def main() -> None:
    kind, _, words = sys.argv[1].partition(":")
    module = sys.argv[2]
    del sys.path[0]  # this folder: a service must not find our modules
    sys.argv = [module, *sys.argv[3:]]
    KINDS[kind](words)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
