"""Recording offers, examining and deciding them, and entering what was accepted into the register."""

from collections.abc import Collection
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Refused
from core.data.numbers import next_number
from core.data.rows import store
from core.data.states import record
from core.data.work import ask, tell
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.donations.examining import checked, written
from plugins.gmao.donations.models import Offer, OfferCheck, OfferItem, OfferPiece
from plugins.gmao.donations.settings import plugs_of
from plugins.gmao.donations.states import AWAITED, EXAMINED, MACHINE, OFFERED
from plugins.gmao.equipment import services as register
from plugins.gmao.equipment import states as life
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.gate import NO, UNKNOWN
from plugins.gmao.rights import DECIDE, EDIT, OFFER
from plugins.gmao.series import OFFER as SERIES

FIRST_YEAR = 1950


def offer(facility: Facility, *, files: Collection[Content] = (), **facts: Any) -> Offer:
    """Return the new offer to a place; Refused for a day that has not come."""
    current().require(OFFER, facility)
    if facts["offered_on"] > today():
        raise Refused(_("This day has not come yet."), field="offered_on")
    row = store(Offer(number=next_number(SERIES, on=today()), facility=facility, state=OFFERED), **facts)
    record(row, "offer", "", OFFERED)
    attach(row, files)
    return row


def change(row: Offer, **facts: Any) -> Offer:
    """Return an offer that is not examined yet with these facts; raises as `offer` does."""
    _may_change(row)
    if facts["offered_on"] > today():
        raise Refused(_("This day has not come yet."), field="offered_on")
    return store(row, **facts)


def add(row: Offer, **facts: Any) -> OfferItem:
    """Return a new item of an offer; Refused for a model of another type, or figures that cannot be."""
    _may_change(row)
    return store(OfferItem(), **_checked(facts), offer=row)


def change_item(item: OfferItem, **facts: Any) -> OfferItem:
    """Return an item with these facts; raises as `add` does."""
    _may_change(item.offer)
    return store(item, **_checked(facts))


def _may_change(row: Offer) -> None:
    current().require(OFFER, row.facility)
    MACHINE.refuse_unless(row, OFFERED)


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    kind, model, year = facts.get("type"), facts.get("model"), facts.get("made_year")
    if kind is None:
        if model is None:
            raise Refused(_("Say what it is: choose a type, or a model."), field="type")
        kind = model.type
    if model is not None and model.type_id != kind.id:
        words = _(
            "%(model)s is: %(type)s. Choose this type, or another model.", model=model.code, type=model.type.label
        )
        raise Refused(words, field="model")
    if year is not None and not FIRST_YEAR <= year <= today().year:
        raise Refused(_("Between %(first)s and this year.", first=str(FIRST_YEAR)), field="made_year")
    least, most = facts.get("volts_least"), facts.get("volts_most")
    if most is not None and (least is None or most < least):
        raise Refused(_("Give the lower voltage first, then the higher one."), field="volts_most")
    return {**facts, "type": kind, "plugs": ", ".join(plugs_of(facts.get("plugs") or ""))}


def examine(row: Offer) -> None:
    """Examine an offer: each check of each item is reckoned; what a person has judged stays. Refused without items."""
    if not row.items:
        raise Refused(_("Add what is offered first."))
    MACHINE.advance(row, "examine")
    known = {(one.item_id, one.kind): one for item in row.items for one in item.checks}
    for item, kind, check in checked(row):
        one = known.get((item.id, kind)) or OfferCheck(item=item, kind=kind, judged_by="")
        if not one.judged_by:
            one.outcome, one.why, one.figures = check.outcome, check.why, written(check)
        db.session.add(one)
    db.session.flush()


def judge(item: OfferItem, *, check: str, outcome: str, note: str) -> None:
    """Say of a check what a person has found, with the reason; it holds from now on."""
    current().require(OFFER, item.facility)
    MACHINE.refuse_unless(item.offer, EXAMINED)
    one = next((each for each in item.checks if each.kind == check), None)
    if one is None:
        raise Refused(_("Choose one of the list."), field="check")
    one.outcome, one.note, one.judged_by = outcome, note.strip(), current().signed
    db.session.flush()


def leave_out(item: OfferItem) -> None:
    """Leave an item out of what is accepted, or take it in again."""
    current().require(DECIDE, item.facility)
    MACHINE.refuse_unless(item.offer, EXAMINED)
    item.left_out = not item.left_out
    db.session.flush()


def doubts(row: Offer, outcome: str) -> list[OfferCheck]:
    """Return the checks of the items that would be accepted which have an outcome."""
    return [one for item in row.items if not item.left_out for one in item.checks if one.outcome == outcome]


def accept(row: Offer) -> None:
    """Accept an offer as it is; Refused where a check says no, and asked about where one is unknown."""
    if not _taken(row):
        raise Refused(_("Every item is left out: decline the offer."))
    if found := doubts(row, NO):
        words = _("Checks that say no: %(n)s. Accept with conditions, leave the item out, or decline.", n=len(found))
        raise Refused(words)
    if found := doubts(row, UNKNOWN):
        ask("unknown", _("Checks that are unknown: %(n)s. Accept the offer all the same?", n=len(found)))
    _decide(row, "accept", "")


def accept_if(row: Offer, *, terms: str) -> None:
    """Accept an offer with conditions, which the letter says."""
    if not _taken(row):
        raise Refused(_("Every item is left out: decline the offer."))
    if not terms.strip():
        raise Refused(_("Say under which conditions."), field="terms")
    _decide(row, "accept_if", terms.strip())


def decline(row: Offer, *, reason: str) -> None:
    """Decline an offer, for a reason that the letter says."""
    _decide(row, "decline", str(reason), reason)


def _decide(row: Offer, action: str, terms: str, reason: str = "") -> None:
    MACHINE.advance(row, action, reason)
    row.decided_on, row.decided_by, row.terms = today(), current().signed, terms


def _taken(row: Offer) -> list[OfferItem]:
    return [item for item in row.items if not item.left_out]


def entered(row: Offer) -> list[OfferPiece]:
    """Return the pieces of the register that an offer has become."""
    query = select(OfferPiece).join(OfferItem, OfferItem.id == OfferPiece.item_id).where(OfferItem.offer_id == row.id)
    loaded = selectinload(OfferPiece.equipment).selectinload(Equipment.type)
    return list(db.session.scalars(query.options(loaded).order_by(OfferPiece.id)))


def foresee(row: Offer, *, place: Facility) -> list[OfferPiece]:
    """Return the pieces, one for each that was accepted, as the register foresees them at a place; Refused twice."""
    current().require(EDIT, place)
    MACHINE.refuse_unless(row, *AWAITED)
    if entered(row):
        raise Refused(_("They are in the register already."))
    return _enter(row, place, {"state": life.PLANNED})


def receive(row: Offer, *, place: Facility, received_on: date | None = None) -> None:
    """Take in what was accepted: the pieces that were foreseen, else new ones at a place. Refused for a day to come,
    or before the decision."""
    received_on = received_on or today()
    if not (row.decided_on or received_on) <= received_on <= today():
        raise Refused(_("Between the decision and today."), field="received_on")
    current().require(EDIT, place)
    MACHINE.advance(row, "receive")
    row.received_on = received_on
    found = entered(row)
    if not found:
        found = _enter(row, place, {"state": life.RECEIVED, "received_on": received_on})
    for piece in (one.equipment for one in found):
        if piece is not None and piece.state == life.PLANNED:
            piece.received_on = received_on
            register.receive(piece)
    for one in found:
        if one.equipment is not None and one.item.warranty_months:
            one.equipment.warranty_until = received_on + relativedelta(months=one.item.warranty_months)
    db.session.flush()
    tell(_("Pieces in the register: %(n)s. Print their labels, and put them into service.", n=len(found)))


def _enter(row: Offer, place: Facility, facts: dict[str, Any]) -> list[OfferPiece]:
    items = [item for item in _taken(row) for _each in range(item.quantity)]
    pieces = register.enter((place, {**_facts(row, item), **facts}) for item in items)
    links = [OfferPiece(item=item, equipment=piece) for item, piece in zip(items, pieces, strict=True)]
    db.session.add_all(links)
    db.session.flush()
    return links


def _facts(row: Offer, item: OfferItem) -> dict[str, Any]:
    """Return what the register knows of a piece from its offer."""
    return {
        "type": item.type, "model": item.model, "donor": row.donor, "project": row.project, "funding": "donor",
        "made_year": item.made_year, "note": row.number,
    }  # fmt: skip
