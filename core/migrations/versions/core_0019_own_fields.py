"""fields that an administration adds, and their values beside the columns of facilities."""

import sqlalchemy as sa
from alembic import op

revision = "core_0019"
down_revision = "core_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_own_field",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("label_fr", sa.String(length=120), nullable=False),
        sa.Column("label_en", sa.String(length=120), nullable=False),
        sa.Column("help_fr", sa.String(length=300), nullable=False),
        sa.Column("help_en", sa.String(length=300), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_own_field_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_own_field")),
        sa.UniqueConstraint("entity", "code", name=op.f("uq_core_own_field_entity_code")),
    )
    op.create_table(
        "core_own_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label_fr", sa.String(length=120), nullable=False),
        sa.Column("label_en", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["field_id"], ["core_own_field.id"], name=op.f("fk_core_own_choice_field_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_own_choice")),
        sa.UniqueConstraint("field_id", "code", name=op.f("uq_core_own_choice_field_id_code")),
    )
    op.create_index(op.f("ix_core_own_choice_field_id"), "core_own_choice", ["field_id"])
    op.add_column("core_facility", sa.Column("own", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("core_facility", "own")
    op.drop_table("core_own_choice")
    op.drop_table("core_own_field")
