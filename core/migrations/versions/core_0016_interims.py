"""one person stands in for another; the trail and the steps of documents say for whom something was done."""

import sqlalchemy as sa
from alembic import op

revision = "core_0016"
down_revision = "core_0015"
branch_labels = None
depends_on = None
TRAILS = ("core_audit", "core_step")


def upgrade() -> None:
    """Bring the tables forward: what was done so far was done for nobody else."""
    op.create_table(
        "core_interim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("absent_id", sa.Integer(), nullable=False),
        sa.Column("absent_name", sa.String(length=200), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=False),
        sa.Column("stand_in_name", sa.String(length=200), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("ended_why", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("absent_id <> stand_in_id", name=op.f("ck_core_interim_two_people")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_core_interim_days_in_order")),
        sa.ForeignKeyConstraint(["absent_id"], ["core_user.id"], name=op.f("fk_core_interim_absent_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_interim_facility_id")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["core_user.id"], name=op.f("fk_core_interim_stand_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_interim")),
    )
    op.create_index(op.f("ix_core_interim_absent_id"), "core_interim", ["absent_id"])
    op.create_index(op.f("ix_core_interim_stand_in_id"), "core_interim", ["stand_in_id"])
    op.create_table(
        "core_interim_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("interim_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["interim_id"], ["core_interim.id"], name=op.f("fk_core_interim_role_interim_id")),
        sa.ForeignKeyConstraint(["role_id"], ["core_role.id"], name=op.f("fk_core_interim_role_role_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_interim_role")),
        sa.UniqueConstraint("interim_id", "role_id", name=op.f("uq_core_interim_role_interim_id_role_id")),
    )
    op.create_index(op.f("ix_core_interim_role_interim_id"), "core_interim_role", ["interim_id"])
    for name in TRAILS:
        op.add_column(name, sa.Column("behalf", sa.String(length=80), server_default="", nullable=False))


def downgrade() -> None:
    """Take it back."""
    for name in TRAILS:
        op.drop_column(name, "behalf")
    op.drop_table("core_interim_role")
    op.drop_table("core_interim")
