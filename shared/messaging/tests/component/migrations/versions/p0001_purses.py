"""The toy's one table."""

from alembic import op

from shared.messaging.tests.component.purse import metadata

revision = "p0001"
down_revision = None
branch_labels = ("purse",)
depends_on = None


def upgrade() -> None:
    """Create it."""
    metadata.create_all(op.get_bind())
