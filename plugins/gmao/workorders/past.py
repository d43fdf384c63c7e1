"""Work of the past that another register kept: it comes in closed, with what was done and how the piece stood."""

from collections.abc import Iterable
from datetime import date, time
from typing import Any, NamedTuple

from core.contract.words import _
from core.data.access import current
from core.data.calendar import moment
from core.data.db import db, today, utcnow
from core.data.numbers import next_number
from core.data.states import record
from plugins.gmao.equipment.models import DOWN, FUNCTIONAL, Equipment, StatusEvent
from plugins.gmao.rights import PLAN, REPORT
from plugins.gmao.series import WORK
from plugins.gmao.workorders.models import Intervention, WorkOrder
from plugins.gmao.workorders.services import ref
from plugins.gmao.workorders.states import CLOSED

BEGINS, ENDS = time(8), time(17)  # of a day of which no hour is known


class Past(NamedTuple):
    """An order of the past: its piece, and what another register says of it. `stopped` says whether the piece stood
    still meanwhile, None where nobody knows."""

    piece: Equipment
    former: str
    kind: str
    opened_on: date
    done_on: date
    action: str
    problem: str = ""
    cause: str | None = None
    minutes: int = 0
    technician: str = ""
    note: str = ""
    stopped: bool | None = None


def faults(one: Past) -> dict[str, Any]:
    """Return {field: what is wrong} of an order of the past."""
    received = one.piece.received_on
    if one.done_on > today():
        return {"done_on": _("This day has not come yet.")}
    if one.done_on < one.opened_on:
        return {"done_on": _("It was finished before it began.")}
    if received is not None and one.opened_on < received:
        return {"opened_on": _("It was received on %(day)s only.", day=f"{received:%d/%m/%Y}")}
    return {}


def enter(lines: Iterable[Past]) -> list[WorkOrder]:
    """Return the closed orders of a list whose facts were looked at (`faults`), in few statements; times down are known
    of those alone of which the list says whether the piece stood still."""
    lines = list(lines)
    rows = [_order(one) for one in lines]
    db.session.add_all(rows)
    db.session.flush()
    for row, one in zip(rows, lines, strict=True):
        record(row, "enter", "", CLOSED, note=one.former)
        db.session.add(_done(row, one))
        if one.stopped:
            db.session.add_all(_events(row, one))
    db.session.flush()
    return rows


def _order(one: Past) -> WorkOrder:
    piece = one.piece
    current().require(PLAN, piece.facility)
    return WorkOrder(
        number=next_number(WORK, on=one.opened_on), former=one.former, kind=one.kind, equipment=piece,
        what=piece.described, problem=one.problem, facility=piece.facility, workshop=piece.facility, room=piece.place,
        state=CLOSED, due_on=one.done_on, assignee=one.technician,
        opened_at=min(moment(one.opened_on, BEGINS), utcnow()),
        done_at=min(moment(one.done_on, ENDS), utcnow()),  # of today the evening has not come yet
    )  # fmt: skip


def _done(row: WorkOrder, one: Past) -> Intervention:
    return Intervention(
        order=row, ended_at=row.done_at, minutes=one.minutes, cause=one.cause, action=one.action, note=one.note,
        status=FUNCTIONAL if one.stopped else None, technician=one.technician or "–",
    )  # fmt: skip


def _events(row: WorkOrder, one: Past) -> list[StatusEvent]:
    """Return the beginning and the end of the time down; the later one says how the piece stands if nothing is known
    of later."""
    piece = one.piece
    current().require(REPORT, piece.facility)
    said = [(row.opened_at, DOWN, "in_repair"), (row.done_at, FUNCTIONAL, None)]
    for at, status, because in said:
        if at is not None and (piece.status_at is None or at >= piece.status_at):
            piece.status, piece.because, piece.status_at = status, because, at
    return [
        StatusEvent(equipment=piece, status=status, because=because, happened_at=at, cause=ref(row),
                    recorded_by=current().signed)
        for at, status, because in said
    ]  # fmt: skip
