"""The number of approvals goes: which places have signed says it, and more."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0013"
down_revision = "elmis_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop what was written and never read."""
    op.drop_column("elmis_requisition", "level")


def downgrade() -> None:
    """Count the signatures again."""
    op.add_column("elmis_requisition", sa.Column("level", sa.Integer(), nullable=False, server_default="0"))
    order = sa.table("elmis_requisition", *map(sa.column, ("id", "level", "signed")))
    signed = op.get_bind().execute(sa.select(order.c.id, order.c.signed).where(order.c.signed != "")).fetchall()
    for key, places in signed:
        op.execute(order.update().where(order.c.id == key).values(level=len(places.split())))
