"""Sending equipment elsewhere, and acknowledging it."""

from datetime import date

from sqlalchemy import func, select

from core.contract.words import _
from core.data.access import also, current
from core.data.db import db, today
from core.data.errors import Refused
from core.data.numbers import next_number
from core.data.states import record
from core.facilities.models import Facility
from plugins.gmao.equipment import states
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.services import say_status
from plugins.gmao.moves.models import FOR_GOOD, LOAN, RETURN, Move
from plugins.gmao.moves.states import MACHINE
from plugins.gmao.rights import EDIT, REPORT, VIEW
from plugins.gmao.series import MOVE


def send(
    row: Equipment, *, facility: Facility, purpose: str, sent_on: date | None = None, carrier: str = "", note: str = ""
) -> Move:  # fmt: skip
    """Return the move of a piece to a facility; it stands where it is until it has arrived there.

    Raises Refused for a piece that is on its way already, or not there to be sent, and for a day to come.
    """
    current().require(EDIT, row.facility)
    db.session.refresh(row, ["state", "facility_id", "home_id"], with_for_update=True)
    states.MACHINE.refuse_unless(row, *states.THERE)
    if facility.id == row.facility_id:
        raise Refused(_("It is there already."), field="facility")
    if purpose == RETURN and facility.id != row.home_id:
        raise Refused(_("It belongs to %(facility)s.", facility=row.home.name), field="facility")
    if purpose == FOR_GOOD and row.facility_id != row.home_id:
        raise Refused(
            _("It is lent: only %(facility)s sends it away for good.", facility=row.home.name), field="purpose"
        )
    if facility.closed_on is not None:
        raise Refused(_("%(facility)s is closed.", facility=facility.name), field="facility")
    sent_on = sent_on or today()
    if sent_on > today():
        raise Refused(_("This day has not come yet."), field="sent_on")
    _refuse_before(row, sent_on)
    if under_way := on_its_way(row):
        raise Refused(_("It is on its way already: %(number)s.", number=under_way.number))
    move = Move(
        number=next_number(MOVE, on=sent_on), equipment=row, what=row.described, source=row.facility, facility=facility,
        purpose=purpose, state="sent", sent_on=sent_on, sent_by=current().signed, sent_by_id=current().user_id,
        carrier=carrier, note=note,
    )  # fmt: skip
    db.session.add(move)
    db.session.flush()
    record(move, "send", "", "sent")
    return move


def _refuse_before(row: Equipment, day: date) -> None:
    """Refuse a day on which a piece had not come here yet: it was received, or arrived by a move, only later."""
    came = select(func.max(Move.arrived_on)).where(Move.equipment_id == row.id, Move.facility_id == row.facility_id)
    here = max(filter(None, (row.received_on, db.session.scalar(came))), default=None)
    if here is not None and day < here:
        raise Refused(_("It was received on %(day)s only.", day=f"{here:%d/%m/%Y}"), field="sent_on")
    if row.made_year is not None and day.year < row.made_year:
        raise Refused(_("It was made in %(year)s only.", year=str(row.made_year)), field="sent_on")


def on_its_way(row: Equipment) -> Move | None:
    """Return the move by which a piece is on its way, or None."""
    return db.session.scalar(select(Move).where(Move.equipment_id == row.id, Move.state == "sent"))


def arrive(
    move: Move, *, arrived_on: date | None = None, room: str = "", status: str | None = None, because: str | None = None
) -> Move:  # fmt: skip
    """Acknowledge a piece: it stands here from now on, belongs here if it was sent for good, and works as is said."""
    arrived_on = arrived_on or today()
    if not move.sent_on <= arrived_on <= today():
        words = _("Between %(first)s, when it was sent, and today.", first=f"{move.sent_on:%d/%m/%Y}")
        raise Refused(words, field="arrived_on")
    MACHINE.advance(move, "arrive")
    move.arrived_on = arrived_on
    with also(VIEW, EDIT, REPORT):  # the sender's row becomes the receiver's
        row = db.session.get_one(Equipment, move.equipment_id, with_for_update=True)
        row.facility = move.facility
        row.building, row.room, row.custodian = "", room, ""
        row.home = move.facility if move.purpose == FOR_GOOD else row.home
        _lend(row, move)
        db.session.flush()
        if status is not None:
            say_status(row, status=status, because=because, cause=f"{Move.__entity__}/{move.id}")
    return move


def _lend(row: Equipment, move: Move) -> None:
    """Tell in the life of a piece that it is lent, or back."""
    turns = {LOAN: ("lend", states.LOAN), RETURN: ("return", states.SERVICE)}
    if move.purpose in turns:
        action, target = turns[move.purpose]
        source, row.state = row.state, target
        record(row, action, source, target, note=move.number)
