"""A store is asked to give what it has too much of."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0010"
down_revision = "elmis_0009"
branch_labels = None
depends_on = None

TABLE = "elmis_transfer_request"
SIDES = {"supplier_id": "core_facility", "facility_id": "core_facility", "product_id": "elmis_product",
         "lot_id": "elmis_lot", "shipment_id": "elmis_shipment"}  # fmt: skip


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=name == "shipment_id") for name in SIDES),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_elmis_transfer_request_positive")),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_{TABLE}_{name}"))
            for name, table in SIDES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_transfer_request")),
        sa.UniqueConstraint("number", name=op.f("uq_elmis_transfer_request_number")),
    )
    with op.batch_alter_table(TABLE, schema=None) as batch_op:
        for name in ("facility_id", "product_id", "lot_id", "shipment_id", "state"):
            batch_op.create_index(batch_op.f(f"ix_elmis_transfer_request_{name}"), [name], unique=False)
        batch_op.create_index("ix_elmis_transfer_request_supplier_state", ["supplier_id", "state"], unique=False)
        batch_op.create_index("ix_elmis_transfer_request_asker_state", ["asked_by_id", "state"], unique=False)


def downgrade() -> None:
    """Take the table back."""
    op.drop_table(TABLE)
