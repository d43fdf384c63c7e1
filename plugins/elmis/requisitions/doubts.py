"""What is asked before an order is confirmed: the stock has changed since, or it is unusually large."""

from decimal import Decimal

from sqlalchemy import func, or_, select

from core.contract.words import _, ngettext
from core.data.db import db
from core.data.work import ask
from plugins.elmis.ledger.models import Movement
from plugins.elmis.requisitions.models import Requisition

MANY_TIMES, YEAR = 3, 12  # an order of so many times the suggestion, a line of so many months' use, is asked about
UNASKED = Decimal(1_000_000)  # what may cost so much is not asked about, whatever is suggested


def ask_moved(row: Requisition) -> None:
    """Ask about an order whose articles have moved at its facility since it was computed."""
    moved = Movement.__table__.c
    here = or_(moved.source_facility_id == row.facility_id, moved.target_facility_id == row.facility_id)
    ordered = {line.product_id for line in row.lines if line.quantity}
    query = select(func.count(moved.product_id.distinct()), func.max(moved.id)).where(
        here, moved.recorded_at > row.computed_at, moved.product_id.in_(ordered)
    )
    number, last = db.session.connection().execute(query).one()
    if number:
        words = ngettext(
            "The stock of %(num)d article has changed since this order was computed. Order as it is?",
            "The stock of %(num)d articles has changed since this order was computed. Order as it is?",
            number,
        )
        ask("requisition.moved", words, about=f"{row.id}/{last}")


def ask_unusual(row: Requisition) -> None:
    """Ask about an order that costs many times what is suggested, and about a line of more than a year's use."""
    suggested = sum(((line.suggested or 0) * (line.unit_price or Decimal(0)) for line in row.lines), Decimal(0))
    if row.total > max(MANY_TIMES * suggested, UNASKED):
        words = _(
            "This order costs %(total)s; what is suggested costs %(suggested)s. Is that right?",
            total=f"{row.total:,.0f}".replace(",", "\N{NO-BREAK SPACE}"),
            suggested=f"{suggested:,.0f}".replace(",", "\N{NO-BREAK SPACE}"),
        )  # fmt: skip
        ask("requisition.total", words, about=f"{row.id}/{row.total}")
    for line in row.lines:
        if line.cmm and line.requested and line.requested > YEAR * line.cmm:
            words = _(
                "%(product)s: %(quantity)s are more than a year's use. Is that right?",
                product=line.product.name, quantity=line.requested,
            )  # fmt: skip
            ask("requisition.year", words, about=f"{line.id}/{line.requested}")
