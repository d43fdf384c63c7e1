"""Which orders wait for a person: to be confirmed, corrected, approved or prepared."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from core.contract.words import _
from core.data.access import Access
from core.data.behalf import names
from core.data.calendar import local
from core.data.db import db
from core.data.kept import per_rights
from core.data.states import Step
from plugins.elmis.requisitions.approvals import TAKEN
from plugins.elmis.requisitions.models import APPROVE, CONVERT, EDIT, Requisition
from plugins.elmis.requisitions.states import WAITING_APPROVAL

DAYS = {"suggested": 5, "returned": 3, "confirmed": 3, "authorised": 3, "in_approval": 3, "approved": 3}
ASKED = {
    "suggested": (_("Confirm the proposed order of %(facility)s"), _("Check")),
    "returned": (_("Correct the returned order of %(facility)s"), _("Correct")),
    "confirmed": (_("Approve the order of %(facility)s"), _("Decide")),
    "authorised": (_("Approve the order of %(facility)s"), _("Decide")),
    "in_approval": (_("Approve the order of %(facility)s"), _("Decide")),
    "approved": (_("Prepare the order of %(facility)s"), _("Prepare")),
}


def turns(access: Access) -> list[str]:
    """Return the things that this person may do to orders."""
    return [turn for turn, (right, _waits) in TURNS.items() if access.can(right)]


def waits(access: Access, turn: str) -> ColumnElement[bool]:
    """Return the condition on the orders that wait for one thing to do."""
    return TURNS[turn][1](access)


def _to_confirm(access: Access) -> ColumnElement[bool]:
    own = Requisition.facility_id.in_(access.facility_ids(EDIT))
    return and_(Requisition.state.in_(("suggested", "returned")), own)


def _to_approve(access: Access) -> ColumnElement[bool]:
    mine, *lent = [
        (person, Requisition.place_id.in_(part.facility_ids(APPROVE)) if part.can(APPROVE) else false())
        for person, part in access.hands()
    ]
    here = or_(mine[1], *(and_(place, ~_signed(person)) for person, place in lent))
    return and_(Requisition.state.in_(WAITING_APPROVAL), here, ~_signed(access.user_id))


def _to_prepare(access: Access) -> ColumnElement[bool]:
    return and_(Requisition.state == "approved", Requisition.supplier_id.in_(access.facility_ids(CONVERT)))


TURNS = {"confirm": (EDIT, _to_confirm), "approve": (APPROVE, _to_approve), "prepare": (CONVERT, _to_prepare)}
MINE, LAST = aliased(Step), aliased(Step)


def _signed(person: int | None) -> ColumnElement[bool]:
    """Return the condition that a person confirmed or signed the order since it was last confirmed, or another for
    him."""
    mine, last = MINE, LAST
    of = Requisition.__entity__
    confirmed = select(func.max(last.id)).where(last.entity == of, last.entity_id == Requisition.id)
    confirmed = confirmed.where(last.action == "confirm").correlate(Requisition)
    steps = select(mine.id).where(mine.entity == of, mine.entity_id == Requisition.id, mine.action.in_(TAKEN))
    his = or_(mine.user_id == person, names(mine.behalf, person))
    signed = steps.where(his, mine.id >= confirmed.scalar_subquery())
    return or_(Requisition.confirmed_by_id.is_not_distinct_from(person), signed.correlate(Requisition).exists())


def number_of(access: Access, turn: str) -> int:
    """Return how many orders wait for one thing to do."""
    return int(db.session.scalar(select(func.count()).select_from(Requisition).where(waits(access, turn))) or 0)


def rows(access: Access, turn: str, limit: int) -> Sequence[Requisition]:
    """Return the orders that wait for one thing to do, those that wait longest first."""
    return db.session.scalars(_first(access, turn, limit)).all()


@per_rights
def _first(access: Access, turn: str, limit: int) -> Select[Any]:
    query = select(Requisition).where(waits(access, turn)).options(joinedload(Requisition.facility))
    return query.order_by(Requisition.moved_at, Requisition.id).limit(limit)


def due(row: Requisition) -> date:
    """Return until when the order should be dealt with."""
    return local(row.moved_at).date() + timedelta(days=DAYS[row.state])
