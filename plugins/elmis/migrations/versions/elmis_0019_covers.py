"""A count of the tracers or of the cold chain keeps which products these were when it was posted."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0019"
down_revision = "elmis_0018"
branch_labels = None
depends_on = None
PRODUCT = sa.table(
    "elmis_product", sa.column("id", sa.Integer), *(sa.column(n, sa.Boolean) for n in ("tracer", "cold"))
)
COUNT = sa.table(
    "elmis_count", sa.column("what", sa.String), sa.column("state", sa.String), sa.column("covers", sa.Text)
)


def upgrade() -> None:
    """Bring the table forward; of counts of before, the catalogue of today says what they were of."""
    with op.batch_alter_table("elmis_count", schema=None) as batch_op:
        batch_op.add_column(sa.Column("covers", sa.Text(), server_default="", nullable=False))
    for what, flag in (("tracers", PRODUCT.c.tracer), ("cold", PRODUCT.c.cold)):
        ids = op.get_bind().execute(sa.select(PRODUCT.c.id).where(flag).order_by(PRODUCT.c.id)).scalars()
        kept = f",{','.join(map(str, ids))},"
        op.execute(sa.update(COUNT).where(COUNT.c.what == what, COUNT.c.state == "posted").values(covers=kept))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("elmis_count", schema=None) as batch_op:
        batch_op.drop_column("covers")
