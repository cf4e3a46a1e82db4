"""The first tables of subscriptions: accounts and standings, orders, subscriptions, charges and overrides.

Written out as SQL, so that a later change of the table definitions cannot change what this revision did.
"""

from alembic import op

revision = "s0001"
down_revision = None
branch_labels = ("subscriptions",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute(
        """
        CREATE TABLE accounts (
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            account_number TEXT NOT NULL,
            currency TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            pays_by_transfer BOOLEAN NOT NULL,
            closed BOOLEAN NOT NULL,
            profile_version BIGINT NOT NULL,
            qualifying_methods INTEGER NOT NULL,
            version BIGINT NOT NULL,
            PRIMARY KEY (account_id),
            CONSTRAINT accounts_qualifying_methods CHECK (qualifying_methods >= 0)
        )
        """
    )
    op.execute(
        """
        COMMENT ON TABLE accounts IS 'Copies of billing accounts; they move no money'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN accounts.profile_version IS 'of the snapshot in invoicing'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN accounts.qualifying_methods IS 'as payments last told (C-02)'
        """
    )
    op.execute(
        """
        CREATE TABLE standings (
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            state TEXT NOT NULL,
            since TIMESTAMP WITH TIME ZONE NOT NULL,
            currency TEXT NOT NULL,
            balance_minor_units BIGINT NOT NULL,
            overdue_minor_units BIGINT NOT NULL,
            ledger_version BIGINT NOT NULL,
            oldest_overdue_due_on DATE,
            oldest_overdue_invoice_id UUID,
            suspension_on DATE,
            cancellation_on DATE,
            suspended_since TIMESTAMP WITH TIME ZONE,
            without_access_from DATE,
            put_off_until DATE,
            version BIGINT NOT NULL,
            PRIMARY KEY (account_id),
            CONSTRAINT standings_state CHECK
                (state in ('active', 'suspension_scheduled', 'suspended', 'cancelled_non_payment')),
            CONSTRAINT standings_suspended CHECK
                ((state in ('suspended', 'cancelled_non_payment')) = (suspended_since is not null)
                 and (suspended_since is null) = (without_access_from is null)),
            CONSTRAINT standings_suspension_date CHECK
                ((suspension_on is not null) = (state = 'suspension_scheduled')),
            CONSTRAINT standings_cancellation_date CHECK
                (cancellation_on is null or state in ('suspension_scheduled', 'suspended')),
            CONSTRAINT standings_no_suspension_without_debt CHECK
                (state <> 'suspended' or balance_minor_units > 0)
        )
        """
    )
    op.execute(
        """
        COMMENT ON TABLE standings IS 'How each account stands with late payment: one state row each'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN standings.since IS 'business time'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN standings.ledger_version IS 'of the newest balance that was heard'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN standings.suspension_on IS 'local day'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN standings.cancellation_on IS 'local day'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN standings.without_access_from IS 'first whole local day without service'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN standings.put_off_until IS 'the day an agent''s override names (C-24)'
        """
    )
    op.execute(
        """
        CREATE TABLE orders (
            order_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            plan_code TEXT NOT NULL,
            product_code TEXT,
            quantity INTEGER NOT NULL,
            starts_on DATE NOT NULL,
            status TEXT NOT NULL,
            rejection TEXT,
            overdue_invoice_id UUID,
            subscription_id UUID,
            currency TEXT,
            unit_price_minor_units BIGINT,
            cadence TEXT,
            decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
            asked_by TEXT NOT NULL,
            version BIGINT NOT NULL,
            PRIMARY KEY (order_id),
            CONSTRAINT orders_quantity CHECK (quantity > 0),
            CONSTRAINT orders_status CHECK
                ((status = 'placed' and rejection is null and subscription_id is not null
                 and unit_price_minor_units is not null) or (status = 'rejected' and rejection is not null
                 and subscription_id is null))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX orders_refused ON orders (account_id, decided_at DESC, order_id DESC)
        WHERE status = 'rejected'
        """
    )
    op.execute(
        """
        COMMENT ON TABLE orders IS 'What was ordered, also what was refused and why'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN orders.asked_by IS 'kind and id of the actor, never a name'
        """
    )
    op.execute(
        """
        CREATE TABLE subscriptions (
            subscription_id UUID NOT NULL,
            order_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            product_code TEXT NOT NULL,
            plan_code TEXT NOT NULL,
            plan_name TEXT NOT NULL,
            quantity INTEGER NOT NULL,
            currency TEXT NOT NULL,
            unit_price_minor_units BIGINT NOT NULL,
            cadence TEXT NOT NULL,
            tax_category TEXT NOT NULL,
            prepaid_protected BOOLEAN NOT NULL,
            status TEXT NOT NULL,
            anchor_on DATE NOT NULL,
            charged_until DATE NOT NULL,
            last_line JSONB,
            ended_on DATE,
            version BIGINT NOT NULL,
            PRIMARY KEY (subscription_id),
            CONSTRAINT subscriptions_price CHECK (quantity > 0 and unit_price_minor_units >= 0),
            CONSTRAINT subscriptions_status CHECK (status in ('scheduled', 'active', 'cancelled_non_payment')),
            CONSTRAINT subscriptions_ended CHECK ((ended_on is not null) = (status = 'cancelled_non_payment')),
            CONSTRAINT subscriptions_charged_until CHECK (charged_until >= anchor_on),
            CONSTRAINT subscriptions_scheduled CHECK (status <> 'scheduled' or last_line is null),
            CONSTRAINT subscriptions_prepaid_protected CHECK
                (not prepaid_protected or status <> 'cancelled_non_payment'),
            UNIQUE (order_id)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX subscriptions_account ON subscriptions (account_id, subscription_id)
        """
    )
    op.execute(
        """
        COMMENT ON TABLE subscriptions IS 'Plans sold to accounts by the period'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN subscriptions.unit_price_minor_units IS 'of one unit and period, net of tax'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN subscriptions.prepaid_protected IS 'late payment never suspends it'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN subscriptions.anchor_on IS 'every period is computed from this local day'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN subscriptions.charged_until IS 'the next billing date'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN subscriptions.ended_on IS 'the last local day with access'
        """
    )
    op.execute(
        """
        CREATE TABLE charges (
            charges_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            billing_on DATE NOT NULL,
            trigger TEXT NOT NULL,
            currency TEXT NOT NULL,
            total_minor_units BIGINT NOT NULL,
            PRIMARY KEY (charges_id)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX charges_account ON charges (account_id, billing_on DESC, charges_id DESC)
        """
    )
    op.execute(
        """
        COMMENT ON TABLE charges IS 'Finished charges, told once and never changed'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN charges.charges_id IS 'uuid5 of account, billing date and trigger'
        """
    )
    op.execute(
        """
        CREATE TABLE charge_lines (
            line_id UUID NOT NULL,
            charges_id UUID NOT NULL,
            account_id UUID NOT NULL,
            subscription_id UUID NOT NULL,
            kind TEXT NOT NULL,
            plan_code TEXT NOT NULL,
            plan_name TEXT NOT NULL,
            quantity INTEGER NOT NULL,
            currency TEXT NOT NULL,
            unit_price_minor_units BIGINT NOT NULL,
            amount_minor_units BIGINT NOT NULL,
            tax_category TEXT NOT NULL,
            period_starts_on DATE NOT NULL,
            service_starts_on DATE NOT NULL,
            service_ends_before DATE NOT NULL,
            first_of_series BOOLEAN NOT NULL,
            PRIMARY KEY (line_id),
            CONSTRAINT charge_lines_once_per_period UNIQUE (subscription_id, period_starts_on),
            CONSTRAINT charge_lines_service CHECK (service_starts_on < service_ends_before),
            CONSTRAINT charge_lines_kind CHECK
                ((kind = 'recurring') = (service_starts_on = period_starts_on)
                 and kind in ('recurring', 'prorated'))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX charge_lines_charges ON charge_lines (charges_id)
        """
    )
    op.execute(
        """
        COMMENT ON TABLE charge_lines IS 'One period of one subscription each; no period is charged twice'
        """
    )
    op.execute(
        """
        CREATE TABLE overrides (
            override_id UUID NOT NULL,
            account_id UUID NOT NULL,
            until_on DATE NOT NULL,
            reason TEXT NOT NULL,
            was_suspended BOOLEAN NOT NULL,
            made_by TEXT NOT NULL,
            made_at TIMESTAMP WITH TIME ZONE NOT NULL,
            PRIMARY KEY (override_id)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX overrides_account ON overrides (account_id, made_at DESC)
        """
    )
    op.execute(
        """
        COMMENT ON TABLE overrides IS 'Who put a suspension off, until when and why (C-24)'
        """
    )
    op.execute(
        """
        COMMENT ON COLUMN overrides.made_by IS 'kind and id of the agent, never a name'
        """
    )
