"""Who supplies a facility, and who must approve its requisitions, one after the other."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from sqlalchemy import and_, case, select
from sqlalchemy.orm import aliased

from core.contract.ports import Words
from core.contract.words import _, label_of
from core.data.access import Access, current
from core.data.db import db
from core.data.errors import Refused
from core.data.states import Step, history
from core.data.work import ask
from core.facilities.models import OPEN, Facility, FacilityType
from core.users.directory.services import Holder, holders_at, named
from plugins.elmis.requisitions.models import (
    APPROVE,
    ITSELF,
    REPORT,
    SUPPLIER,
    ApprovalLevel,
    Requisition,
    SupplyLine,
    signatures_in,
)
from plugins.elmis.requisitions.states import OPEN_TO_EDITS, WAITING_APPROVAL

DEPOT = "depot"  # the kind of facility types that supply others
USUAL = ("district",)  # where a type without levels of its own is approved


def supplier_of(facility: Facility) -> Facility:
    """Return who supplies a facility; Refused if nobody does."""
    found = known_supplier(facility)
    if found is None:
        raise Refused(_("No depot supplies %(facility)s: give it a supply line.", facility=facility.name))
    return found


def known_supplier(facility: Facility) -> Facility | None:
    """Return who supplies a facility: its supply line, else the nearest depot up the tree, else None."""
    chosen = db.session.scalar(select(SupplyLine.supplier_id).where(SupplyLine.facility_id == facility.id))
    return db.session.get(Facility, chosen) if chosen else nearest_depot(facility)


def nearest_depot(facility: Facility) -> Facility | None:
    """Return the open depot that lies directly below the nearest place above the facility, or None."""
    above = facility.ancestor_ids
    if not above:
        return None
    depth = case({place: number for number, place in enumerate(above)}, value=Facility.parent_id)
    query = (
        select(Facility)
        .join(FacilityType, Facility.type_id == FacilityType.id)
        .where(Facility.parent_id.in_(above), FacilityType.kind == DEPOT, Facility.status == OPEN)
        .where(Facility.id != facility.id)
        .order_by(depth.desc(), Facility.code)
        .limit(1)
    )
    return db.session.scalar(query)


def levels_of(facility: Facility) -> list[str]:
    """Return the places of approval of a facility's requisitions, the first one first."""
    query = select(ApprovalLevel.place).where(ApprovalLevel.type_id == facility.type_id)
    return list(db.session.scalars(query.order_by(ApprovalLevel.position))) or list(USUAL)


def places() -> dict[str, Any]:
    """Return {code: label} of where requisitions may be approved."""
    areas = select(FacilityType).where(FacilityType.kind.in_(("area", "office"))).order_by(FacilityType.level.desc())
    found = {row.code: label_of(row) for row in db.session.scalars(areas)}
    return {ITSELF: _("The facility's own head"), **found, SUPPLIER: _("The supplier")}


def needs_authorisation(requisition: Requisition) -> bool:
    """Return whether the facility's own head signs before the requisition leaves."""
    return ITSELF in levels_of(requisition.facility)


def approval_places(requisition: Requisition) -> list[Facility]:
    """Return where a requisition must be approved, one place after the other; at least the place directly above."""
    return _approval_places(requisition, *_levels(requisition.facility))


def _approval_places(requisition: Requisition, levels: Sequence[str], areas: Mapping[str, Facility]) -> list[Facility]:
    codes = [code for code in levels if code != ITSELF]
    places = [requisition.supplier if code == SUPPLIER else areas.get(code) for code in codes]
    found = [place for place in places if place is not None]
    return found or [requisition.facility.parent or requisition.facility]


def _levels(facility: Facility) -> tuple[list[str], dict[str, Facility]]:
    """Return the levels of approval, and the places above a facility by level, the nearest of each."""
    kind, area = aliased(FacilityType), aliased(Facility)
    above = and_(area.type_id == kind.id, area.id.in_(facility.ancestor_ids))
    query = select(ApprovalLevel.place, area).where(ApprovalLevel.type_id == facility.type_id)
    query = query.outerjoin(kind, kind.code == ApprovalLevel.place).outerjoin(area, above)
    rows = [(code, place) for code, place in db.session.execute(query.order_by(ApprovalLevel.position, area.path))]
    if not rows:
        return list(USUAL), _areas_above(facility)
    return list(dict.fromkeys(code for code, _place in rows)), {
        code: place for code, place in rows if place is not None
    }


def _areas_above(facility: Facility) -> dict[str, Facility]:
    """Return the places above a facility by the code of their type, the nearest of each."""
    kind = aliased(FacilityType)
    query = select(kind.code, Facility).join(kind, Facility.type_id == kind.id)
    rows = db.session.execute(query.where(Facility.id.in_(facility.ancestor_ids)).order_by(Facility.path))
    return dict(rows.all())


def signature_places(requisition: Requisition) -> list[Facility]:
    """Return whose signatures a requisition needs: its own head's where he authorises, then those of its approval."""
    levels, areas = _levels(requisition.facility)
    own = [requisition.facility] if ITSELF in levels else []
    return own + _approval_places(requisition, levels, areas)


def pending(requisition: Requisition) -> dict[int, Facility]:
    """Return the places whose signature is still missing, in order, by their position."""
    places = enumerate(signature_places(requisition))
    return {number: place for number, place in places if number not in requisition.signatures}


def signed_for(missing: Mapping[int, Facility], access: Access) -> int | None:
    """Return the position that a person's signature counts for: the highest missing one that his right covers.

    Who signs before those below him gives his own signature, not theirs: theirs is asked next. So two different
    people always sign, and the one left is never somebody who has signed already.
    """
    return max((number for number, place in missing.items() if access.can(APPROVE, place)), default=None)


def signatories(requisition: Requisition, taken: Sequence[Step] | None = None) -> set[int]:
    """Return the people who confirmed, authorised or approved since the last confirmation, or for whom it was done."""
    return set().union(*(step.people for step in _signed(requisition, taken)))


def _signed(requisition: Requisition, taken: Sequence[Step] | None = None) -> list[Step]:
    """Return the confirmation that counts, and the signatures after it."""
    return signatures_in(history(requisition) if taken is None else taken)


def _nearest(people: Sequence[Holder]) -> list[Holder]:
    """Return those who stand nearest, of people of whom the nearest come first."""
    return [one for one in people if one.path == people[0].path]


def awaited(requisition: Requisition, taken: Sequence[Step] | None = None) -> list[list[tuple[str, str]]]:
    """Return, for each signature still missing, (name, role) of those who may give it: of one alone all of them, the
    nearest to its place first; of several the nearest of each. Where nobody holds the right, or has signed already,
    it is for the next place above; who alone is left for one signature is not counted for the next."""
    if requisition.place is None:
        return []
    first = requisition.place
    places = [first, *(place for place in pending(requisition).values() if place is not first)]
    signed = signatories(requisition, taken)
    held = holders_at(APPROVE, [place.path for place in places], besides=signed)
    if len(places) == 1:
        return [[(one.name, one.role) for one in held[0]]]
    found, used = [], set[int]()
    for people in held:
        left = [one for one in people if not {one.user_id, one.hand} & used]
        nearest = _nearest(left)
        hands = {one.hand for one in nearest}
        used |= hands if len(hands) == 1 else set()
        found.append([(one.name, one.role) for one in nearest])
    return found


def who_signs(requisition: Requisition, taken: Sequence[Step] | None = None) -> Words:
    """Return whose signatures a requisition waits for, or what to do when nobody may sign; "" when none is due."""
    due = awaited(requisition, taken)
    if requisition.place is None or not due:
        return ""
    if not due[0]:
        return _(
            "%(place)s: nobody may sign this requisition. No other person holds the right “%(right)s” there or above. "
            "Ask your administrator to give a pharmacist a role that has it.",
            right=_("Approve requisitions"), place=requisition.place.name,
        )  # fmt: skip
    if len(due) == 1:
        people = ", ".join(named(due[0]))
        return _("It waits for a signature. Those who may sign: %(people)s.", people=people)
    people = reduce(lambda one, next: _("%(one)s; %(next)s", one=one, next=next), map(_any_of, due))
    return _("It waits for %(number)s signatures, whoever signs first: %(people)s.", number=len(due), people=people)


def ask_in_place(requisition: Requisition, place: Facility) -> None:
    """Ask whoever is about to sign for a place when others stand nearer to it, who have not signed yet."""
    nearest = _nearest(holders_at(APPROVE, [place.path], besides=signatories(requisition))[0])
    if nearest and current().user_id not in (None, *(one.user_id for one in nearest)):
        usual = _any_of([(one.name, one.role) for one in nearest])
        words = _("This signature is usually given by %(people)s. Do you give it in their place?", people=usual)
        ask("in_place", words, about=f"{requisition.id}/{place.id}")


def signed_on_paper(requisition: Requisition) -> list[tuple[Words, str]]:
    """Return (what, who) of each cell for a signature on a requisition: who confirmed and approved it, and the
    places whose signature is still missing."""
    signed = _signed(requisition)
    open_ = requisition.state in (*OPEN_TO_EDITS, *WAITING_APPROVAL)
    missing = list(pending(requisition).values()) if open_ and requisition.kind != REPORT else []
    return [
        (_("The facility"), next((step.user_label for step in signed if step.action == "confirm"), "")),
        *((_("Approval"), step.user_label) for step in signed if step.action != "confirm"),
        *((_("Approval: %(place)s", place=place.name), "") for place in missing),
        (_("The depot"), ""),
    ]


def _any_of(people: Sequence[tuple[str, str]]) -> Words:
    """Return people of whom one signs, in words."""
    if not people:
        return _("another person, who still has to be given the right")
    return reduce(lambda one, next: _("%(one)s or %(next)s", one=one, next=next), named(people))
