"""Messages that wait for a copy are kept beside the dead letters; parked outbox rows can be given up by name.

A waiting message may not hold up the batch that brings the very copy it waits for, so it is kept as a row.
"""

from alembic import op

revision = "m0002"
down_revision = "m0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the kinds of dead letters; add what operators and deferred timers need."""
    op.execute("ALTER TABLE dead_letters DROP CONSTRAINT dead_letters_kind")
    op.execute(
        """
        ALTER TABLE dead_letters ADD CONSTRAINT dead_letters_kind
        CHECK (kind in ('unreadable', 'failed', 'behind', 'too_old', 'waiting'))
        """
    )
    op.execute("DROP INDEX dead_letters_parked")
    op.execute(
        """
        CREATE INDEX dead_letters_parked ON dead_letters (topic, key)
        WHERE status = 'open' and kind in ('failed', 'behind', 'waiting')
        """
    )
    op.execute(
        """
        CREATE INDEX dead_letters_waiting ON dead_letters (recorded_at) WHERE status = 'open' and kind = 'waiting'
        """
    )
    op.execute("CREATE INDEX timers_deferred ON timers (not_before) WHERE not_before is not null")
    op.execute("ALTER TABLE outbox_parked ADD COLUMN discarded_at TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE outbox_parked ADD COLUMN discarded_by TEXT")
    op.execute("ALTER TABLE outbox_parked ADD COLUMN discarded_reason TEXT")
    op.execute("CREATE INDEX outbox_parked_keys ON outbox_parked (topic, key) WHERE discarded_at is null")
