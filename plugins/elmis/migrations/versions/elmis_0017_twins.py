"""Packs kept apart under another expiry know the lot whose number they carry: a recall did not reach them."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0017"
down_revision = "elmis_0016"
branch_labels = None
depends_on = None
TABLE, COLUMN, INDEX = "elmis_lot", "twin_of_id", "ix_elmis_lot_twin_of_id"
ADD = f"ALTER TABLE {TABLE} ADD COLUMN {COLUMN} INTEGER CONSTRAINT fk_{TABLE}_{COLUMN} REFERENCES {TABLE} (id)"


def upgrade() -> None:
    """Add it, as the proposals say; of packs kept apart from others that were kept apart, the lot of those."""
    op.execute(ADD)  # in one statement, which both databases know; a copy of the table would lose what names its rows
    op.create_index(INDEX, TABLE, [COLUMN])
    lot = sa.table(TABLE, *map(sa.column, ("id", COLUMN)))
    said = sa.table("elmis_lot_proposal", *map(sa.column, ("lot_id", "apart_id")))
    first = sa.select(sa.func.min(said.c.lot_id)).where(said.c.apart_id == lot.c.id).scalar_subquery()
    op.execute(sa.update(lot).values(twin_of_id=first))
    above = lot.alias()
    way = sa.select(above.c.twin_of_id).where(above.c.id == lot.c.twin_of_id)
    found = way.scalar_subquery()
    op.execute(sa.update(lot).where(found.is_not(None)).values(twin_of_id=found))


def downgrade() -> None:
    """Forget it; the names and the proposals stay."""
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, COLUMN)
