"""accounts of programs: what each is for, and who answers for it."""

import sqlalchemy as sa
from alembic import op

revision = "core_0020"
down_revision = "core_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.add_column("core_user", sa.Column("service", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("core_user", sa.Column("purpose", sa.String(length=300), server_default="", nullable=False))
    op.add_column("core_user", sa.Column("contact", sa.String(length=200), server_default="", nullable=False))


def downgrade() -> None:
    """Take it back."""
    for name in ("contact", "purpose", "service"):
        op.drop_column("core_user", name)
