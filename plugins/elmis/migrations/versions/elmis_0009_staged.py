"""A history waits in a table while it is looked at."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "elmis_0009"
down_revision = "elmis_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "elmis_staged",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.String(length=80), nullable=False),
        sa.Column("own", sa.Integer(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("counterpart_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("source_physical", sa.Integer(), nullable=False),
        sa.Column("target_physical", sa.Integer(), nullable=False),
        sa.Column("outside", sa.Integer(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason_id", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("arrives", sa.Integer(), nullable=False),
        sa.Column("departs", sa.Integer(), nullable=False),
        sa.Column("unusable", sa.Integer(), nullable=False),
        sa.Column("observation_id", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("document_ref", sa.String(length=80), nullable=False),
        sa.Column("counterpart", sa.String(length=200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "line", name=op.f("pk_elmis_staged")),
    )
    with op.batch_alter_table("elmis_staged", schema=None) as batch_op:
        batch_op.create_index("ix_elmis_staged_source", ["batch", "source", "lot"], unique=False)
        batch_op.create_index("ix_elmis_staged_target", ["batch", "target", "lot"], unique=False)
        batch_op.create_index("ix_elmis_staged_uuid", ["batch", "uuid"], unique=False)

    op.create_table(
        "elmis_staged_id",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("before", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("now", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "kind", "before", name=op.f("pk_elmis_staged_id")),
    )


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("elmis_staged_id")
    op.drop_table("elmis_staged")
