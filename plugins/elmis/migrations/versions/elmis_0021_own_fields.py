"""values of the fields that an administration adds to products."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0021"
down_revision = "elmis_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.add_column("elmis_product", sa.Column("own", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("elmis_product", "own")
