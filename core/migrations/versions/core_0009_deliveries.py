"""a fact says who did it, and each plugin that listens has its own delivery with its own tries."""

import sqlalchemy as sa
from alembic import op

revision = "core_0009"
down_revision = "core_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward; no plugin of the releases before listened, so nothing that waits is lost."""
    op.create_table(
        "core_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Integer(), nullable=False),
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fact_id"], ["core_outbox.id"], name=op.f("fk_core_delivery_fact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_delivery")),
    )
    op.create_index(op.f("ix_core_delivery_due"), "core_delivery", ["due"])
    op.create_index(op.f("ix_core_delivery_fact_id"), "core_delivery", ["fact_id"])
    with op.batch_alter_table("core_outbox") as batch:
        batch.drop_index("ix_core_outbox_due")
        batch.drop_index("ix_core_outbox_done_at")
        batch.alter_column("due", new_column_name="at")
        for name in ("tries", "done_at", "error"):
            batch.drop_column(name)
        batch.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("user_label", sa.String(length=200), server_default="", nullable=False))
    op.create_index(op.f("ix_core_outbox_at"), "core_outbox", ["at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_delivery")
    with op.batch_alter_table("core_outbox") as batch:
        batch.drop_index("ix_core_outbox_at")
        batch.alter_column("at", new_column_name="due")
        batch.drop_column("user_id")
        batch.drop_column("user_label")
        batch.add_column(sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("done_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("error", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_core_outbox_due", "core_outbox", ["due"])
    op.create_index("ix_core_outbox_done_at", "core_outbox", ["done_at"])
