"""public holidays, working hours of places, and turns of recurring work that keep to working days."""

import sqlalchemy as sa
from alembic import op

revision = "core_0010"
down_revision = "core_0009"
branch_labels = None
depends_on = None

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_holiday",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("label_fr", sa.String(length=200), nullable=False),
        sa.Column("label_en", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("proposed", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_holiday_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_holiday")),
    )
    op.create_index(op.f("ix_core_holiday_facility_id"), "core_holiday", ["facility_id"])
    op.create_table(
        "core_working_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        *(sa.Column(day, sa.String(length=80), nullable=False) for day in DAYS),
        sa.Column("on_holidays", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_working_hours_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_working_hours")),
        sa.UniqueConstraint("facility_id", name=op.f("uq_core_working_hours_facility_id")),
    )
    with op.batch_alter_table("core_schedule") as batch:
        batch.add_column(sa.Column("base", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("core_schedule") as batch:
        batch.drop_column("base")
    op.drop_table("core_working_hours")
    op.drop_table("core_holiday")
