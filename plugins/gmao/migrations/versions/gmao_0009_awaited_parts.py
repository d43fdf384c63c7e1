"""parts that are awaited, and orders of former registers."""

import sqlalchemy as sa
from alembic import op

revision = "gmao_0009"
down_revision = "gmao_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("gmao_part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("requisition", sa.String(length=40), server_default="", nullable=False))
    with op.batch_alter_table("gmao_workorder", schema=None) as batch_op:
        batch_op.add_column(sa.Column("former", sa.String(length=60), server_default="", nullable=False))


def downgrade() -> None:
    """Take the tables back."""
    with op.batch_alter_table("gmao_workorder", schema=None) as batch_op:
        batch_op.drop_column("former")
    with op.batch_alter_table("gmao_part", schema=None) as batch_op:
        batch_op.drop_column("requisition")
