"""webhooks: where facts are sent to, and what is on its way."""

import sqlalchemy as sa
from alembic import op

from core.data.db import UTCDateTime

revision = "core_0022"
down_revision = "core_0021"
branch_labels = None
depends_on = None
OPEN = sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text(), nullable=False),
        sa.Column("former_until", UTCDateTime(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_webhook_facility_id")),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_webhook_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_webhook")),
    )
    op.create_index(op.f("ix_core_webhook_facility_id"), "core_webhook", ["facility_id"])
    op.create_index(op.f("ix_core_webhook_user_id"), "core_webhook", ["user_id"])
    op.create_table(
        "core_webhook_parcel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hook_id", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("taken_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("said", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["hook_id"], ["core_webhook.id"], name=op.f("fk_core_webhook_parcel_hook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_webhook_parcel")),
        sa.UniqueConstraint("hook_id", "fact_id", name=op.f("uq_core_webhook_parcel_hook_id_fact_id")),
    )
    op.create_index(op.f("ix_core_webhook_parcel_hook_id"), "core_webhook_parcel", ["hook_id"])
    op.create_index(op.f("ix_core_webhook_parcel_ended_at"), "core_webhook_parcel", ["ended_at"])
    op.create_index(
        "ix_core_webhook_parcel_due", "core_webhook_parcel", ["due"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_webhook_parcel")
    op.drop_table("core_webhook")
