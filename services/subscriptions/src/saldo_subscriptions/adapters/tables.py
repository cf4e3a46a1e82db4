"""The tables of subscriptions, in lock order; CHECK constraints repeat the rules of the domain's states."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

LIVE_SQL = "status in ('scheduled', 'active')"

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Uuid(as_uuid=False), primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("account_number", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("pays_by_transfer", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("profile_version", BigInteger, nullable=False, comment="of the snapshot in invoicing"),
    Column("qualifying_methods", Integer, nullable=False, comment="as payments last told (C-02)"),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("qualifying_methods >= 0", name="accounts_qualifying_methods"),
    comment="Copies of billing accounts; they move no money",
)

standings = Table(
    "standings",
    metadata,
    Column("account_id", Uuid(as_uuid=False), primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, comment="business time"),
    Column("currency", Text, nullable=False),
    Column("balance_minor_units", BigInteger, nullable=False),
    Column("overdue_minor_units", BigInteger, nullable=False),
    Column("ledger_version", BigInteger, nullable=False, comment="of the newest balance that was heard"),
    Column("oldest_overdue_due_on", Date, nullable=True),
    Column("oldest_overdue_invoice_id", Uuid(as_uuid=False), nullable=True),
    Column("suspension_on", Date, nullable=True, comment="local day"),
    Column("cancellation_on", Date, nullable=True, comment="local day"),
    Column("suspended_since", DateTime(timezone=True), nullable=True),
    Column("without_access_from", Date, nullable=True, comment="first whole local day without service"),
    Column("put_off_until", Date, nullable=True, comment="the day an agent's override names (C-24)"),
    Column("version", BigInteger, nullable=False),
    CheckConstraint(
        "state in ('active', 'suspension_scheduled', 'suspended', 'cancelled_non_payment')", name="standings_state"
    ),
    CheckConstraint(
        "(state in ('suspended', 'cancelled_non_payment')) = (suspended_since is not null) "
        "and (suspended_since is null) = (without_access_from is null)",
        name="standings_suspended",
    ),
    CheckConstraint("(suspension_on is not null) = (state = 'suspension_scheduled')", name="standings_suspension_date"),
    CheckConstraint(
        "cancellation_on is null or state in ('suspension_scheduled', 'suspended')", name="standings_cancellation_date"
    ),
    CheckConstraint("state <> 'suspended' or balance_minor_units > 0", name="standings_no_suspension_without_debt"),
    comment="How each account stands with late payment: one state row each",
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid(as_uuid=False), primary_key=True),
    Column("account_id", Uuid(as_uuid=False), nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("plan_code", Text, nullable=False),
    Column("product_code", Text, nullable=True),
    Column("quantity", Integer, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("rejection", Text, nullable=True),
    Column("overdue_invoice_id", Uuid(as_uuid=False), nullable=True),
    Column("subscription_id", Uuid(as_uuid=False), nullable=True),
    Column("currency", Text, nullable=True),
    Column("unit_price_minor_units", BigInteger, nullable=True),
    Column("cadence", Text, nullable=True),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("asked_by", Text, nullable=False, comment="kind and id of the actor, never a name"),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("quantity > 0", name="orders_quantity"),
    CheckConstraint(
        "(status = 'placed' and rejection is null and subscription_id is not null "
        "and unit_price_minor_units is not null) "
        "or (status = 'rejected' and rejection is not null and subscription_id is null)",
        name="orders_status",
    ),
    comment="What was ordered, also what was refused and why",
)
Index(
    "orders_refused",
    orders.c.account_id,
    orders.c.decided_at.desc(),
    orders.c.order_id.desc(),
    postgresql_where=orders.c.status == "rejected",
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscription_id", Uuid(as_uuid=False), primary_key=True),
    Column("order_id", Uuid(as_uuid=False), nullable=False, unique=True),
    Column("account_id", Uuid(as_uuid=False), nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("product_code", Text, nullable=False),
    Column("plan_code", Text, nullable=False),
    Column("plan_name", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("unit_price_minor_units", BigInteger, nullable=False, comment="of one unit and period, net of tax"),
    Column("cadence", Text, nullable=False),
    Column("tax_category", Text, nullable=False),
    Column("prepaid_protected", Boolean, nullable=False, comment="late payment never suspends it"),
    Column("status", Text, nullable=False),
    Column("anchor_on", Date, nullable=False, comment="every period is computed from this local day"),
    Column("charged_until", Date, nullable=False, comment="the next billing date"),
    Column("last_line", JSONB(none_as_null=True), nullable=True),
    Column("ended_on", Date, nullable=True, comment="the last local day with access"),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("quantity > 0 and unit_price_minor_units >= 0", name="subscriptions_price"),
    CheckConstraint("status in ('scheduled', 'active', 'cancelled_non_payment')", name="subscriptions_status"),
    CheckConstraint("(ended_on is not null) = (status = 'cancelled_non_payment')", name="subscriptions_ended"),
    CheckConstraint("charged_until >= anchor_on", name="subscriptions_charged_until"),
    CheckConstraint("status <> 'scheduled' or last_line is null", name="subscriptions_scheduled"),
    CheckConstraint(
        "not prepaid_protected or status <> 'cancelled_non_payment'", name="subscriptions_prepaid_protected"
    ),
    comment="Plans sold to accounts by the period",
)
Index("subscriptions_account", subscriptions.c.account_id, subscriptions.c.subscription_id)

charges = Table(
    "charges",
    metadata,
    Column("charges_id", Uuid(as_uuid=False), primary_key=True, comment="uuid5 of account, billing date and trigger"),
    Column("account_id", Uuid(as_uuid=False), nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("billing_on", Date, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total_minor_units", BigInteger, nullable=False),
    comment="Finished charges, told once and never changed",
)
Index("charges_account", charges.c.account_id, charges.c.billing_on.desc(), charges.c.charges_id.desc())

charge_lines = Table(
    "charge_lines",
    metadata,
    Column("line_id", Uuid(as_uuid=False), primary_key=True),
    Column("charges_id", Uuid(as_uuid=False), nullable=False),
    Column("account_id", Uuid(as_uuid=False), nullable=False),
    Column("subscription_id", Uuid(as_uuid=False), nullable=False),
    Column("kind", Text, nullable=False),
    Column("plan_code", Text, nullable=False),
    Column("plan_name", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("unit_price_minor_units", BigInteger, nullable=False),
    Column("amount_minor_units", BigInteger, nullable=False),
    Column("tax_category", Text, nullable=False),
    Column("period_starts_on", Date, nullable=False),
    Column("service_starts_on", Date, nullable=False),
    Column("service_ends_before", Date, nullable=False),
    Column("first_of_series", Boolean, nullable=False),
    UniqueConstraint("subscription_id", "period_starts_on", name="charge_lines_once_per_period"),
    CheckConstraint("service_starts_on < service_ends_before", name="charge_lines_service"),
    CheckConstraint(
        "(kind = 'recurring') = (service_starts_on = period_starts_on) and kind in ('recurring', 'prorated')",
        name="charge_lines_kind",
    ),
    comment="One period of one subscription each; no period is charged twice",
)
Index("charge_lines_charges", charge_lines.c.charges_id)

overrides = Table(
    "overrides",
    metadata,
    Column("override_id", Uuid(as_uuid=False), primary_key=True),
    Column("account_id", Uuid(as_uuid=False), nullable=False),
    Column("until_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("was_suspended", Boolean, nullable=False),
    Column("made_by", Text, nullable=False, comment="kind and id of the agent, never a name"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    comment="Who put a suspension off, until when and why (C-24)",
)
Index("overrides_account", overrides.c.account_id, overrides.c.made_at.desc())
