"""Accounts and journal lines."""

from alembic import op

from benchmarks.ledger.tables import metadata

revision = "b0001"
down_revision = None
branch_labels = ("ledger",)
depends_on = None


def upgrade() -> None:
    """Create them."""
    metadata.create_all(op.get_bind())
