"""Limits of what is taken without a question are settings as all others are."""

import sqlalchemy as sa
from alembic import op

revision = "elmis_0020"
down_revision = "elmis_0019"
branch_labels = None
depends_on = "core_0013"
CODES = {"quantity": 1_000_000, "expiry_years": 10, "months_back": 3, "count_times": 5}  # ordinary ones need no row


def upgrade() -> None:
    """Keep what was set otherwise than is usual."""
    connection = op.get_bind()
    for code, value in connection.execute(sa.text("SELECT code, value FROM elmis_limit")).all():
        if value != CODES.get(code):
            connection.execute(
                sa.text(
                    "INSERT INTO core_setting (code, value, changed_by, changed_at)"
                    " VALUES (:code, :value, '', CURRENT_TIMESTAMP)"
                ),
                {"code": f"elmis.{code}", "value": str(value)},
            )
    op.drop_table("elmis_limit")


def downgrade() -> None:
    """Take them back."""
    op.create_table(
        "elmis_limit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("value > 0", name=op.f("ck_elmis_limit_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elmis_limit")),
        sa.UniqueConstraint("code", name=op.f("uq_elmis_limit_code")),
    )
    connection = op.get_bind()
    for code, usual in CODES.items():
        query = sa.text("SELECT value FROM core_setting WHERE code = :code AND facility_id IS NULL")
        set_ = connection.execute(query, {"code": f"elmis.{code}"}).scalar()
        words = sa.text("INSERT INTO elmis_limit (code, value) VALUES (:code, :value)")
        connection.execute(words, {"code": code, "value": int(set_ or usual)})
    connection.execute(sa.text("DELETE FROM core_setting WHERE code LIKE 'elmis.%'"))
