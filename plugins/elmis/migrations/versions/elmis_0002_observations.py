"""what counts saw is kept: observations, and the place of a movement among the counts of its day."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "elmis_0002"
down_revision = "elmis_0001"
branch_labels = None
depends_on = None
OF_A_COUNT = sa.text("observation_id IS NOT NULL")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "elmis_observation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=80), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("counted_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("user_label", sa.String(length=200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("document_ref", sa.String(length=80), nullable=False),
        sa.Column("import_run", sa.Integer(), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_elmis_observation_quantity")),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_elmis_observation_facility_id")),
        sa.ForeignKeyConstraint(["location_id"], ["elmis_location.id"], name=op.f("fk_elmis_observation_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["elmis_lot.id"], name=op.f("fk_elmis_observation_lot_id")),
        sa.ForeignKeyConstraint(["product_id"], ["elmis_product.id"], name=op.f("fk_elmis_observation_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_observation")),
        sa.UniqueConstraint(
            "location_id",
            "lot_id",
            "counted_on",
            "counted_at",
            name=op.f("uq_elmis_observation_location_id_lot_id_counted_on_counted_at"),
        ),
        sa.UniqueConstraint("uuid", name=op.f("uq_elmis_observation_uuid")),
    )
    with op.batch_alter_table("elmis_observation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_elmis_observation_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_elmis_observation_lot_id"), ["lot_id"], unique=False)
    # a column with its reference in one statement: no database has to copy the table of movements
    op.execute("ALTER TABLE elmis_movement ADD COLUMN happened_at TIMESTAMP WITH TIME ZONE")
    op.execute(
        "ALTER TABLE elmis_movement ADD COLUMN observation_id INTEGER "
        "CONSTRAINT fk_elmis_movement_observation_id REFERENCES elmis_observation (id)"
    )
    op.create_index(
        "ix_elmis_movement_observation_id", "elmis_movement", ["observation_id"], unique=False,
        sqlite_where=OF_A_COUNT, postgresql_where=OF_A_COUNT,
    )  # fmt: skip


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_elmis_movement_observation_id", table_name="elmis_movement")
    with op.batch_alter_table("elmis_movement", schema=None) as batch_op:
        batch_op.drop_column("observation_id")
        batch_op.drop_column("happened_at")
    op.drop_table("elmis_observation")
