"""keys with which people sign on devices."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "core_0024"
down_revision = "core_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_device_key",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("user_version", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(16), nullable=False),
        sa.Column("secret", sa.String(200), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("created_at", core.data.db.UTCDateTime(), nullable=False),
        sa.Column("seen_at", core.data.db.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_device_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_device_key")),
    )
    op.create_index(op.f("ix_core_device_key_user_id"), "core_device_key", ["user_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_device_key")
