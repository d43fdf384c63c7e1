"""a count names its store and what it covers; each line keeps the moment when it was counted."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "elmis_0006"
down_revision = "elmis_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("elmis_count", schema=None) as batch_op:
        batch_op.add_column(sa.Column("location_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("what", sa.String(length=40), server_default="all", nullable=False))
    op.execute(
        "UPDATE elmis_count SET location_id = (SELECT id FROM elmis_location WHERE kind = 'store' AND name = '' "
        "AND elmis_location.facility_id = elmis_count.facility_id)"
    )
    with op.batch_alter_table("elmis_count", schema=None) as batch_op:
        batch_op.alter_column("location_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("what", existing_type=sa.String(length=40), server_default=None)
        batch_op.create_foreign_key(batch_op.f("fk_elmis_count_location_id"), "elmis_location", ["location_id"], ["id"])
    with op.batch_alter_table("elmis_count_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counted_at", core.data.db.UTCDateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE elmis_count_line SET counted_at = (SELECT created_at FROM elmis_count WHERE elmis_count.id = count_id) "
        "WHERE counted IS NOT NULL"
    )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("elmis_count_line", schema=None) as batch_op:
        batch_op.drop_column("counted_at")
    with op.batch_alter_table("elmis_count", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_elmis_count_location_id"), type_="foreignkey")
        batch_op.drop_column("what")
        batch_op.drop_column("location_id")
