"""inventory campaigns and disposals."""

import sqlalchemy as sa
from alembic import op

import core.data.db

revision = "gmao_0007"
down_revision = "gmao_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "gmao_campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_at", core.data.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("counted_at", core.data.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("validated_at", core.data.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("validated_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_gmao_campaign_days")),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_gmao_campaign_facility_id")),
        sa.UniqueConstraint("number", name=op.f("uq_gmao_campaign_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_campaign")),
    )
    with op.batch_alter_table("gmao_campaign", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gmao_campaign_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_campaign_state"), ["state"], unique=False)

    op.create_table(
        "gmao_campaign_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("equipment_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("building", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["gmao_campaign.id"], name=op.f("fk_gmao_campaign_line_campaign_id")),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["gmao_equipment.id"], name=op.f("fk_gmao_campaign_line_equipment_id")
        ),
        sa.UniqueConstraint("campaign_id", "equipment_id", name=op.f("uq_gmao_campaign_line_campaign_id_equipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_campaign_line")),
    )
    with op.batch_alter_table("gmao_campaign_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gmao_campaign_line_equipment_id"), ["equipment_id"], unique=False)

    op.create_table(
        "gmao_campaign_scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("equipment_id", sa.Integer(), nullable=True),
        sa.Column("tag", sa.String(length=200), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("building", sa.String(length=80), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("because", sa.String(length=20), nullable=True),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("scanned_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("scanned_by", sa.String(length=200), nullable=False),
        sa.Column("scanned_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["gmao_campaign.id"], name=op.f("fk_gmao_campaign_scan_campaign_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_gmao_campaign_scan_facility_id")),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["gmao_equipment.id"], name=op.f("fk_gmao_campaign_scan_equipment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_campaign_scan")),
    )
    with op.batch_alter_table("gmao_campaign_scan", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_gmao_campaign_scan_campaign_id"), ["campaign_id", "equipment_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_gmao_campaign_scan_equipment_id"), ["equipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_campaign_scan_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_campaign_scan_scanned_at"), ["scanned_at"], unique=False)

    op.create_table(
        "gmao_campaign_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("equipment_id", sa.Integer(), nullable=True),
        sa.Column("scan_id", sa.Integer(), nullable=True),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("before", sa.String(length=300), nullable=False),
        sa.Column("after", sa.String(length=300), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_at", core.data.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["gmao_campaign.id"], name=op.f("fk_gmao_campaign_decision_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["gmao_equipment.id"], name=op.f("fk_gmao_campaign_decision_equipment_id")
        ),
        sa.ForeignKeyConstraint(["scan_id"], ["gmao_campaign_scan.id"], name=op.f("fk_gmao_campaign_decision_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_campaign_decision")),
    )
    with op.batch_alter_table("gmao_campaign_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_gmao_campaign_decision_campaign_id"), ["campaign_id", "kind"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_gmao_campaign_decision_equipment_id"), ["equipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_campaign_decision_scan_id"), ["scan_id"], unique=False)

    op.create_table(
        "gmao_disposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("because", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("assessed_by", sa.String(length=200), nullable=False),
        sa.Column("committee_on", sa.Date(), nullable=True),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=True),
        sa.Column("disposed_on", sa.Date(), nullable=True),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("paper", sa.String(length=120), nullable=False),
        sa.Column("proceeds", core.data.db.Money(), nullable=True),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_gmao_disposal_facility_id")),
        sa.UniqueConstraint("number", name=op.f("uq_gmao_disposal_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_disposal")),
    )
    with op.batch_alter_table("gmao_disposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gmao_disposal_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_disposal_proposed_by_id"), ["proposed_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gmao_disposal_state"), ["state"], unique=False)

    op.create_table(
        "gmao_disposal_piece",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("equipment_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("was", sa.String(length=20), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("opinion", sa.String(length=300), nullable=False),
        sa.Column("repair_cost", core.data.db.Money(), nullable=True),
        sa.Column("value", core.data.db.Money(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["gmao_disposal.id"], name=op.f("fk_gmao_disposal_piece_case_id")),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["gmao_equipment.id"], name=op.f("fk_gmao_disposal_piece_equipment_id")
        ),
        sa.UniqueConstraint("case_id", "equipment_id", name=op.f("uq_gmao_disposal_piece_case_id_equipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gmao_disposal_piece")),
    )
    with op.batch_alter_table("gmao_disposal_piece", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gmao_disposal_piece_equipment_id"), ["equipment_id"], unique=False)


def downgrade() -> None:
    """Take the tables back."""
    op.drop_table("gmao_disposal_piece")
    op.drop_table("gmao_disposal")
    op.drop_table("gmao_campaign_decision")
    op.drop_table("gmao_campaign_scan")
    op.drop_table("gmao_campaign_line")
    op.drop_table("gmao_campaign")
