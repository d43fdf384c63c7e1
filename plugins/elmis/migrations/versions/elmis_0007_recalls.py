"""Recalls with the places they have to reach, and who may send goods to whom."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0007"
down_revision = "elmis_0006"
branch_labels = None
depends_on = None

FIGURES = ("held", "quarantined", "sent_back", "destroyed")
KINDS = ("depot", "care", "unit")


def upgrade() -> None:
    """Add the tables; a house that moves goods already may send as it did, but not to where no stock is kept."""
    route = op.create_table(
        "elmis_route",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_kind", sa.String(length=20), nullable=False),
        sa.Column("to_kind", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_route")),
        sa.UniqueConstraint("from_kind", "to_kind", name=op.f("uq_elmis_route_from_kind_to_kind")),
    )
    op.create_table(
        "elmis_recall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["elmis_lot.id"], name=op.f("fk_elmis_recall_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_recall")),
        sa.UniqueConstraint("number", name=op.f("uq_elmis_recall_number")),
    )
    with op.batch_alter_table("elmis_recall", schema=None) as batch_op:
        for name in ("lot_id", "state"):
            batch_op.create_index(batch_op.f(f"ix_elmis_recall_{name}"), [name], unique=False)
    counted = "held >= 0 AND quarantined >= 0 AND sent_back >= 0 AND destroyed >= 0"
    op.create_table(
        "elmis_recall_site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recall_id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.CheckConstraint(counted, name=op.f("ck_elmis_recall_site_counted")),
        sa.ForeignKeyConstraint(["recall_id"], ["elmis_recall.id"], name=op.f("fk_elmis_recall_site_recall_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_elmis_recall_site_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_recall_site")),
        sa.UniqueConstraint("recall_id", "facility_id", name=op.f("uq_elmis_recall_site_recall_id_facility_id")),
    )
    with op.batch_alter_table("elmis_recall_site", schema=None) as batch_op:
        for name in ("facility_id", "state"):
            batch_op.create_index(batch_op.f(f"ix_elmis_recall_site_{name}"), [name], unique=False)
    if op.get_bind().execute(sa.text("SELECT count(*) FROM elmis_reason")).scalar():
        ways = [{"from_kind": one, "to_kind": other} for one in KINDS for other in KINDS]
        op.bulk_insert(route, ways)


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("elmis_recall_site")
    op.drop_table("elmis_recall")
    op.drop_table("elmis_route")
