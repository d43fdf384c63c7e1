"""A paper is the same however its number is written: "bl 99" came in beside "BL-99", and nobody was asked."""

import sqlalchemy as sa
from alembic import op

from core.data.codes import number_key

revision = "elmis_0016"
down_revision = "elmis_0015"
branch_labels = None
depends_on = None
TABLE, STAGED, INDEX, LENGTH = "elmis_movement", "elmis_staged", "ix_elmis_movement_paper_key", 180


def upgrade() -> None:
    """Add the key to movements, filled for each number once, and to the lines of lists; none of those lie there now."""
    op.execute(sa.delete(sa.table(STAGED)))
    op.add_column(STAGED, sa.Column("paper_key", sa.String(length=LENGTH), nullable=False, server_default=""))
    op.add_column(TABLE, sa.Column("paper_key", sa.String(length=LENGTH), nullable=False, server_default=""))
    _let_change()
    moved = sa.table(TABLE, *map(sa.column, ("paper", "document", "paper_key")))
    connection = op.get_bind()
    for number in ("document", "paper"):  # the number that goods came with stands before that of our slip
        of = moved.c[number]
        named = connection.execute(sa.select(of).where(of != "").distinct()).scalars()
        rows = [{"said": said, "key": number_key(said)} for said in named]
        if rows:
            change = sa.update(moved).where(of == sa.bindparam("said")).values(paper_key=sa.bindparam("key"))
            connection.execute(change, rows)
    given = sa.text("paper_key <> ''")
    op.create_index(INDEX, TABLE, ["paper_key", "target_facility_id"], sqlite_where=given, postgresql_where=given)


def _let_change() -> None:
    """Take away the triggers that keep movements as they were; they are made again when all migrations are done."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    on, names = ("", ("no_update", "no_delete")) if sqlite else (f" ON {TABLE}", ("append_only",))
    for name in names:
        op.execute(f"DROP TRIGGER IF EXISTS {TABLE}_{name}{on}")


def downgrade() -> None:
    """Take the keys away; the numbers stay as they were written."""
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, "paper_key")
    op.drop_column(STAGED, "paper_key")
