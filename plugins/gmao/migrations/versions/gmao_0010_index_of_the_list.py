"""The index of orders by facility and state answers for the facets of their list alone.

Revision ID: gmao_0010
Revises: gmao_0005
"""

from alembic import op

revision = "gmao_0010"
down_revision = "gmao_0005"
branch_labels = None
depends_on = None
NAME, TABLE = "ix_gmao_workorder_facility_state", "gmao_workorder"


def upgrade() -> None:
    _made_of("facility_id", "state", "kind", "priority", "workshop_id")


def downgrade() -> None:
    _made_of("facility_id", "state")


def _made_of(*columns: str) -> None:
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, list(columns))
