"""notices of people, their messages on the way, and what each person has chosen."""

import sqlalchemy as sa
from alembic import op

from core.data.db import UTCDateTime

revision = "core_0011"
down_revision = "core_0010"
branch_labels = None
depends_on = None
UNREAD, OPEN = sa.text("read_at IS NULL"), sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_label", sa.String(length=200), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("read_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_notice_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_notice")),
        sa.UniqueConstraint("user_id", "event_id", name=op.f("uq_core_notice_user_id_event_id")),
    )
    op.create_index("ix_core_notice_person", "core_notice", ["user_id", "id"])
    op.create_index(
        "ix_core_notice_unread", "core_notice", ["user_id", "id"], sqlite_where=UNREAD, postgresql_where=UNREAD
    )
    op.create_table(
        "core_notice_choices",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mail", sa.String(length=10), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Text(), nullable=False),
        sa.Column("refused_address", sa.String(length=200), nullable=False),
        sa.Column("refused_why", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_notice_choices_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_core_notice_choices")),
    )
    op.create_table(
        "core_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due", UTCDateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=60), nullable=False),
        sa.Column("taken_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["core_notice.id"], name=op.f("fk_core_message_notice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["core_user.id"], name=op.f("fk_core_message_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_message")),
        sa.UniqueConstraint("notice_id", "channel", name=op.f("uq_core_message_notice_id_channel")),
    )
    op.create_index("ix_core_message_due", "core_message", ["due"], sqlite_where=OPEN, postgresql_where=OPEN)
    for column in ("ended_at", "user_id"):
        op.create_index(op.f(f"ix_core_message_{column}"), "core_message", [column])


def downgrade() -> None:
    """Take it back."""
    for table in ("core_message", "core_notice_choices", "core_notice"):
        op.drop_table(table)
