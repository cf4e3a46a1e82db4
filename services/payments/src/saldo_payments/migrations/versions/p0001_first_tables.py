"""The first tables: copies of accounts and invoices, payment methods with their contacts, payments and attempts.

Written out as SQL, so that a later change of the table definitions cannot change what this revision did.
"""

from alembic import op

revision = "p0001"
down_revision = None
branch_labels = ("payments",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute(
        """
        CREATE TABLE accounts (
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            account_number TEXT NOT NULL,
            account_version BIGINT NOT NULL,
            currency TEXT NOT NULL,
            country TEXT,
            automatic_collection BOOLEAN NOT NULL,
            is_open BOOLEAN NOT NULL,
            autopay BOOLEAN NOT NULL,
            default_method_id UUID,
            attempts JSONB NOT NULL,
            live_subscriptions BIGINT NOT NULL,
            processor_customer TEXT,
            version BIGINT NOT NULL,
            PRIMARY KEY (account_id),
            CONSTRAINT live_subscriptions_counted CHECK (live_subscriptions >= 0)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE contacts (
            contact_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            name TEXT,
            email TEXT NOT NULL,
            language TEXT,
            version BIGINT NOT NULL,
            PRIMARY KEY (contact_id),
            FOREIGN KEY(account_id) REFERENCES accounts (account_id)
        )
        """
    )
    op.execute("CREATE INDEX contacts_of_account ON contacts (account_id)")
    op.execute(
        """
        CREATE TABLE invoices (
            invoice_id UUID NOT NULL,
            account_id UUID NOT NULL,
            number TEXT NOT NULL,
            open_minor_units BIGINT NOT NULL,
            currency TEXT NOT NULL,
            due_date DATE,
            invoice_version BIGINT NOT NULL,
            version BIGINT NOT NULL,
            PRIMARY KEY (invoice_id),
            CONSTRAINT open_not_negative CHECK (open_minor_units >= 0),
            FOREIGN KEY(account_id) REFERENCES accounts (account_id)
        )
        """
    )
    op.execute("CREATE INDEX invoices_open_of_account ON invoices (account_id) WHERE open_minor_units > 0")
    op.execute(
        """
        CREATE TABLE payment_methods (
            payment_method_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            contact_id UUID NOT NULL,
            processor_token TEXT NOT NULL,
            brand TEXT NOT NULL,
            last_four TEXT NOT NULL,
            expiry_year SMALLINT NOT NULL,
            expiry_month SMALLINT NOT NULL,
            status TEXT NOT NULL,
            wanted_as_default BOOLEAN NOT NULL,
            submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
            decision_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            traceparent TEXT,
            tracestate TEXT,
            processor_customer TEXT,
            setup_reference TEXT,
            next_action_url TEXT,
            rejection TEXT,
            decided_at TIMESTAMP WITH TIME ZONE,
            decision_overdue BOOLEAN NOT NULL,
            rests_until TIMESTAMP WITH TIME ZONE,
            check_after TIMESTAMP WITH TIME ZONE,
            checks_made INTEGER NOT NULL,
            version BIGINT NOT NULL,
            PRIMARY KEY (payment_method_id),
            CONSTRAINT status_known CHECK (status in ('pending', 'active', 'rejected', 'removed')),
            CONSTRAINT rejection_known CHECK (rejection is null or rejection in ('limit_reached',
                'brand_not_accepted', 'details_invalid', 'processor_declined', 'authentication_failed',
                'address_mismatch', 'expired')),
            CONSTRAINT rejected_with_reason CHECK ((status = 'rejected') = (rejection is not null)),
            CONSTRAINT active_is_kept_by_processor CHECK (status <> 'active' or processor_customer is not
                null),
            CONSTRAINT last_four_digits CHECK (last_four ~ '^[0-9]{4}$'),
            CONSTRAINT expiry_month_of_year CHECK (expiry_month between 1 and 12),
            FOREIGN KEY(account_id) REFERENCES accounts (account_id)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX payment_methods_held_of_account ON payment_methods (account_id) WHERE status in ('pending',
            'active')
        """
    )
    op.execute(
        """
        CREATE INDEX payment_methods_of_account ON payment_methods (account_id, submitted_at, payment_method_id)
        """
    )
    op.execute(
        """
        CREATE INDEX payment_methods_to_check ON payment_methods (check_after) WHERE status = 'pending'
        """
    )
    op.execute(
        """
        CREATE TABLE payments (
            payment_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            origin TEXT NOT NULL,
            status TEXT NOT NULL,
            asked_minor_units BIGINT NOT NULL,
            amount_minor_units BIGINT NOT NULL,
            currency TEXT NOT NULL,
            invoice_id UUID,
            payment_method_id UUID,
            one_time_token TEXT,
            surplus_confirmed BOOLEAN NOT NULL,
            requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            traceparent TEXT,
            tracestate TEXT,
            attempts_made INTEGER NOT NULL,
            retries_planned INTEGER NOT NULL,
            held_until TIMESTAMP WITH TIME ZONE,
            first_declined_at TIMESTAMP WITH TIME ZONE,
            next_automatic_try_at TIMESTAMP WITH TIME ZONE,
            reason TEXT,
            brand TEXT,
            last_four TEXT,
            ended_at TIMESTAMP WITH TIME ZONE,
            captured_at TIMESTAMP WITH TIME ZONE,
            applied BOOLEAN NOT NULL,
            in_doubt_alarmed BOOLEAN NOT NULL,
            resolved_by TEXT,
            resolution_reason TEXT,
            version BIGINT NOT NULL,
            PRIMARY KEY (payment_id),
            CONSTRAINT status_known CHECK (status in ('requested', 'charging', 'authentication_required',
                'in_doubt', 'succeeded', 'failed', 'no_longer_owed')),
            CONSTRAINT origin_known CHECK (origin in ('autopay', 'one_time')),
            CONSTRAINT reason_known CHECK (reason is null or reason in ('issuer_declined',
                'credit_limit_reached', 'insufficient_funds', 'transaction_blocked', 'name_mismatch',
                'address_mismatch', 'authentication_required', 'authentication_failed', 'card_expired',
                'card_number_invalid', 'security_code_invalid', 'card_lost_or_stolen', 'suspected_fraud',
                'method_not_usable', 'no_payment_method', 'currency_not_accepted', 'amount_not_accepted',
                'abandoned_by_payer', 'processor_unavailable', 'other')),
            CONSTRAINT amounts_positive CHECK (asked_minor_units > 0 and amount_minor_units > 0),
            CONSTRAINT token_lives_with_attempt CHECK (one_time_token is null or status in ('requested',
                'charging', 'in_doubt')),
            CONSTRAINT autopay_names_invoice CHECK (origin <> 'autopay' or invoice_id is not null),
            CONSTRAINT one_way_to_pay CHECK (origin = 'autopay' or status <> 'requested' or
                num_nonnulls(one_time_token, payment_method_id) = 1),
            CONSTRAINT succeeded_with_capture CHECK ((status = 'succeeded') = (captured_at is not null)),
            CONSTRAINT failed_with_reason CHECK ((status = 'failed') = (reason is not null)),
            CONSTRAINT ended_with_time CHECK ((status in ('succeeded', 'failed', 'no_longer_owed')) =
                (ended_at is not null)),
            CONSTRAINT applied_succeeded CHECK (not applied or status = 'succeeded'),
            CONSTRAINT held_while_requested CHECK (held_until is null or status = 'requested'),
            CONSTRAINT processor_was_asked CHECK (status not in ('charging', 'in_doubt',
                'authentication_required', 'succeeded') or attempts_made > 0),
            FOREIGN KEY(account_id) REFERENCES accounts (account_id)
        )
        """
    )
    op.execute("CREATE INDEX payments_of_account ON payments (account_id, requested_at, payment_id)")
    op.execute(
        """
        CREATE UNIQUE INDEX payments_one_autopay_an_invoice ON payments (invoice_id) WHERE origin = 'autopay'
        """
    )
    op.execute(
        """
        CREATE INDEX payments_pending_of_account ON payments (account_id) WHERE status in ('requested',
            'charging', 'authentication_required', 'in_doubt') or (status = 'succeeded' and applied is false)
        """
    )
    op.execute(
        """
        CREATE INDEX payments_to_charge ON payments (recorded_at) WHERE status = 'requested' and held_until is
            null
        """
    )
    op.execute(
        """
        CREATE TABLE payment_attempts (
            attempt_id UUID NOT NULL,
            payment_id UUID NOT NULL,
            account_id UUID NOT NULL,
            number INTEGER NOT NULL,
            amount_minor_units BIGINT NOT NULL,
            currency TEXT NOT NULL,
            payment_method_id UUID,
            customer_present BOOLEAN NOT NULL,
            strong_authentication BOOLEAN NOT NULL,
            status TEXT NOT NULL,
            started_at TIMESTAMP WITH TIME ZONE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            check_after TIMESTAMP WITH TIME ZONE NOT NULL,
            traceparent TEXT,
            tracestate TEXT,
            checks_made INTEGER NOT NULL,
            call_off BOOLEAN NOT NULL,
            reference TEXT,
            reason TEXT,
            processor_code TEXT,
            next_action_url TEXT,
            expires_at TIMESTAMP WITH TIME ZONE,
            in_doubt_since TIMESTAMP WITH TIME ZONE,
            settled_at TIMESTAMP WITH TIME ZONE,
            version BIGINT NOT NULL,
            PRIMARY KEY (attempt_id),
            CONSTRAINT status_known CHECK (status in ('calling', 'authentication_required', 'in_doubt',
                'succeeded', 'declined')),
            CONSTRAINT reason_known CHECK (reason is null or reason in ('issuer_declined',
                'credit_limit_reached', 'insufficient_funds', 'transaction_blocked', 'name_mismatch',
                'address_mismatch', 'authentication_required', 'authentication_failed', 'card_expired',
                'card_number_invalid', 'security_code_invalid', 'card_lost_or_stolen', 'suspected_fraud',
                'method_not_usable', 'no_payment_method', 'currency_not_accepted', 'amount_not_accepted',
                'abandoned_by_payer', 'processor_unavailable', 'other')),
            CONSTRAINT amount_positive CHECK (amount_minor_units > 0),
            CONSTRAINT settled_with_time CHECK ((status in ('succeeded', 'declined')) = (settled_at is not
                null)),
            CONSTRAINT doubt_with_time CHECK ((status = 'in_doubt') = (in_doubt_since is not null)),
            FOREIGN KEY(payment_id) REFERENCES payments (payment_id),
            FOREIGN KEY(account_id) REFERENCES accounts (account_id)
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX payment_attempts_in_order ON payment_attempts (payment_id, number)")
    op.execute(
        """
        CREATE UNIQUE INDEX payment_attempts_one_open ON payment_attempts (payment_id) WHERE status in
            ('calling', 'authentication_required', 'in_doubt')
        """
    )
    op.execute(
        """
        CREATE INDEX payment_attempts_to_ask ON payment_attempts (check_after) WHERE status in ('calling',
            'authentication_required', 'in_doubt')
        """
    )
