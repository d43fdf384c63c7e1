"""A proposal is not yet a recall: whoever gives such a lot out is told of it, and says why he does so all the same."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from core.contract.words import _
from core.data.db import db
from core.data.work import explain
from core.facilities.models import Facility
from plugins.elmis.catalogue.twins import firsts, with_twins
from plugins.elmis.recalls.models import PROPOSED, Recall


def ask_proposed(lots: Mapping[int, int | None], place: Facility, on: date, field: str | None = None) -> dict[int, str]:
    """Return {lot id: why} of the lots that leave a place although their recall was proposed by that day.

    `lots` is {lot id: line of the form (from 0), or None}. What has no answer yet is noted as a question; what left
    before the proposal is not asked about.
    """
    printed = firsts(lots)
    query = select(Recall).where(Recall.lot_id.in_(printed.values()), Recall.state == PROPOSED, Recall.issued_on <= on)
    rows = db.session.scalars(query.order_by(Recall.id)).all()
    words = _(
        "A recall of lot %(lot)s of %(product)s is proposed and not decided yet (%(number)s: %(reason)s). Take another "
        "lot, or say why this one is given out all the same."
    )
    found = {}
    for row, lot_id in ((row, lot_id) for row in rows for lot_id in lots if printed[lot_id] == row.lot_id):
        facts = {"lot": row.lot.number, "product": row.lot.product.name, "number": row.number, "reason": row.reason}
        about = f"{row.number}/{place.id}"
        found[lot_id] = explain("recall_proposed", words % facts, about=about, field=field, line=lots[lot_id])
    return found


def proposed_lots() -> set[int]:
    """Return the lots whose recall is proposed."""
    return with_twins(select(Recall.lot_id).where(Recall.state == PROPOSED))
