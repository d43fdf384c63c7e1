"""The lines of a list lie in the order of their key: SQLite looked up each of 20,000 rows by itself at every question."""

from collections.abc import Callable

from alembic import op
from sqlalchemy import text

revision = "elmis_0022"
down_revision = "elmis_0021"
branch_labels = None
depends_on = None
TABLE, IN_ORDER = "elmis_staged", " WITHOUT ROWID"


def upgrade() -> None:
    """Make the table anew, in order; nothing lies in it while no list is looked at."""
    _made_anew(lambda words: words + IN_ORDER)


def downgrade() -> None:
    """Make it as it was."""
    _made_anew(lambda words: words.removesuffix(IN_ORDER))


def _made_anew(said: Callable[[str], str]) -> None:
    """Make the table of SQLite anew, by its own words as they are `said` now; PostgreSQL has nothing to choose."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    words = text("SELECT sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL ORDER BY type DESC")
    table, *indexes = connection.execute(words, {"name": TABLE}).scalars().all()
    op.drop_table(TABLE)
    for each in (said(table), *indexes):
        op.execute(each)
