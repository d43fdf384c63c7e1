"""products without lots, proposals about lots, limits of what is taken without a question."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "elmis_0008"
down_revision = "elmis_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.add_column("elmis_product", sa.Column("has_lots", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "elmis_limit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("value > 0", name=op.f("ck_elmis_limit_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_limit")),
        sa.UniqueConstraint("code", name=op.f("uq_elmis_limit_code")),
    )
    op.create_table(
        "elmis_lot_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("apart_id", sa.Integer(), nullable=True),
        sa.Column("expiry", sa.Date(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["elmis_lot.id"], name=op.f("fk_elmis_lot_proposal_lot_id")),
        sa.ForeignKeyConstraint(["apart_id"], ["elmis_lot.id"], name=op.f("fk_elmis_lot_proposal_apart_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_elmis_lot_proposal_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_lot_proposal")),
    )
    op.create_index("ix_elmis_lot_proposal_lot_id", "elmis_lot_proposal", ["lot_id"])
    op.create_index("ix_elmis_lot_proposal_state", "elmis_lot_proposal", ["state"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("elmis_lot_proposal")
    op.drop_table("elmis_limit")
    op.drop_column("elmis_product", "has_lots")
