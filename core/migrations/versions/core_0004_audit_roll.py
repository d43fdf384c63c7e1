"""a signed list of the streams of the trail.

The heads that are there carry their signatures already; each is checked by it once, and the list is signed over
them. A chain that was whole stays verifiable; one that was not stops the upgrade, which names it.
"""

import sqlalchemy as sa
from alembic import op

from core.data import audit

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_audit_roll",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_audit_roll")),
    )
    audit.first_roll(op.get_bind())


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_audit_roll")
