"""the years of document numbers that are closed, for the country or a facility."""

import sqlalchemy as sa
from alembic import op

from core.data.db import UTCDateTime

revision = "core_0021"
down_revision = "core_0020"
branch_labels = None
depends_on = None
COUNTRY = sa.text("facility_id IS NULL")


def upgrade() -> None:
    """Bring the tables forward."""
    op.create_table(
        "core_closed_year",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("facility_id", sa.Integer(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.Column("closed_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_core_closed_year_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_closed_year")),
    )
    op.create_index(op.f("ix_core_closed_year_facility_id"), "core_closed_year", ["facility_id"])
    op.create_index(
        "uq_core_closed_year_series_year", "core_closed_year", ["series", "year"], unique=True, sqlite_where=COUNTRY,
        postgresql_where=COUNTRY,
    )  # fmt: skip
    op.create_index(
        "uq_core_closed_year_series_year_facility_id",
        "core_closed_year",
        ["series", "year", "facility_id"],
        unique=True,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("core_closed_year")
