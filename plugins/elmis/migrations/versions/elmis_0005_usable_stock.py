"""Stock that may not be given out is no stock: holds get their days, turns theirs; policies whose levels do not rise
are mended and refused from now on; imported goods on the way know for whom they are."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "elmis_0005"
down_revision = "elmis_0004"
branch_labels = None
depends_on = None

HERE = ZoneInfo("Africa/Bujumbura")
LEVELS = "0 <= emergency_months AND emergency_months <= min_months AND min_months <= max_months"
BOUND = sa.text("bound_for_id IS NOT NULL")


def upgrade() -> None:
    """Bring the tables forward."""
    with op.batch_alter_table("elmis_movement") as batch:
        batch.add_column(sa.Column("bound_for_id", sa.Integer(), nullable=True))
        batch.create_index("ix_elmis_movement_bound", ["bound_for_id"], sqlite_where=BOUND, postgresql_where=BOUND)
    op.create_table(
        "elmis_lot_hold",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["lot_id"], ["elmis_lot.id"], name=op.f("fk_elmis_lot_hold_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", "since", name=op.f("pk_elmis_lot_hold")),
    )
    _holds()
    _policies()
    op.drop_table("elmis_turn")
    _turns("day", sa.Date())


def _turns(day, kind) -> None:
    month = [sa.Column("month", sa.Integer(), nullable=False)] if day == "day" else []
    op.create_table(
        "elmis_turn",
        sa.Column("facility_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column(day, kind, autoincrement=False, nullable=False),
        *month,
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("there", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["facility_id"], ["core_facility.id"], name=op.f("fk_elmis_turn_facility_id")),
        sa.ForeignKeyConstraint(["product_id"], ["elmis_product.id"], name=op.f("fk_elmis_turn_product_id")),
        sa.PrimaryKeyConstraint("facility_id", "product_id", day, name=op.f("pk_elmis_turn")),
        sqlite_with_rowid=False,
    )
    if day == "day":
        from plugins.elmis.ledger.turns import NAMES, TURN, rebuilt

        op.get_bind().execute(sa.insert(TURN).from_select(NAMES, rebuilt()))


def _holds() -> None:
    """Take the days of past decisions from the history of the lots; one of which no day is known held always."""
    run = op.get_bind().execute
    holds = sa.table(
        "elmis_lot_hold", sa.column("lot_id", sa.Integer), sa.column("since", sa.Date), sa.column("until", sa.Date)
    )
    spans: dict[tuple[int, date], date | None] = {}
    opened: dict[int, date] = {}
    steps = sa.text("SELECT entity_id, action, at FROM core_step WHERE entity = 'elmis.lot' ORDER BY id")
    for lot, action, at in run(steps.columns(at=sa.DateTime(timezone=True))):
        day = _day(at)
        if action == "release" and lot in opened:
            spans[lot, opened.pop(lot)] = day
        elif action in ("hold", "recall") and lot not in opened:
            opened[lot] = day
            spans[lot, day] = None
    for (lot,) in run(sa.text("SELECT id FROM elmis_lot WHERE status <> 'active' OR vvm > 2")):
        if lot not in opened:
            spans[lot, date.min] = None
    rows = [{"lot_id": lot, "since": since, "until": until} for (lot, since), until in spans.items() if until != since]
    if rows:
        run(sa.insert(holds), rows)


def _day(at: datetime) -> date:
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo("UTC"))).astimezone(HERE).date()


def _policies() -> None:
    run = op.get_bind().execute
    run(sa.text("UPDATE elmis_policy SET emergency_months = min_months WHERE emergency_months > min_months"))
    run(sa.text("UPDATE elmis_policy SET max_months = min_months WHERE max_months < min_months"))
    with op.batch_alter_table("elmis_policy") as batch:
        batch.add_column(sa.Column("least_days", sa.Integer(), server_default="15", nullable=False))
        batch.create_check_constraint(op.f("ck_elmis_policy_levels"), LEVELS)
        batch.create_check_constraint(op.f("ck_elmis_policy_days"), "least_days >= 0 AND lead_time_days >= 0")


def downgrade() -> None:
    """Take the tables back; the turns are written anew by the older release's own seed or repair."""
    op.drop_table("elmis_turn")
    _turns("month", sa.Integer())
    with op.batch_alter_table("elmis_policy") as batch:
        batch.drop_constraint(op.f("ck_elmis_policy_days"), type_="check")
        batch.drop_constraint(op.f("ck_elmis_policy_levels"), type_="check")
        batch.drop_column("least_days")
    op.drop_table("elmis_lot_hold")
    with op.batch_alter_table("elmis_movement") as batch:
        batch.drop_index("ix_elmis_movement_bound")
        batch.drop_column("bound_for_id")
