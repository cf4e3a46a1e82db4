"""The first tables: copies of accounts and contacts, and the notices with their proof.

Written out as SQL, so that a later change of the table definitions cannot change what this revision did.
"""

from alembic import op

revision = "n0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.execute(
        """
        CREATE TABLE accounts (
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            number TEXT NOT NULL,
            language TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            billing_contact_id UUID,
            profile_version BIGINT NOT NULL,
            recipients JSONB NOT NULL,
            recipients_version BIGINT NOT NULL,
            version BIGINT NOT NULL,
            PRIMARY KEY (account_id)
        )
        """
    )
    op.execute("COMMENT ON TABLE accounts IS 'Copies of invoicing''s accounts, as far as letters need them'")
    op.execute("COMMENT ON COLUMN accounts.recipients IS 'who gets the invoices'")
    op.execute("COMMENT ON COLUMN accounts.recipients_version IS '-1: no list was told yet'")
    op.execute(
        """
        CREATE TABLE contacts (
            contact_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            email TEXT,
            name TEXT,
            language TEXT,
            snapshot_version BIGINT NOT NULL,
            erased_at TIMESTAMP WITH TIME ZONE,
            version BIGINT NOT NULL,
            PRIMARY KEY (contact_id),
            CONSTRAINT contacts_erased_hold_nothing CHECK (erased_at is null or (email is null and name is null)),
            CONSTRAINT contacts_known_have_an_address CHECK (erased_at is not null or email is not null)
        )
        """
    )
    op.execute(
        """
        COMMENT ON TABLE contacts IS
        'Copies of people, from the contacts topics; the only personal data of this service'
        """
    )
    op.execute(
        """
        CREATE TABLE notices (
            notice_id UUID NOT NULL,
            account_id UUID NOT NULL,
            seller_id TEXT NOT NULL,
            event_id UUID NOT NULL,
            event_type TEXT NOT NULL,
            contact_id UUID,
            template TEXT NOT NULL,
            facts TEXT NOT NULL,
            account_number TEXT NOT NULL,
            account_language TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            composed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            next_try_at TIMESTAMP WITH TIME ZONE,
            traceparent TEXT,
            tracestate TEXT,
            state TEXT NOT NULL,
            language TEXT,
            claim INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            doubtful_attempts INTEGER NOT NULL,
            lease_until TIMESTAMP WITH TIME ZONE,
            wait_until TIMESTAMP WITH TIME ZONE,
            sent_at TIMESTAMP WITH TIME ZONE,
            failure TEXT,
            answer_code INTEGER,
            answer_text TEXT,
            version BIGINT NOT NULL,
            PRIMARY KEY (notice_id),
            CONSTRAINT notices_state CHECK (state in ('queued', 'claimed', 'waiting_for_contact', 'sent', 'failed')),
            CONSTRAINT notices_queued_has_a_time CHECK ((state = 'queued') = (next_try_at is not null)),
            CONSTRAINT notices_claimed_has_a_lease CHECK ((state = 'claimed') = (lease_until is not null)),
            CONSTRAINT notices_waiting_has_a_limit CHECK ((state = 'waiting_for_contact') = (wait_until is not null)),
            CONSTRAINT notices_sent_has_a_time CHECK ((state = 'sent') = (sent_at is not null)),
            CONSTRAINT notices_failed_has_a_reason CHECK (state <> 'failed' or failure is not null),
            CONSTRAINT notices_sent_to_somebody CHECK
                (contact_id is not null or state in ('waiting_for_contact', 'failed')),
            CONSTRAINT notices_sent_has_no_reason CHECK (state <> 'sent' or failure is null)
        )
        """
    )
    op.execute("CREATE INDEX notices_due ON notices (next_try_at) WHERE state = 'queued'")
    op.execute("CREATE INDEX notices_leased ON notices (lease_until) WHERE state = 'claimed'")
    op.execute("CREATE INDEX notices_of_account ON notices (account_id, composed_at DESC, notice_id DESC)")
    op.execute("CREATE INDEX notices_of_event ON notices (event_id)")
    op.execute(
        """
        CREATE INDEX notices_open_of_contact ON notices (contact_id)
        WHERE state in ('queued', 'claimed', 'waiting_for_contact')
        """
    )
    op.execute("CREATE INDEX notices_waiting ON notices (wait_until) WHERE state = 'waiting_for_contact'")
    op.execute(
        """
        COMMENT ON TABLE notices IS 'One fact to one recipient on one channel, with its way and the proof of it'
        """
    )
    op.execute("COMMENT ON COLUMN notices.notice_id IS 'derived from event, contact and template'")
    op.execute("COMMENT ON COLUMN notices.contact_id IS 'null: the account has told of nobody yet'")
    op.execute("COMMENT ON COLUMN notices.facts IS 'the body of the event, as it was told'")
    op.execute("COMMENT ON COLUMN notices.composed_at IS 'business time'")
    op.execute("COMMENT ON COLUMN notices.recorded_at IS 'machine time'")
    op.execute("COMMENT ON COLUMN notices.next_try_at IS 'machine time'")
    op.execute("COMMENT ON COLUMN notices.language IS 'of the last delivery'")
    op.execute("COMMENT ON COLUMN notices.claim IS 'fence: grows with each claim'")
    op.execute("COMMENT ON COLUMN notices.tries IS 'since an agent''s last retry'")
    op.execute("COMMENT ON COLUMN notices.doubtful_attempts IS 'cut off before an answer'")
    op.execute("COMMENT ON COLUMN notices.lease_until IS 'machine time'")
    op.execute("COMMENT ON COLUMN notices.wait_until IS 'machine time'")
    op.execute("COMMENT ON COLUMN notices.sent_at IS 'business time'")
    op.execute("COMMENT ON COLUMN notices.answer_code IS 'the mail server''s last reply'")
    op.execute("COMMENT ON COLUMN notices.answer_text IS 'without addresses'")
