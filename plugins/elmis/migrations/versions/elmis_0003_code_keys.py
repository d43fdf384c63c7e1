"""codes and numbers are compared by a key."""

from alembic import op

from core.data.codes import add_key

revision = "elmis_0003"
down_revision = "elmis_0002"
branch_labels = None
depends_on = None

KEYS = (
    ("elmis_programme", "code_key", "code", 20, ()),
    ("elmis_product", "code_key", "code", 40, ()),
    ("elmis_lot", "number_key", "number", 60, ("product_id",)),
    ("elmis_location", "name_key", "name", 120, ("facility_id", "kind")),
)


def upgrade() -> None:
    """Bring the tables forward."""
    for table, key, of, length, within in KEYS:
        add_key(op, table, key, of, length, within)


def downgrade() -> None:
    """Take it back."""
    for table, key, _of, _length, within in KEYS:
        op.drop_index(f"ix_{table}_{'_'.join((*within, key))}", table)
        op.drop_column(table, key)
