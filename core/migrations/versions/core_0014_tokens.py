"""tokens of programs; a job knows the token by which it was asked."""

import sqlalchemy as sa
from alembic import op

revision = "core_0014"
down_revision = "core_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("last_used_from", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_token_facility_id")),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_core_token_token_hash")),
    )
    op.create_index(op.f("ix_core_token_user_id"), "core_token", ["user_id"])
    with op.batch_alter_table("core_job") as batch:
        batch.add_column(sa.Column("token_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("core_job") as batch:
        batch.drop_column("token_id")
    op.drop_index(op.f("ix_core_token_user_id"), "core_token")
    op.drop_table("core_token")
