"""what an administration has set, for the country or a facility."""

import sqlalchemy as sa
from alembic import op

from core.data.db import UTCDateTime

revision = "core_0013"
down_revision = "core_0012"
branch_labels = None
depends_on = None
COUNTRY = sa.text("facility_id IS NULL")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("value", sa.String(length=500), nullable=True),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_setting_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_setting")),
    )
    op.create_index(op.f("ix_core_setting_facility_id"), "core_setting", ["facility_id"])
    op.create_index(
        "uq_core_setting_code", "core_setting", ["code"], unique=True, sqlite_where=COUNTRY, postgresql_where=COUNTRY
    )
    op.create_index("uq_core_setting_code_facility_id", "core_setting", ["code", "facility_id"], unique=True)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_setting")
