"""Breaches are found where readings came in, or were corrected: they are kept, told, and follow what is read later."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from core.contract.entities import ref
from core.contract.plugins import service
from core.contract.ports import Stock
from core.data.access import current
from core.data.calendar import today
from core.data.db import db
from core.data.numbers import next_number
from core.data.states import history, record
from core.data.work import emit
from plugins.gmao.coldchain.limits import LONGEST, limits_of
from plugins.gmao.coldchain.models import HEAT, TO_JUDGE, UNKEPT, Breach, Reading
from plugins.gmao.coldchain.states import DISMISSED, OPEN
from plugins.gmao.equipment.models import ATTENTION, FUNCTIONAL, UNKNOWN, Equipment
from plugins.gmao.equipment.services import say_status
from plugins.gmao.formulas import coldchain as formulas
from plugins.gmao.rights import REPORT
from plugins.gmao.series import BREACH

AROUND = timedelta(days=10)  # a longer breach is put together of its parts
OUTSIDE = "temperature_breach"


def look(row: Equipment, source: str, first: datetime, last: datetime) -> list[Breach]:
    """Return the new breaches of a piece in the readings of a time, and a while around it; those that are known follow
    what is read now, and one that nobody has acted upon goes where corrected readings no longer show it."""
    limits = limits_of(row.type.code)
    if not limits:
        return []
    start, end = first - AROUND, last + AROUND
    found = formulas.watched(readings(row, source, start, end), start, end, limits, LONGEST[source]).breaches
    here = Breach.equipment_id == row.id, Breach.source == source, Breach.started_at <= end, Breach.ended_at >= start
    known = list(db.session.scalars(select(Breach).where(*here).order_by(Breach.started_at)))
    new = []
    for one in found:
        same = [each for each in known if each.kind == one.code and _touch(each, one)]
        if not same:
            new.append(_open(row, source, one))
        elif same[0].state != DISMISSED or _corrected(same[0]):
            _follow(same[0], one, start)
    for each in known:
        shown = any(each.kind == one.code and _touch(each, one) for one in found)
        if not shown and start < each.started_at and each.state == OPEN:
            each.state = DISMISSED
            record(each, "correct", OPEN, DISMISSED)
    db.session.flush()
    return new


def readings(row: Equipment, source: str, start: datetime, end: datetime) -> list[formulas.Reading]:
    """Return the readings of a piece between two moments, the first one first."""
    return readings_by(row, [source], start, end).get(source, [])


def readings_by(
    row: Equipment, sources: Sequence[str], start: datetime, end: datetime
) -> dict[str, list[formulas.Reading]]:
    """Return the readings of a piece between two moments by their source, the first one first."""
    query = select(Reading.source, Reading.at, Reading.celsius)
    query = query.where(Reading.equipment_id == row.id, Reading.source.in_(sources), Reading.at.between(start, end))
    found: dict[str, list[formulas.Reading]] = {}
    for source, at, celsius in db.session.execute(query.order_by(Reading.at)):
        found.setdefault(source, []).append(formulas.Reading(at, celsius))
    return found


def _touch(known: Breach, found: formulas.Breach) -> bool:
    return known.started_at <= found.end and known.ended_at >= found.start


def _corrected(known: Breach) -> bool:
    """Return whether a breach was gone by corrected readings, and is open again since they show it anew."""
    if history(known)[-1].action != "correct":
        return False
    known.state = OPEN
    record(known, "find", DISMISSED, OPEN)
    return True


def _follow(known: Breach, found: formulas.Breach, start: datetime) -> None:
    """Let a breach that is known be as the readings show it now; what lies before those that were looked at stays."""
    if known.started_at >= start:
        known.started_at, known.worst = found.start, found.worst
    elif (found.worst > known.worst) is (known.kind == HEAT):
        known.worst = found.worst
    known.ended_at, known.ended = found.end, found.ends


def _open(row: Equipment, source: str, found: formulas.Breach) -> Breach:
    breach = Breach(
        number=next_number(BREACH, on=today()), equipment=row, what=row.described, facility=row.facility,
        kind=found.code, source=source, started_at=found.start, ended_at=found.end, ended=found.ends, worst=found.worst,
        state=OPEN, stock=UNKEPT if service(Stock) is None else TO_JUDGE,
    )  # fmt: skip
    db.session.add(breach)
    db.session.flush()
    record(breach, "find", "", OPEN)
    return breach


def announce(breaches: Sequence[Breach]) -> None:
    """Tell people of breaches that were found, and say of their piece that it needs attention: since the first one, or
    since now where something was said of it meanwhile; what is known not to work stays so."""
    for each in breaches:
        emit("gmao.breach.found", each, number=each.number, kind=each.kind)
    row = breaches[0].equipment if breaches else None
    if row is not None and row.status in (FUNCTIONAL, UNKNOWN) and current().can(REPORT, row.facility):
        first = breaches[0]
        at = first.started_at if row.status_at is None or first.started_at > row.status_at else None
        say_status(row, status=ATTENTION, because=OUTSIDE, at=at, cause=ref(first))
