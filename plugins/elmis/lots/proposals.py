"""Which expiry is right: who sees the package proposes, who keeps the catalogue decides."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import db
from core.data.errors import Conflict, Refused
from core.data.states import Machine, State, Transition, record
from core.data.waits import Wait
from core.data.work import emit
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import MOVE, Lot
from plugins.elmis.catalogue.twins import rename
from plugins.elmis.ledger.models import HELD, StockBalance
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.lots.plausible import check_expiry

EDIT = "elmis.catalogue.edit"
OPEN, ACCEPTED, REFUSED, BOTH = "open", "accepted", "refused", "both"
TO_DECIDE = Wait(
    _("Which expiry has lot %(lot.number)s of %(lot.product)s?"), _("Decide"), EDIT, "country",
    detail=_("%(facility)s reads %(expiry)s."), many=_("Decide on %(number)s proposals about lots"),
)  # fmt: skip
MACHINE = Machine(
    "elmis.lot_proposal",
    {
        OPEN: State(_("To decide"), "warn", _("Proposal"), [TO_DECIDE]),
        ACCEPTED: State(_("Expiry corrected"), "ok", _("Correction of the expiry")),
        REFUSED: State(_("Expiry kept"), "neutral", _("Keeping of the expiry")),
        BOTH: State(_("Two lots"), "neutral", _("Separation in two lots")),
    },
    [
        Transition(OPEN, ACCEPTED, ACCEPTED, EDIT, _("Correct the expiry"), at="country", strong=True),
        Transition(OPEN, REFUSED, REFUSED, EDIT, _("Keep the expiry"), at="country"),
        Transition(OPEN, BOTH, BOTH, EDIT, _("Keep both as two lots"), at="country"),
    ],
)
COUNTRY = "a lot is one for the whole country: who holds it is asked before it changes"


def holders_of(lot: Lot) -> set[int]:
    """Return the ids of all facilities that hold something of a lot, on the way or in a store."""
    query = select(StockBalance.facility_id).where(StockBalance.lot_id == lot.id, HELD)
    return set(read_beside(query, COUNTRY).scalars())


def held(lot: Lot) -> tuple[int, int]:
    """Return how many facilities hold how much of a lot, on the way or in a store."""
    query = select(func.count(StockBalance.facility_id.distinct()), func.sum(StockBalance.quantity))
    query = query.where(StockBalance.lot_id == lot.id, HELD)
    places, units = read_beside(query, COUNTRY).one()
    return places, int(units or 0)


def correct_expiry(lot: Lot, expiry: date, reason: str = "", line: int | None = None) -> None:
    """Give a lot the right expiry, everywhere, once what is unusual was asked; its history keeps the former one."""
    check_expiry(lot, expiry, held(lot), line)
    former, lot.expiry = lot.expiry, expiry
    db.session.flush()
    rename(lot)
    record(lot, "correct", f"{former or ''}", f"{expiry}", reason)


def propose(lot: Lot, expiry: date, facility: Facility, comment: str = "", apart: Lot | None = None) -> LotProposal:
    """Return a new proposal, or the open one that says the same; Refused when nothing would change."""
    current().require(MOVE, facility)
    if lot.expiry == expiry:
        raise Refused(_("This is the expiry that the lot has already."), field="expiry")
    if apart is None:  # else it was asked when the goods came in
        check_expiry(lot, expiry, held(lot))
    same = select(LotProposal).where(
        LotProposal.lot_id == lot.id, LotProposal.expiry == expiry, LotProposal.state == OPEN
    )
    if (known := db.session.scalar(same)) is not None:
        return known
    row = LotProposal(
        lot_id=lot.id, expiry=expiry, facility_id=facility.id, comment=comment.strip(), proposed_by=current().signed,
        apart_id=apart.id if apart else None, state=OPEN,
    )  # fmt: skip
    db.session.add(row)
    record(row, "propose", "", OPEN)
    emit("elmis.lot.proposed", row, lot=lot.number)
    return row


def suggest(lot: Lot, place: Facility, expiry: date, comment: str | None = "") -> LotProposal | None:
    """Return the proposal of another expiry for a lot, or None where nobody else holds it: then it is corrected."""
    current().require(MOVE, place)
    if holders_of(lot) <= {place.id}:
        correct_expiry(lot, expiry, comment or "")
        return None
    return propose(lot, expiry, place, comment or "")


def decide(row: LotProposal, outcome: str, reason: str) -> LotProposal:
    """Return the proposal, decided: the lot is corrected, the packages kept apart take its expiry, or both stay."""
    current().require(EDIT)
    db.session.refresh(row, with_for_update=True)
    if row.state != OPEN:
        raise Conflict(_("This was decided already: %(state)s.", state=MACHINE.state(row).label))
    if outcome == ACCEPTED:
        correct_expiry(row.lot, row.expiry, reason)
    elif outcome == REFUSED and row.apart is not None and row.lot.expiry is not None:
        correct_expiry(row.apart, row.lot.expiry, reason)
    elif outcome not in (REFUSED, BOTH):
        raise Refused(_("Choose one of the list."), field="outcome")
    MACHINE.advance(row, outcome, reason)
    emit("elmis.lot.decided", row, lot=row.lot.number, outcome=outcome)
    return row


def waiting(limit: int = 200) -> Sequence[LotProposal]:
    """Return the proposals that wait for a decision, the oldest first."""
    query = select(LotProposal).where(LotProposal.state == OPEN).order_by(LotProposal.id).limit(limit)
    lots = selectinload(LotProposal.lot).selectinload(Lot.product), selectinload(LotProposal.apart)
    return db.session.scalars(query.options(*lots, joinedload(LotProposal.facility))).all()
