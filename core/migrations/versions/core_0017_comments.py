"""what people say about objects."""

import sqlalchemy as sa
from alembic import op

from core.data.db import UTCDateTime

revision = "core_0017"
down_revision = "core_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentioned", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("edited_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_why", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_comment_facility_id")),
        sa.ForeignKeyConstraint(["answers_id"], ["core_comment.id"], name=op.f("fk_core_comment_answers_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_comment")),
    )
    op.create_index(op.f("ix_core_comment_facility_id"), "core_comment", ["facility_id"])
    op.create_index("ix_core_comment_object", "core_comment", ["entity", "object_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_comment")
