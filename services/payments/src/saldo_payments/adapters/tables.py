"""The tables of payments; CHECK constraints say again what the domain says, so that no other hand can break it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.method_states import MethodRejection, MethodStatus
from saldo_payments.domain.payment_states import AttemptStatus, PaymentOrigin, PaymentStatus

metadata = MetaData()

PENDING_PAYMENTS = (
    "status in ('requested', 'charging', 'authentication_required', 'in_doubt') "
    "or (status = 'succeeded' and applied is false)"
)
HELD_METHODS = "status in ('pending', 'active')"
OPEN_ATTEMPTS = "status in ('calling', 'authentication_required', 'in_doubt')"


def _id(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Uuid(as_uuid=False), nullable=nullable)


def _key(name: str) -> Column[str]:
    return Column(name, Uuid(as_uuid=False), primary_key=True)


def _account_id() -> Column[str]:
    return Column("account_id", Uuid(as_uuid=False), ForeignKey("accounts.account_id"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _whole(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _trace() -> tuple[Column[str], Column[str]]:
    return _text("traceparent", nullable=True), _text("tracestate", nullable=True)


def _one_of(column: str, values: Iterable[Enum], *, nullable: bool = False) -> CheckConstraint:
    listed = ", ".join(f"'{value.value}'" for value in values)
    rule = f"{column} in ({listed})"
    return CheckConstraint(f"{column} is null or {rule}" if nullable else rule, name=f"{column}_known")


accounts = Table(
    "accounts",
    metadata,
    _key("account_id"),
    _text("seller_id"),
    _text("account_number"),
    _whole("account_version"),
    _text("currency"),
    _text("country", nullable=True),
    _flag("automatic_collection"),
    _flag("is_open"),
    _flag("autopay"),
    _id("default_method_id", nullable=True),
    Column("attempts", JSONB, nullable=False),
    _whole("live_subscriptions"),
    _text("processor_customer", nullable=True),
    _whole("version"),
    CheckConstraint("live_subscriptions >= 0", name="live_subscriptions_counted"),
)

payment_methods = Table(
    "payment_methods",
    metadata,
    _key("payment_method_id"),
    _account_id(),
    _text("seller_id"),
    _id("contact_id"),
    _text("processor_token"),
    _text("brand"),
    _text("last_four"),
    Column("expiry_year", SmallInteger, nullable=False),
    Column("expiry_month", SmallInteger, nullable=False),
    _text("status"),
    _flag("wanted_as_default"),
    _moment("submitted_at"),
    _moment("decision_due_at"),
    _moment("recorded_at"),
    *_trace(),
    _text("processor_customer", nullable=True),
    _text("setup_reference", nullable=True),
    _text("next_action_url", nullable=True),
    _text("rejection", nullable=True),
    _moment("decided_at", nullable=True),
    _flag("decision_overdue"),
    _moment("rests_until", nullable=True),
    _moment("check_after", nullable=True),
    _count("checks_made"),
    _whole("version"),
    _one_of("status", MethodStatus),
    _one_of("rejection", MethodRejection, nullable=True),
    CheckConstraint("(status = 'rejected') = (rejection is not null)", name="rejected_with_reason"),
    CheckConstraint("status <> 'active' or processor_customer is not null", name="active_is_kept_by_processor"),
    CheckConstraint("last_four ~ '^[0-9]{4}$'", name="last_four_digits"),
    CheckConstraint("expiry_month between 1 and 12", name="expiry_month_of_year"),
    Index("payment_methods_held_of_account", "account_id", postgresql_where=text(HELD_METHODS)),
    Index("payment_methods_of_account", "account_id", "submitted_at", "payment_method_id"),
    Index("payment_methods_to_check", "check_after", postgresql_where=text("status = 'pending'")),
)

contacts = Table(
    "contacts",
    metadata,
    _key("contact_id"),
    _account_id(),
    _text("seller_id"),
    _text("name", nullable=True),
    _text("email"),
    _text("language", nullable=True),
    _whole("version"),
    Index("contacts_of_account", "account_id"),
)

invoices = Table(
    "invoices",
    metadata,
    _key("invoice_id"),
    _account_id(),
    _text("number"),
    _whole("open_minor_units"),
    _text("currency"),
    Column("due_date", Date, nullable=True),
    _whole("invoice_version"),
    _whole("version"),
    CheckConstraint("open_minor_units >= 0", name="open_not_negative"),
    Index("invoices_open_of_account", "account_id", postgresql_where=text("open_minor_units > 0")),
)

payments = Table(
    "payments",
    metadata,
    _key("payment_id"),
    _account_id(),
    _text("seller_id"),
    _text("origin"),
    _text("status"),
    _whole("asked_minor_units"),
    _whole("amount_minor_units"),
    _text("currency"),
    _id("invoice_id", nullable=True),
    _id("payment_method_id", nullable=True),
    _text("one_time_token", nullable=True),
    _flag("surplus_confirmed"),
    _moment("requested_at"),
    _moment("recorded_at"),
    *_trace(),
    _count("attempts_made"),
    _count("retries_planned"),
    _moment("held_until", nullable=True),
    _moment("first_declined_at", nullable=True),
    _moment("next_automatic_try_at", nullable=True),
    _text("reason", nullable=True),
    _text("brand", nullable=True),
    _text("last_four", nullable=True),
    _moment("ended_at", nullable=True),
    _moment("captured_at", nullable=True),
    _flag("applied"),
    _flag("in_doubt_alarmed"),
    _text("resolved_by", nullable=True),
    _text("resolution_reason", nullable=True),
    _whole("version"),
    _one_of("status", PaymentStatus),
    _one_of("origin", PaymentOrigin),
    _one_of("reason", DeclineReason, nullable=True),
    CheckConstraint("asked_minor_units > 0 and amount_minor_units > 0", name="amounts_positive"),
    CheckConstraint(
        "one_time_token is null or status in ('requested', 'charging', 'in_doubt')", name="token_lives_with_attempt"
    ),
    CheckConstraint("origin <> 'autopay' or invoice_id is not null", name="autopay_names_invoice"),
    CheckConstraint(
        "origin = 'autopay' or status <> 'requested' or num_nonnulls(one_time_token, payment_method_id) = 1",
        name="one_way_to_pay",
    ),
    CheckConstraint("(status = 'succeeded') = (captured_at is not null)", name="succeeded_with_capture"),
    CheckConstraint("(status = 'failed') = (reason is not null)", name="failed_with_reason"),
    CheckConstraint(
        "(status in ('succeeded', 'failed', 'no_longer_owed')) = (ended_at is not null)", name="ended_with_time"
    ),
    CheckConstraint("not applied or status = 'succeeded'", name="applied_succeeded"),
    CheckConstraint("held_until is null or status = 'requested'", name="held_while_requested"),
    CheckConstraint(
        "status not in ('charging', 'in_doubt', 'authentication_required', 'succeeded') or attempts_made > 0",
        name="processor_was_asked",
    ),
    Index("payments_pending_of_account", "account_id", postgresql_where=text(PENDING_PAYMENTS)),
    Index("payments_of_account", "account_id", "requested_at", "payment_id"),
    Index("payments_to_charge", "recorded_at", postgresql_where=text("status = 'requested' and held_until is null")),
    Index("payments_one_autopay_an_invoice", "invoice_id", unique=True, postgresql_where=text("origin = 'autopay'")),
)

payment_attempts = Table(
    "payment_attempts",
    metadata,
    _key("attempt_id"),
    Column("payment_id", Uuid(as_uuid=False), ForeignKey("payments.payment_id"), nullable=False),
    _account_id(),
    _count("number"),
    _whole("amount_minor_units"),
    _text("currency"),
    _id("payment_method_id", nullable=True),
    _flag("customer_present"),
    _flag("strong_authentication"),
    _text("status"),
    _moment("started_at"),
    _moment("recorded_at"),
    _moment("check_after"),
    *_trace(),
    _count("checks_made"),
    _flag("call_off"),
    _text("reference", nullable=True),
    _text("reason", nullable=True),
    _text("processor_code", nullable=True),
    _text("next_action_url", nullable=True),
    _moment("expires_at", nullable=True),
    _moment("in_doubt_since", nullable=True),
    _moment("settled_at", nullable=True),
    _whole("version"),
    _one_of("status", AttemptStatus),
    _one_of("reason", DeclineReason, nullable=True),
    CheckConstraint("amount_minor_units > 0", name="amount_positive"),
    CheckConstraint("(status in ('succeeded', 'declined')) = (settled_at is not null)", name="settled_with_time"),
    CheckConstraint("(status = 'in_doubt') = (in_doubt_since is not null)", name="doubt_with_time"),
    Index("payment_attempts_in_order", "payment_id", "number", unique=True),
    Index("payment_attempts_one_open", "payment_id", unique=True, postgresql_where=text(OPEN_ATTEMPTS)),
    Index("payment_attempts_to_ask", "check_after", postgresql_where=text(OPEN_ATTEMPTS)),
)
