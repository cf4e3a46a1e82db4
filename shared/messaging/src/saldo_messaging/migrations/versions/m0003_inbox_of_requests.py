"""Requests are forgotten after a week while messages may stay for ever: an index of their own finds them."""

from alembic import op

revision = "m0003"
down_revision = "m0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create it."""
    op.execute("create index inbox_requests on inbox (recorded_at) where command_hash is not null")
