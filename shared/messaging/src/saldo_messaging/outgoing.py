"""What a unit of work will publish: outbox rows whose ids are derived from the fact, so a repeat has the same id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from saldo_contracts.envelope import Envelope, event_id, headers_as_json, source_of
from saldo_contracts.event import Event
from saldo_contracts.events.contacts import ContactErased
from saldo_contracts.topics import MESSAGE_BYTES_MAX, contacts_topic, public_topic
from saldo_work import Cause

from saldo_messaging.database import Connection

RECORD_BYTES = 500  # key, lengths and batch header around a record, rounded up: the broker counts them too
CONTACT_KEY = "contact_id"  # events keyed by a contact travel on the contacts topic of their teller

Announce = Callable[[object, object], Iterable[Event]]
"""(entity, domain event) -> the contract events that tell it."""

OUTBOX_SQL = (
    "insert into outbox (event_id, topic, key, type, headers, payload, occurred_at) "
    "select u.event_id::uuid, u.topic, u.key, u.type, u.headers, u.payload, u.occurred_at "
    "from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::timestamptz[]) "
    "with ordinality as u(event_id, topic, key, type, headers, payload, occurred_at, position) order by u.position"
)


class EventTooLarge(Exception):
    """An event above the size limit; the use case that made it fails, nothing is half done."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row, as it will be sent."""

    event_id: str
    topic: str
    key: str
    type: str
    headers: str
    payload: bytes | None
    occurred_at: datetime


class Envelopes:
    """Puts a service's events into their envelopes."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._source = source_of(service)

    def wrap(
        self,
        events: Iterable[Event],
        *,
        aggregate_id: str,
        version: int,
        cause: Cause,
        occurred_at: datetime,
        recorded_at: datetime,
        trace: tuple[str | None, str | None],
    ) -> Sequence[OutboxRow]:
        """The rows of the events of one version of one entity, in order.

        Ids derive from the entity whose version it is, also where an event's subject is another thing: two entities
        that tell of the same account at the same version tell two facts.
        """
        counts: Counter[str] = Counter()
        rows = []
        for event in events:
            n = counts[event.type_]
            counts[event.type_] += 1
            envelope = Envelope(
                id=event_id(self._source, aggregate_id, aggregate_version=version, type=event.type_, n=n),
                source=self._source,
                type=event.type_,
                subject=event.subject,
                time=occurred_at,
                partition_key=event.partition_key,
                sequence=version,
                seller_id=event.seller_id,
                causation_id=cause.cause_id,
                actor=str(cause.actor),
                recorded_time=recorded_at,
                traceparent=trace[0],
                tracestate=trace[1],
            )
            rows.append(self._row(event, envelope))
            if isinstance(event, ContactErased):
                rows.append(_tombstone_after(rows[-1]))
        return rows

    def _topic_of(self, event: Event) -> str:
        """People's data travel apart from the facts (contacts topics, compacted by contact)."""
        topic = contacts_topic if event.key_field == CONTACT_KEY else public_topic
        return topic(self._service).name

    def _row(self, event: Event, envelope: Envelope) -> OutboxRow:
        payload = event.to_bytes()
        headers = headers_as_json(envelope)
        size = len(payload) + len(headers) + RECORD_BYTES
        if size > MESSAGE_BYTES_MAX:
            raise EventTooLarge(f"{event.type_} has {size} bytes, the limit is {MESSAGE_BYTES_MAX}")
        return OutboxRow(
            event_id=envelope.id,
            topic=self._topic_of(event),
            key=event.partition_key,
            type=event.type_,
            headers=headers,
            payload=payload,
            occurred_at=envelope.time,
        )


def _tombstone_after(row: OutboxRow) -> OutboxRow:
    """The record without value after which a compacted topic forgets all that was told of the key."""
    return replace(
        row, event_id=str(uuid5(UUID(row.event_id), "tombstone")), type="tombstone", headers="{}", payload=None
    )


async def insert_outbox(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Insert the rows in their order, in one statement."""
    if rows:
        await connection.execute(
            OUTBOX_SQL,
            [row.event_id for row in rows],
            [row.topic for row in rows],
            [row.key for row in rows],
            [row.type for row in rows],
            [row.headers for row in rows],
            [row.payload for row in rows],
            [row.occurred_at for row in rows],
        )
