"""the ready-made role of auditors reads whatever the trail names."""

from alembic import op
from sqlalchemy import String, Text, column, table, update

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None
ROLE = table("core_role", column("code", String), column("permissions", Text))
BEFORE, AFTER = "core.audit.view\ncore.user.view", "*.view"


def upgrade() -> None:
    """Bring the rows forward; a role that was changed by hand stays as it is."""
    op.execute(update(ROLE).where(ROLE.c.code == "auditor", ROLE.c.permissions == BEFORE).values(permissions=AFTER))


def downgrade() -> None:
    """Take it back."""
    op.execute(update(ROLE).where(ROLE.c.code == "auditor", ROLE.c.permissions == AFTER).values(permissions=BEFORE))
