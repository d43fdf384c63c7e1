"""The number on the supplier's paper has a place of its own beside the number of our slip; it was kept in the comment."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0014"
down_revision = "elmis_0013"
branch_labels = None
depends_on = None
TABLE, INDEX = "elmis_movement", "ix_elmis_movement_paper"


def upgrade() -> None:
    """Add it, empty: what a comment says of a paper stays where it was written, as movements never change."""
    op.add_column(TABLE, sa.Column("paper", sa.String(length=60), nullable=False, server_default=""))
    given = sa.text("paper <> ''")
    op.create_index(INDEX, TABLE, ["paper"], sqlite_where=given, postgresql_where=given)


def downgrade() -> None:
    """Take it away; the numbers are lost."""
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, "paper")
