"""What the machinery counts of its own work; a batch shares the cost: one `add` a unit and kind, never one a message.

Ids never become attributes of a metric; every attribute has few values (docs/metrics.md lists them).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from saldo_telemetry import counter, histogram
from saldo_telemetry.attributes import (
    COMMAND,
    DOOR,
    ERROR_TYPE,
    LOOP,
    MESSAGING_CONSUMER_GROUP_NAME,
    MESSAGING_DESTINATION_NAME,
    MESSAGING_OPERATION_NAME,
    MESSAGING_SYSTEM,
    OUTCOME,
)

from saldo_messaging.tasks import Declined, Deferred, Done, Door, Failed, Outcome, Reused, SetAside, Task, code_of

ROWS_BOUNDARIES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)  # to the largest batch of the relay
KAFKA: Final = {MESSAGING_SYSTEM: "kafka"}

_commands = counter("billing.commands", "{command}", "Commands by what became of them")
_command_durations = histogram("billing.command.duration", "s", "From the start of a command's unit to its commit")
_unit_durations = histogram("billing.unit.duration", "s", "From the start of a transaction to its commit")
_unit_sizes = histogram("billing.unit.commands", "{command}", "Commands in one unit", boundaries=ROWS_BOUNDARIES)
_rolled_back = counter("billing.unit.rollbacks", "{unit}", "Units that were rolled back; their commands ran again")
_consumed = counter("messaging.client.consumed.messages", "{message}", "Messages that the broker delivered")
_process_durations = histogram("messaging.process.duration", "s", "How long a batch of messages took to its commit")
_batch_sizes = histogram("billing.listener.batch", "{message}", "Messages in one batch", boundaries=ROWS_BOUNDARIES)
_stepped_over = counter("billing.messages.stepped_over", "{message}", "Messages of a type that is not heard here")
_sent = counter("messaging.client.sent.messages", "{message}", "Messages that the broker acknowledged")
_relay_durations = histogram("billing.relay.batch.duration", "s", "From an outbox batch read to its rows deleted")
_relay_sizes = histogram("billing.relay.batch", "{row}", "Outbox rows in one batch", boundaries=ROWS_BOUNDARIES)
_claims = counter("billing.loop.claims", "{row}", "Rows that a loop tried to claim")
_calls = histogram("billing.loop.call.duration", "s", "From a claimed row to its call settled")

_Kind = tuple[type, Door, str, str | None]


def unit_committed(tasks: Sequence[Task], outcomes: Sequence[Outcome], seconds: float) -> None:
    """A unit is in the books."""
    _unit_durations.record(seconds)
    _unit_sizes.record(len(tasks))
    kinds: Counter[_Kind] = Counter(map(_kind, tasks, outcomes))
    for (command, door, outcome, error), count in kinds.items():
        about = {COMMAND: _name(command), DOOR: door.value, OUTCOME: outcome}
        _commands.add(count, {**about, ERROR_TYPE: error} if error else about)
    for command, door in {(command, door) for command, door, _, _ in kinds}:
        _command_durations.record(seconds, {COMMAND: _name(command), DOOR: door.value})


def unit_rolled_back(error: Exception) -> None:
    """A transaction ended without a trace; what was in it is tried again, or halved, or set aside."""
    _rolled_back.add(1, {ERROR_TYPE: code_of(error)})


def batch_delivered(records: Sequence[ConsumerRecord[Any, Any]], *, stepped_over: int) -> None:
    """A batch came from the broker and was translated."""
    _batch_sizes.record(len(records))
    for topic, count in Counter(record.topic for record in records).items():
        _consumed.add(count, {**KAFKA, MESSAGING_OPERATION_NAME: "poll", MESSAGING_DESTINATION_NAME: topic})
    if stepped_over:
        _stepped_over.add(stepped_over)


def batch_processed(group: str, seconds: float, error: Exception | None = None) -> None:
    """A batch's fate is recorded; with an error it is read again."""
    about = {**KAFKA, MESSAGING_OPERATION_NAME: "process", MESSAGING_CONSUMER_GROUP_NAME: group}
    _process_durations.record(seconds, about if error is None else {**about, ERROR_TYPE: code_of(error)})


def relay_batch(rows: int, sent: int, seconds: float, error: Exception | None = None) -> None:
    """A batch of the outbox was carried to the broker; with an error, a part of it."""
    about = {} if error is None else {ERROR_TYPE: code_of(error)}
    _relay_durations.record(seconds, about)
    _relay_sizes.record(rows)
    if sent:
        _sent.add(sent, {**KAFKA, MESSAGING_OPERATION_NAME: "send"})


def rows_claimed(loop: str, outcomes: Iterable[Outcome]) -> None:
    """A loop asked for rows; who was not first gets none."""
    for outcome, count in Counter(_outcome(one)[0] for one in outcomes).items():
        _claims.add(count, {LOOP: loop, OUTCOME: outcome})


def call_ended(loop: str, seconds: float, outcome: str) -> None:
    """A call to the outside is over: `settled`, `nothing_to_settle`, `never_settled` or `raised`."""
    _calls.record(seconds, {LOOP: loop, OUTCOME: outcome})


def _kind(task: Task, outcome: Outcome) -> _Kind:
    return type(task.command), task.door, *_outcome(outcome)


def _outcome(outcome: Outcome) -> tuple[str, str | None]:
    """What became of a command, and the kind of refusal or error where there is one."""
    match outcome:
        case Done(repeated=repeated):
            return "repeated" if repeated else "done", None
        case Declined(code=code, repeated=repeated):
            return "repeated" if repeated else "declined", code
        case Deferred(error=error):
            return "deferred", code_of(error)
        case Failed(error=error):
            return "failed", code_of(error)
        case Reused():
            return "reused", None
        case SetAside():
            return "set_aside", None


def _name(command: type) -> str:
    """A message that was rejected before it became a command has none."""
    return "none" if command is type(None) else command.__name__
