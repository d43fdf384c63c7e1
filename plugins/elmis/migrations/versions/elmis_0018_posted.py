"""The difference of a count takes as many units as the quantities it comes from: a large one failed after its yes."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0018"
down_revision = "elmis_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen it."""
    with op.batch_alter_table("elmis_count_line") as table:
        table.alter_column("posted", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=True)


def downgrade() -> None:
    """Narrow it again."""
    with op.batch_alter_table("elmis_count_line") as table:
        table.alter_column("posted", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=True)
