"""documents and photos of objects."""

import sqlalchemy as sa
from alembic import op

from core.data.db import UTCDateTime

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None
HERE = sa.text("state = 'kept'")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.Column("added_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.String(length=200), nullable=False),
        sa.Column("removed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("removed_why", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_file_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_file")),
    )
    for column in ("facility_id", "name", "sha256"):
        op.create_index(op.f(f"ix_core_file_{column}"), "core_file", [column])
    op.create_index("ix_core_file_object", "core_file", ["entity", "object_id"])
    op.create_index(
        "uq_core_file_here", "core_file", ["entity", "object_id", "sha256"], unique=True, sqlite_where=HERE,
        postgresql_where=HERE,
    )  # fmt: skip


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_file")
