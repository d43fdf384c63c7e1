"""The steps of a requisition: taken, offered, and refused to whoever may not take them now."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import select

from core.contract.words import _
from core.data.access import Access, acting, current
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.states import Step, Transition
from core.data.work import emit
from core.facilities.models import Facility
from plugins.elmis.requisitions import approvals
from plugins.elmis.requisitions.models import APPROVE, EDIT, REPORT, Requisition
from plugins.elmis.requisitions.states import MACHINE, OPEN_TO_EDITS, WAITING_APPROVAL

KEPT = 5  # drafts that a device takes along


def step(row: Requisition, action: str, reason: str = "") -> None:
    """Take a step of the table: state, right and reason are checked, the history is written, others are told."""
    MACHINE.advance(row, action, reason)
    row.moved_at, row.version = utcnow(), row.version + 1
    db.session.flush()
    emit(f"elmis.requisition.{row.state}", row, number=row.number, facility=row.facility.name)


def actions(
    row: Requisition, access: Access | None = None, taken: Sequence[Step] | None = None
) -> list[Transition]:  # fmt: skip
    """Return the steps this person may take now: those of the table, less what kind, level and signatures forbid;
    `taken` is the requisition's past where it was read already."""
    access = access or current()
    due = signature(row, approvals.pending(row), _hand(row, access, taken)) if may_sign(row, access, taken) else ""
    return [each for each in MACHINE.actions(row, access) if _fits(row, each.action, due)]


def _fits(row: Requisition, action: str, due: str) -> bool:
    if action in ("confirm", "report"):
        return (row.kind == REPORT) == (action == "report")
    return row.state not in WAITING_APPROVAL or action in ("return", due)


def signature(row: Requisition, missing: Mapping[int, Facility], access: Access) -> str:
    """Return the step that is this person's while some signatures are missing: the head's authorisation, an approval
    that passes on, or the last one."""
    first = row.state == "confirmed" and approvals.signed_for(missing, access) == 0
    if first and missing[0] is row.facility and approvals.needs_authorisation(row):
        return "authorise"
    return "approve" if len(missing) <= 1 else "pass_on"


def _hand(row: Requisition, access: Access, taken: Sequence[Step] | None = None) -> Access:
    """Return what a person may sign a requisition with: nothing once he signed, nor the right of another who did."""
    return access.apart_from(approvals.signatories(row, taken))


def may_sign(row: Requisition, access: Access, taken: Sequence[Step] | None = None) -> bool:
    """Return whether this person may approve the requisition as it stands now."""
    waits = row.state in WAITING_APPROVAL
    return waits and access.can(APPROVE, row.place) and _hand(row, access, taken).can(APPROVE, row.place)


def editor(row: Requisition, access: Access, taken: Sequence[Step] | None = None) -> str:
    """Return whose quantities this person may type now: "facility", "approver" or ""."""
    if row.state in OPEN_TO_EDITS:
        return "facility" if access.can(EDIT, row.facility) and row.kind != REPORT else ""
    return "approver" if may_sign(row, access, taken) else ""


def drafts(facility: Facility) -> list[Requisition]:
    """Return the requisitions of a facility whose quantities this person may type now, the last ones first."""
    query = select(Requisition).where(
        Requisition.facility_id == facility.id, Requisition.state.in_(OPEN_TO_EDITS), Requisition.kind != REPORT
    )
    rows = db.session.scalars(query.order_by(Requisition.id.desc()).limit(KEPT)).all()
    return [row for row in rows if editor(row, current()) == "facility"]


def refuse_unless_open(row: Requisition) -> None:
    """Raise Conflict unless the facility may still change the requisition."""
    MACHINE.refuse_unless(row, *OPEN_TO_EDITS)


@contextmanager
def signing(row: Requisition) -> Iterator[Access]:
    """Act with what this person may sign the requisition with now; raise unless he may."""
    MACHINE.refuse_unless(row, *WAITING_APPROVAL)
    hand = _hand(row, current())
    if not hand.can(APPROVE, row.place):
        current().require(APPROVE, row.place)
        if current().lent:
            raise Refused(
                _("You, or whom you stand in for, signed this requisition already: somebody else must approve it.")
            )
        raise Refused(_("You signed this requisition already: somebody else must approve it."))
    with acting(hand):
        yield hand
