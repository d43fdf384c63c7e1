"""Where a movement stands among the counts of its day, as somebody said later."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "elmis_0011"
down_revision = "elmis_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what is said later of the moment of a movement, which itself is never changed."""
    op.create_table(
        "elmis_placing",
        sa.Column("movement_id", sa.Integer(), nullable=False),
        sa.Column("happened_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["movement_id"], ["elmis_movement.id"], name=op.f("fk_elmis_placing_movement_id")),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_elmis_placing")),
    )


def downgrade() -> None:
    """Forget it: movements stand where they were written down."""
    op.drop_table("elmis_placing")
