"""a grant has a first and a last day; the same role may be given again when it has ended."""

import sqlalchemy as sa
from alembic import op

revision = "core_0012"
down_revision = "core_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward: what was given so far has no end."""
    with op.batch_alter_table("core_grant") as batch:
        batch.add_column(sa.Column("first_day", sa.Date(), nullable=True))
        batch.add_column(sa.Column("last_day", sa.Date(), nullable=True))
        batch.drop_constraint("uq_core_grant_user_id_role_id_facility_id", type_="unique")


def downgrade() -> None:
    """Take it back; grants with days go, since without them they would count for ever."""
    op.execute(sa.text("DELETE FROM core_grant WHERE first_day IS NOT NULL OR last_day IS NOT NULL"))
    with op.batch_alter_table("core_grant") as batch:
        batch.create_unique_constraint(
            "uq_core_grant_user_id_role_id_facility_id", ["user_id", "role_id", "facility_id"]
        )
        batch.drop_column("last_day")
        batch.drop_column("first_day")
