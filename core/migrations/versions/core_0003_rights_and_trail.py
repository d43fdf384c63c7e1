"""roles belong to places, links know their maker."""

import sqlalchemy as sa
from alembic import op

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward: the roles there are belong to the whole country, as they did."""
    op.execute(  # no batch: SQLite cannot make a table anew that others refer to
        "ALTER TABLE core_role ADD COLUMN facility_id INTEGER "
        "CONSTRAINT fk_core_role_facility_id REFERENCES core_facility (id)"
    )
    op.add_column("core_invitation", sa.Column("maker_id", sa.Integer(), nullable=True))
    op.execute("DELETE FROM core_invitation")  # nobody knows who made them


def downgrade() -> None:
    """Take it back."""
    op.drop_column("core_invitation", "maker_id")
    op.drop_column("core_role", "facility_id")
