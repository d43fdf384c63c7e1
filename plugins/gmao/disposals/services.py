"""Disposing of equipment: proposed by one, decided by another; the life of the pieces follows."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import acting, also, current
from core.data.bulk import read_beside
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.naming import headed
from core.data.numbers import next_number
from core.data.states import OTHER, history, record
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.disposals.closing import close_work
from plugins.gmao.disposals.models import METHODS, DisposalCase, DisposalPiece
from plugins.gmao.disposals.states import MACHINE, OPEN, PROPOSED
from plugins.gmao.equipment import states as life
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.services import refuse_elsewhere
from plugins.gmao.moves.services import on_its_way
from plugins.gmao.rights import DISPOSE, EDIT
from plugins.gmao.series import DISPOSAL

Files = Collection[Content]
PROPOSED_ALREADY = "whoever has a piece is told that it is proposed for disposal, wherever that was done"


def propose(facility: Facility, *, equipment: Equipment, reason: str, photos: Files = ()) -> DisposalCase:
    """Return a new case of disposal of a piece of a facility, or of one below it; more pieces can be added to it."""
    if not equipment.facility.path.startswith(facility.path):
        raise Refused(_("It is at %(facility)s.", facility=equipment.facility.name), field="equipment")
    return propose_one(equipment, reason=reason, photos=photos)


def propose_one(row: Equipment, *, reason: str, photos: Files = ()) -> DisposalCase:
    """Return a new case of disposal of a piece."""
    current().require(EDIT, row.facility)
    case = DisposalCase(
        number=next_number(DISPOSAL, on=today()), facility=row.facility, state=PROPOSED,
        because=getattr(reason, "code", OTHER), note=getattr(reason, "text", reason).strip(), proposed_on=today(),
        proposed_by=current().signed, proposed_by_id=current().user_id,
    )  # fmt: skip
    db.session.add(case)
    db.session.flush()
    _put_in(case, row, reason)
    record(case, "propose", "", PROPOSED, reason)
    attach(case, photos)
    return case


def add(case: DisposalCase, *, equipment: Equipment) -> DisposalCase:
    """Return a case with one more piece of its facility; Refused once it was assessed."""
    current().require(EDIT, case.facility)
    MACHINE.refuse_unless(case, PROPOSED)
    refuse_elsewhere(equipment, case.facility)
    _put_in(case, equipment, case.why)
    record(case, "add", PROPOSED, PROPOSED, note=equipment.described)
    return case


def _put_in(case: DisposalCase, row: Equipment, reason: str) -> None:
    """Add a piece to a case: it is proposed for disposal from now on."""
    db.session.refresh(row, ["state"], with_for_update=True)
    if (other := case_of(row)) is not None:
        raise Refused(_("It is in the disposal %(number)s already.", number=other), field="equipment")
    if (move := on_its_way(row)) is not None:
        raise Refused(_("It is on its way already: %(number)s.", number=move.number), field="equipment")
    if row.state == life.PROPOSED:
        was = next((step.source for step in reversed(history(row)) if step.target == life.PROPOSED), life.STORE)
    elif row.state in (life.SERVICE, life.STORE):
        was = row.state
        life.MACHINE.advance(row, "propose_disposal", reason)
    else:
        state = life.MACHINE.state(row).label
        words = _("Only what is in service or in store is proposed. It is: %(state)s.", state=state)
        raise Refused(words, field="equipment")
    piece = DisposalPiece(
        case=case, equipment=row, what=row.described, was=was, proposed_by_id=current().user_id
    )  # fmt: skip
    db.session.add(piece)
    db.session.flush()
    case.what = "; ".join(each.what for each in case.pieces)[:300]


def case_of(row: Equipment) -> str | None:
    """Return the number of the case that is under way for a piece, or None."""
    query = select(DisposalCase.number).join(DisposalPiece, DisposalPiece.case_id == DisposalCase.id)
    query = query.where(DisposalPiece.equipment_id == row.id, DisposalCase.state.in_(OPEN))
    return read_beside(query.limit(1), PROPOSED_ALREADY).scalar()


def keep(row: Equipment, *, reason: str) -> None:
    """Keep a piece that was proposed before there were cases; one of a case is decided with it."""
    if (case := case_of(row)) is not None:
        raise Refused(_("It is in the disposal %(number)s already.", number=case))
    life.MACHINE.advance(row, "keep", reason)


def assess(case: DisposalCase, *, lines: Sequence[dict[str, Any]], opinion: str, photos: Files = ()) -> DisposalCase:
    """Return a case with its technical opinion: of each piece (its id as `piece`) what it is worth, what its repair
    would cost, and what is to be said of it."""
    said = {line["piece"]: line for line in lines}
    wrong = {
        f"lines-{at}-repair_cost": _("Say what the repair would cost, or why nobody can say it.")
        for at, piece in enumerate(case.pieces)
        if (line := said.get(piece.id, {})).get("repair_cost") is None and not (line.get("opinion") or "").strip()
    }
    if wrong:
        raise Invalid(wrong)
    MACHINE.advance(case, "assess")
    for piece in case.pieces:
        line = said[piece.id]
        piece.repair_cost, piece.value = line.get("repair_cost"), line.get("value")
        piece.opinion = (line.get("opinion") or "").strip()
    case.opinion, case.assessed_by = opinion.strip(), current().signed
    attach(case, photos)
    return case


def convene(case: DisposalCase, *, committee_on: date, members: str) -> DisposalCase:
    """Call the committee for a day."""
    if committee_on < case.proposed_on:
        raise Refused(_("This lies before the proposal."), field="committee_on")
    MACHINE.advance(case, "convene")
    case.committee_on, case.members = committee_on, members.strip()
    return case


def approve(case: DisposalCase, *, decided_on: date, photos: Files = ()) -> DisposalCase:
    """Enter that the committee approved, with its minutes; nobody does so who proposed one of the pieces."""
    _decide(case, "approve", decided_on, "", photos)
    return case


def refuse(case: DisposalCase, *, decided_on: date, reason: str, photos: Files = ()) -> DisposalCase:
    """Enter that the committee refused: the pieces are again what they were."""
    _decide(case, "refuse", decided_on, reason, photos)
    _put_back(case, reason)
    return case


def _decide(case: DisposalCase, action: str, decided_on: date, reason: str, photos: Files) -> None:
    if current().user_id in case.proposers:
        raise Refused(_("Somebody else decides it: you proposed it."))
    if decided_on > today():
        raise Refused(_("This day has not come yet."), field="decided_on")
    if decided_on < case.proposed_on:
        raise Refused(_("This lies before the proposal."), field="decided_on")
    with acting(current().apart_from(case.proposers)):
        MACHINE.advance(case, action, reason)
        case.decided_on, case.decided_by = decided_on, current().signed
        attach(case, photos)


def withdraw(case: DisposalCase, *, reason: str) -> DisposalCase:
    """Give a case up: the pieces are again what they were."""
    MACHINE.advance(case, "withdraw", reason)
    _put_back(case, reason)
    return case


def _put_back(case: DisposalCase, reason: str) -> None:
    """Let the pieces of a case be again what they were; one that went elsewhere meanwhile stays as it is there."""
    with also(DISPOSE):
        for piece in case.pieces:
            row = piece.equipment
            if row is not None and row.state == life.PROPOSED:
                action = "put_back" if piece.was == life.SERVICE else "keep"
                life.MACHINE.advance(row, action, headed(case.number, reason))


def recover(case: DisposalCase, *, parts: str = "") -> DisposalCase:
    """Note the parts that are kept; none is an answer too."""
    MACHINE.advance(case, "recover")
    case.parts = parts.strip()
    return case


def dispose(
    case: DisposalCase, *, method: str, disposed_on: date, recipient: str = "", paper: str = "",
    proceeds: Decimal | None = None, photos: Files = (),
) -> DisposalCase:  # fmt: skip
    """Say what became of the pieces: they are disposed of, and their open work and plans end with this reason.

    Raises Refused for a day before the decision or to come, and for a piece that is elsewhere by now.
    """
    if not (case.decided_on or case.proposed_on) <= disposed_on <= today():
        raise Refused(_("Between the decision and today."), field="disposed_on")
    if method != "destroyed" and not recipient.strip():
        raise Refused(_("Say to whom."), field="recipient")
    MACHINE.advance(case, "dispose")
    case.method, case.disposed_on, case.proceeds = method, disposed_on, proceeds
    case.recipient, case.paper = recipient.strip(), paper.strip()
    for piece in case.pieces:
        row = piece.equipment
        if row is None or row.facility_id != case.facility_id or row.state != life.PROPOSED:
            words = _(
                "%(what)s went elsewhere, or is used again: bring it back, or give the disposal up.", what=piece.what
            )
            raise Refused(words)
        life.MACHINE.advance(row, "dispose", headed(case.number, METHODS[method]))
        close_work(row, case.number)
    attach(case, photos)
    return case
