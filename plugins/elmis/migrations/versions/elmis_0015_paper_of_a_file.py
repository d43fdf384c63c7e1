"""A line of a file waits with the number of the supplier's paper: movements that were taken out come back with it."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0015"
down_revision = "elmis_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, empty."""
    op.add_column("elmis_staged", sa.Column("paper", sa.String(length=60), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("elmis_staged", "paper")
