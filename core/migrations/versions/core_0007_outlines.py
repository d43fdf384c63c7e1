"""outlines of places."""

import sqlalchemy as sa
from alembic import op

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_facility_outline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["core_facility.id"], name=op.f("fk_core_facility_outline_facility_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_facility_outline")),
        sa.UniqueConstraint("facility_id", name=op.f("uq_core_facility_outline_facility_id")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_facility_outline")
