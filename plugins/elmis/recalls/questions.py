"""A proposal is not yet a recall: whoever gives such a lot out is told of it, and says why he does so all the same."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import bindparam, select

from core.contract.words import _
from core.data.db import db
from core.data.work import explain
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.twins import FIRST, with_twins
from plugins.elmis.recalls.models import PROPOSED, Recall

PROPOSALS = (  # of lots, or of those whose number their packs carry
    select(Recall, Lot.id)
    .join(Lot, Recall.lot_id == FIRST)
    .where(Lot.id.in_(bindparam("lots", expanding=True)), Recall.state == PROPOSED, Recall.issued_on <= bindparam("on"))
)


def ask_proposed(lots: Mapping[int, int | None], place: Facility, on: date, field: str | None = None) -> dict[int, str]:
    """Return {lot id: why} of the lots that leave a place although their recall was proposed by that day.

    `lots` is {lot id: line of the form (from 0), or None}. What has no answer yet is noted as a question; what left
    before the proposal is not asked about.
    """
    order = {lot_id: number for number, lot_id in enumerate(lots)}
    asked = db.session.execute(PROPOSALS, {"lots": list(lots), "on": on})
    rows: list[tuple[Recall, int]] = [(row, lot_id) for row, lot_id in asked]
    words = _(
        "A recall of lot %(lot)s of %(product)s is proposed and not decided yet (%(number)s: %(reason)s). Take another "
        "lot, or say why this one is given out all the same."
    )
    found = {}
    for row, lot_id in sorted(rows, key=lambda pair: (pair[0].id, order[pair[1]])):
        facts = {"lot": row.lot.number, "product": row.lot.product.name, "number": row.number, "reason": row.reason}
        about = f"{row.number}/{place.id}"
        found[lot_id] = explain("recall_proposed", words % facts, about=about, field=field, line=lots[lot_id])
    return found


def proposed_lots() -> set[int]:
    """Return the lots whose recall is proposed."""
    return with_twins(select(Recall.lot_id).where(Recall.state == PROPOSED))
