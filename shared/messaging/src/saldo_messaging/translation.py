"""From a record of the broker to a task, without ever raising: what cannot be read is set aside with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from aiokafka import ConsumerRecord
from saldo_contracts.envelope import Envelope, UnreadableEnvelope, decode_headers
from saldo_contracts.event import Event, UnreadableBody
from saldo_contracts.topics import CONTACT_OWNERS, MESSAGE_BYTES_MAX, SERVICES, TOPICS, contacts_topic, public_topic
from saldo_work import Actor, ActorKind, Cause

from saldo_messaging.clocks import machine_now
from saldo_messaging.outgoing import CONTACT_KEY
from saldo_messaging.tasks import Door, Message, Retry, Task, message_cause_key

Translator: TypeAlias = Callable[[Any, Envelope], object | None]
"""(event, envelope) -> the command it means here, or None when it means nothing."""

TYPE_HEADER = "ce_type"
ACTORS_KEPT_MAX = 4_096  # the same few services and agents act all day
COMPACTED = frozenset(topic.name for topic in TOPICS if topic.cleanup_policy == "compact")
_NOBODY = Actor(kind=ActorKind.SYSTEM, subject="unknown", accounts=None)


def topics_heard(listens: Mapping[type[Event], Translator]) -> Sequence[str]:
    """The topics on which these events travel."""
    names: set[str] = set()
    for event in listens:
        if event.key_field == CONTACT_KEY:
            names.update(contacts_topic(owner).name for owner in CONTACT_OWNERS)
        else:
            owners = [event.owner] if event.owner else SERVICES
            names.update(public_topic(owner).name for owner in owners)
    return sorted(names)


class Translation:
    """One service's way of reading messages."""

    def __init__(self, group: str, listens: Mapping[type[Event], Translator]) -> None:
        self._group = group
        self._by_type = {event.type_: (event, translator) for event, translator in listens.items()}
        self._known_types = frozenset(type_.encode() for type_ in self._by_type)
        self._stepped_over = 0

    def take_stepped_over(self) -> int:
        """How many messages of unknown types came since this was last asked."""
        count, self._stepped_over = self._stepped_over, 0
        return count

    def task_of_record(self, record: ConsumerRecord[bytes | None, bytes | None]) -> Task | None:
        """The task of a record, or None where there is nothing to do here."""
        key = record.key
        return self.task_of(
            Message(
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                key=None if key is None else key.decode("utf-8", "replace").replace("\x00", ""),
                headers=tuple(record.headers),
                body=record.value,
            )
        )

    def task_of(self, message: Message, *, retry: Retry | None = None) -> Task | None:
        """As above; `retry` where a dead letter is tried again."""
        if message.body is None and (not message.headers or message.topic in COMPACTED):
            return None  # a tombstone: the fact before it said what to forget
        if self._is_unknown(message):
            self._stepped_over += 1
            return None
        try:
            envelope = decode_headers(message.headers)
        except UnreadableEnvelope as unreadable:
            return self._rejected(message, unreadable.reason, retry)
        known = self._by_type.get(envelope.type)
        if known is None:
            self._stepped_over += 1
            return None
        named = _named(message, envelope)
        if message.body is None or len(message.body) > MESSAGE_BYTES_MAX:
            return self._rejected(named, "no body" if message.body is None else "too large", retry)
        event_class, translator = known
        try:
            command = translator(event_class.from_bytes(message.body), envelope)
        except UnreadableBody as unreadable:
            return self._rejected(named, unreadable.reason, retry)
        except Exception as error:
            return self._task(None, named, envelope, retry, broken=error)
        return None if command is None else self._task(command, named, envelope, retry)

    def _is_unknown(self, message: Message) -> bool:
        """Tomorrow's type may come in tomorrow's envelope, so its type alone is asked first."""
        types = [value for name, value in message.headers if name == TYPE_HEADER]
        return len(types) == 1 and types[0] not in self._known_types and bool(types[0])

    def _task(
        self,
        command: object,
        message: Message,
        envelope: Envelope,
        retry: Retry | None,
        *,
        broken: Exception | None = None,
    ) -> Task:
        return Task(
            command=command,
            cause=Cause(
                cause_id=envelope.id,
                actor=_actor(envelope.actor, envelope.source),
                traceparent=envelope.traceparent,
                tracestate=envelope.tracestate,
            ),
            door=Door.MESSAGE,
            cause_key=message_cause_key(self._group, envelope.source, envelope.id),
            recorded_at=envelope.recorded_time,
            message=message,
            retry=retry,
            broken=broken,
        )

    @staticmethod
    def _rejected(message: Message, reason: str, retry: Retry | None) -> Task:
        return Task(
            command=None,
            cause=Cause(cause_id=f"{message.topic}/{message.partition}/{message.offset}", actor=_NOBODY),
            door=Door.MESSAGE,
            recorded_at=machine_now(),
            message=message,
            retry=retry,
            rejected=("unreadable", reason),
        )


def _named(message: Message, envelope: Envelope) -> Message:
    """The message with the id and type of its event; `dataclasses.replace` would cost six times as much."""
    return Message(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        headers=message.headers,
        body=message.body,
        event_id=envelope.id,
        type=envelope.type,
    )


@lru_cache(maxsize=ACTORS_KEPT_MAX)
def _actor(named: str | None, source: str) -> Actor:
    """Who acted first travels along, as a name for the audit; a message itself is the house's own word."""
    kind, _, subject = (named or "").partition(":")
    known = kind in ActorKind.__members__.values() and bool(subject)
    return Actor(
        kind=ActorKind(kind) if known else ActorKind.SYSTEM,
        subject=subject if known else source,
        accounts=None,
        relayed=True,
    )
