"""An index of the failed notices: they are counted every few seconds, and the sent ones only grow in number."""

from alembic import op

revision = "n0002"
down_revision = "n0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index; it is small, since few notices fail."""
    op.execute("CREATE INDEX notices_failed ON notices (recorded_at) WHERE state = 'failed'")
