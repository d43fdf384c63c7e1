"""clocks of what waits in a state, and the codes of reasons."""

import sqlalchemy as sa
from alembic import op

revision = "core_0018"
down_revision = "core_0017"
branch_labels = None
depends_on = None

RUNS = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Bring the tables forward; `amagara db upgrade` then begins the clocks of what waits already."""
    op.create_table(
        "core_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(length=40), nullable=False),
        sa.Column("right", sa.String(length=80), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("besides", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("up_right", sa.String(length=80), nullable=False),
        sa.Column("up_place_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_clock")),
    )
    op.create_index("ix_core_clock_row", "core_clock", ["entity", "entity_id"])
    for name, column in (("place", "place_id"), ("user", "user_id"), ("up", "up_place_id")):
        op.create_index(f"ix_core_clock_{name}", "core_clock", [column], sqlite_where=RUNS, postgresql_where=RUNS)
    told = sa.text("ended_at IS NULL AND next_at IS NOT NULL")
    op.create_index("ix_core_clock_next", "core_clock", ["next_at"], sqlite_where=told, postgresql_where=told)
    op.add_column("core_step", sa.Column("code", sa.String(length=40), server_default="", nullable=False))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("core_step") as batch:
        batch.drop_column("code")
    op.drop_table("core_clock")
