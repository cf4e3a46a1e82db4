"""The tables of this service; a name or an address stands in `contacts` alone."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Uuid(as_uuid=False), primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("billing_contact_id", Uuid(as_uuid=False), nullable=True),
    Column("profile_version", BigInteger, nullable=False),
    Column("recipients", JSONB, nullable=False, comment="who gets the invoices"),
    Column("recipients_version", BigInteger, nullable=False, comment="-1: no list was told yet"),
    Column("version", BigInteger, nullable=False),
    comment="Copies of invoicing's accounts, as far as letters need them",
)

contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Uuid(as_uuid=False), primary_key=True),
    Column("account_id", Uuid(as_uuid=False), nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("email", Text, nullable=True),
    Column("name", Text, nullable=True),
    Column("language", Text, nullable=True),
    Column("snapshot_version", BigInteger, nullable=False),
    Column("erased_at", DateTime(timezone=True), nullable=True),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("erased_at is null or (email is null and name is null)", name="contacts_erased_hold_nothing"),
    CheckConstraint("erased_at is not null or email is not null", name="contacts_known_have_an_address"),
    comment="Copies of people, from the contacts topics; the only personal data of this service",
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", Uuid(as_uuid=False), primary_key=True, comment="derived from event, contact and template"),
    Column("account_id", Uuid(as_uuid=False), nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("event_id", Uuid(as_uuid=False), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("contact_id", Uuid(as_uuid=False), nullable=True, comment="null: the account has told of nobody yet"),
    Column("template", Text, nullable=False),
    Column("facts", Text, nullable=False, comment="the body of the event, as it was told"),
    Column("account_number", Text, nullable=False),
    Column("account_language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("composed_at", DateTime(timezone=True), nullable=False, comment="business time"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, comment="machine time"),
    Column("next_try_at", DateTime(timezone=True), nullable=True, comment="machine time"),
    Column("traceparent", Text, nullable=True),
    Column("tracestate", Text, nullable=True),
    Column("state", Text, nullable=False),
    Column("language", Text, nullable=True, comment="of the last delivery"),
    Column("claim", Integer, nullable=False, comment="fence: grows with each claim"),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False, comment="since an agent's last retry"),
    Column("doubtful_attempts", Integer, nullable=False, comment="cut off before an answer"),
    Column("lease_until", DateTime(timezone=True), nullable=True, comment="machine time"),
    Column("wait_until", DateTime(timezone=True), nullable=True, comment="machine time"),
    Column("sent_at", DateTime(timezone=True), nullable=True, comment="business time"),
    Column("failure", Text, nullable=True),
    Column("answer_code", Integer, nullable=True, comment="the mail server's last reply"),
    Column("answer_text", Text, nullable=True, comment="without addresses"),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("state in ('queued', 'claimed', 'waiting_for_contact', 'sent', 'failed')", name="notices_state"),
    CheckConstraint("(state = 'queued') = (next_try_at is not null)", name="notices_queued_has_a_time"),
    CheckConstraint("(state = 'claimed') = (lease_until is not null)", name="notices_claimed_has_a_lease"),
    CheckConstraint("(state = 'waiting_for_contact') = (wait_until is not null)", name="notices_waiting_has_a_limit"),
    CheckConstraint("(state = 'sent') = (sent_at is not null)", name="notices_sent_has_a_time"),
    CheckConstraint("state <> 'failed' or failure is not null", name="notices_failed_has_a_reason"),
    CheckConstraint(
        "contact_id is not null or state in ('waiting_for_contact', 'failed')", name="notices_sent_to_somebody"
    ),
    CheckConstraint("state <> 'sent' or failure is null", name="notices_sent_has_no_reason"),
    comment="One fact to one recipient on one channel, with its way and the proof of it",
)
Index("notices_of_event", notices.c.event_id)
Index("notices_of_account", notices.c.account_id, notices.c.composed_at.desc(), notices.c.notice_id.desc())
Index(
    "notices_open_of_contact",
    notices.c.contact_id,
    postgresql_where=text("state in ('queued', 'claimed', 'waiting_for_contact')"),
)
Index("notices_due", notices.c.next_try_at, postgresql_where=text("state = 'queued'"))
Index("notices_leased", notices.c.lease_until, postgresql_where=text("state = 'claimed'"))
Index("notices_waiting", notices.c.wait_until, postgresql_where=text("state = 'waiting_for_contact'"))
Index("notices_failed", notices.c.recorded_at, postgresql_where=text("state = 'failed'"))
