"""The tables of messaging, which stand in every service's own database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

_machine_now = text("clock_timestamp()")

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid(as_uuid=False), nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("headers", Text, nullable=False, comment="JSON object of strings: the final Kafka headers"),
    Column("payload", LargeBinary, nullable=True, comment="the final bytes; null is a tombstone"),
    Column("occurred_at", DateTime(timezone=True), nullable=False, comment="business time"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=_machine_now),
    comment="Events committed with their cause and not yet acknowledged by the broker",
)

outbox_parked = Table(
    "outbox_parked",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("event_id", Uuid(as_uuid=False), nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("payload", LargeBinary, nullable=True),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("discarded_at", DateTime(timezone=True), nullable=True),
    Column("discarded_by", Text, nullable=True),
    Column("discarded_reason", Text, nullable=True),
    comment="Rows that can never be sent, and those of their key behind them",
)
Index("outbox_parked_keys", outbox_parked.c.topic, outbox_parked.c.key, postgresql_where=text("discarded_at is null"))

inbox = Table(
    "inbox",
    metadata,
    Column("cause_key", Uuid(as_uuid=False), primary_key=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False, comment="machine time of the cause"),
    Column("command_hash", LargeBinary, nullable=True),
    Column("answer", Text, nullable=True, comment="JSON: what a repeat is told"),
    comment="Causes whose effects stand in this database",
)
Index("inbox_recorded_at", inbox.c.recorded_at)
Index("inbox_requests", inbox.c.recorded_at, postgresql_where=text("command_hash is not null"))

timers = Table(
    "timers",
    metadata,
    Column("dedupe_key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, comment="business time"),
    Column("payload", JSONB, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("traceparent", Text, nullable=True),
    Column("tracestate", Text, nullable=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=_machine_now),
    Column("not_before", DateTime(timezone=True), nullable=True, comment="machine time of the next try"),
    Column("parked", Boolean, nullable=False, server_default=text("false")),
    Column("reason", Text, nullable=True, comment="why it is parked"),
    comment="Commands that business time wakes",
)
Index("timers_due", timers.c.due_at, postgresql_where=text("not parked"))
Index("timers_deferred", timers.c.not_before, postgresql_where=text("not_before is not null"))

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", Text, nullable=True),
    Column("event_id", Text, nullable=True),
    Column("type", Text, nullable=True),
    Column("headers", JSONB, nullable=False, comment="list of [name, base64 or null]"),
    Column("body", LargeBinary, nullable=True),
    Column("kind", Text, nullable=False, comment="'waiting' ones are tried again by themselves, the others are alarms"),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("1")),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=_machine_now),
    Column("closed_at", DateTime(timezone=True), nullable=True),
    Column("closed_by", Text, nullable=True),
    Column("closed_reason", Text, nullable=True),
    UniqueConstraint("topic", "partition", "offset", name="dead_letters_position"),
    CheckConstraint("kind in ('unreadable', 'failed', 'behind', 'too_old', 'waiting')", name="dead_letters_kind"),
    CheckConstraint("status in ('open', 'retried', 'skipped')", name="dead_letters_status"),
    CheckConstraint(
        "status <> 'skipped' or (closed_by is not null and closed_reason is not null)", name="dead_letters_skip"
    ),
    comment="Messages that could not be handled; an open 'failed' or 'waiting' row parks its key",
)
Index(
    "dead_letters_parked",
    dead_letters.c.topic,
    dead_letters.c.key,
    postgresql_where=text("status = 'open' and kind in ('failed', 'behind', 'waiting')"),
)
Index(
    "dead_letters_waiting",
    dead_letters.c.recorded_at,
    postgresql_where=text("status = 'open' and kind = 'waiting'"),
)

business_clock = Table(
    "business_clock",
    metadata,
    Column("id", Boolean, primary_key=True, server_default=text("true")),
    Column("now", DateTime(timezone=True), nullable=False),
    CheckConstraint("id", name="business_clock_one_row"),
    comment="Business time of a sandbox deployment; empty elsewhere",
)
