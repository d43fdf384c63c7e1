"""how a person arranged the home page."""

import sqlalchemy as sa
from alembic import op

revision = "core_0023"
down_revision = "core_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("core_user") as batch:
        batch.add_column(sa.Column("home", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("core_user") as batch:
        batch.drop_column("home")
