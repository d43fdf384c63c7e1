"""cold chain."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "gmao_0006"
down_revision = "gmao_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("gmao_model", schema=None) as batch_op:
        batch_op.add_column(sa.Column("litres", core.data.db.Money(), nullable=True))
        batch_op.add_column(sa.Column("freezer_litres", core.data.db.Money(), nullable=True))
        batch_op.add_column(sa.Column("holdover", sa.Integer(), nullable=True))

    op.create_table(
        "gmao_cold_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("equipment_id", sa.Integer(), nullable=False),
        sa.Column("logger", sa.String(length=80), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("serial_key", sa.String(length=240), nullable=False),
        sa.Column("store", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["equipment_id"], ["gmao_equipment.id"], name=op.f("fk_gmao_cold_unit_equipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_cold_unit")),
        sa.UniqueConstraint("equipment_id", name=op.f("uq_gmao_cold_unit_equipment_id")),
    )
    with op.batch_alter_table("gmao_cold_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gmao_cold_unit_serial_key"), ["serial_key"], unique=False)

    op.create_table(
        "gmao_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("equipment_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("celsius", core.data.db.Money(), nullable=True),
        sa.Column("recorded_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["equipment_id"], ["gmao_equipment.id"], name=op.f("fk_gmao_reading_equipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_reading")),
        sa.UniqueConstraint("equipment_id", "source", "at", name=op.f("uq_gmao_reading_equipment_id_source_at")),
    )
    op.create_table(
        "gmao_breach",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("equipment_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("started_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("worst", core.data.db.Money(), nullable=False),
        sa.Column("found_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("stock", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["equipment_id"], ["gmao_equipment.id"], name=op.f("fk_gmao_breach_equipment_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_gmao_breach_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_breach")),
        sa.UniqueConstraint("number", name=op.f("uq_gmao_breach_number")),
    )
    with op.batch_alter_table("gmao_breach", schema=None) as batch_op:
        batch_op.create_index("ix_gmao_breach_equipment_started", ["equipment_id", "started_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_breach_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_breach_state"), ["state"], unique=False)


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("gmao_breach")
    op.drop_table("gmao_reading")
    op.drop_table("gmao_cold_unit")
    with op.batch_alter_table("gmao_model", schema=None) as batch_op:
        batch_op.drop_column("holdover")
        batch_op.drop_column("freezer_litres")
        batch_op.drop_column("litres")
