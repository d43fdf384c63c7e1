"""Which of the places that sign an order have signed it: who stands above may come before those below."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0012"
down_revision = "elmis_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the positions of the signatures; so far they came one after the other."""
    op.add_column("elmis_requisition", sa.Column("signed", sa.String(length=60), nullable=False, server_default=""))
    order = sa.table("elmis_requisition", *map(sa.column, ("id", "level", "signed")))
    for (level,) in op.get_bind().execute(sa.select(order.c.level).where(order.c.level > 0).distinct()).fetchall():
        given = " ".join(map(str, range(level)))
        op.execute(order.update().where(order.c.level == level).values(signed=given))


def downgrade() -> None:
    """Only their number stays."""
    op.drop_column("elmis_requisition", "signed")
