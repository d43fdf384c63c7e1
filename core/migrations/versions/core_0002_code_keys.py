"""codes of facilities are compared by a key."""

from alembic import op

from core.data.codes import add_key

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    add_key(op, "core_facility", "code_key", "code", 40)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_core_facility_code_key", "core_facility")
    op.drop_column("core_facility", "code_key")
