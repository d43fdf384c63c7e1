"""Reading meters: what they showed, in its order; a meter never runs backwards."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Refused
from core.data.figures import grouped
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import MACHINE, THERE
from plugins.gmao.formulas import meters
from plugins.gmao.formulas.meters import RunsBackwards, RunsTooFast, Shown, continued
from plugins.gmao.meters.models import HOLDS, METERS, PER_DAY, Reading
from plugins.gmao.rights import REPORT, WORK

MOST = 100_000_000


def note(
    row: Equipment, *, unit: str, value: int, read_on: date | None = None, replaced: bool = False, note: str = ""
) -> Reading:
    """Return what a meter of a piece showed on a day (today).

    Raises Refused, at its field, for a day to come or before the piece was here, and for a figure that is below an
    earlier one, above a later one, or more than the meter can have run.
    """
    current().require(REPORT, row.facility)
    MACHINE.refuse_unless(row, *THERE)
    read_on = read_on or today()
    if wrong := fault_of_day(row, read_on):
        raise Refused(wrong, field="read_on")
    db.session.flush()
    db.session.refresh(row, ["id"], with_for_update=True)  # of two readings at once the second sees the first
    there = shown_of([row.id])[row.id, unit]
    if wrong := fault(there, Shown(read_on, value, replaced), unit):
        raise Refused(wrong, field="value")
    made = Reading(
        equipment=row, unit=unit, value=value, read_on=read_on, replaced=replaced and bool(there), note=note.strip(),
        recorded_by=current().signed,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def withdraw(reading: Reading, *, reason: str) -> Reading:
    """Return the row that withdraws a reading, which stays on file; Refused where the others would run backwards."""
    current().require(WORK, reading.facility)
    db.session.refresh(reading.equipment, ["id"], with_for_update=True)
    rest = [one for one in _rows([reading.equipment_id]) if one.id != reading.id and one.unit == reading.unit]
    try:
        continued([_shown(one) for one in rest])
    except RunsBackwards:
        raise Refused(_("Without it the meter would run backwards: withdraw the later readings first.")) from None
    made = Reading(
        equipment=reading.equipment, unit=reading.unit, value=reading.value, read_on=reading.read_on,
        note=reason.strip(), withdraws_id=reading.id, recorded_by=current().signed,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def is_withdrawn(reading: Reading) -> bool:
    """Return whether a reading counts no more, or is itself the withdrawal of one."""
    query = select(Reading.id).where(Reading.withdraws_id == reading.id)
    return reading.withdraws_id is not None or db.session.scalar(query) is not None


def fault_of_day(row: Equipment, day: date) -> Any:
    """Return what is wrong with the day of a reading of a piece, or ""."""
    if day > today():
        return _("This day has not come yet.")
    if row.received_on is not None and day < row.received_on:
        return _("It was received on %(day)s only.", day=f"{row.received_on:%d/%m/%Y}")
    if row.made_year is not None and day.year < row.made_year:
        return _("It was made in %(year)s only.", year=str(row.made_year))
    return ""


def placed(shown: Sequence[Shown], new: Shown) -> list[Shown]:
    """Return what a meter showed with one more figure, the last one of its day."""
    before = [one for one in shown if one.day <= new.day]
    return [*before, new, *shown[len(before) :]]


def fault(shown: Sequence[Shown], new: Shown, unit: str) -> Any:
    """Return what is wrong with a new figure beside those that a meter showed, or ""."""
    try:
        continued(placed(shown, new), PER_DAY.get(unit))
    except RunsBackwards as error:
        return _words(error, new, unit)
    return ""


def _words(error: RunsBackwards, new: Shown, unit: str) -> Any:
    is_new = error.after.day == new.day and error.after.value == new.value
    other = error.before if is_new else error.after
    facts = {"figure": grouped(other.value), "unit": METERS[unit], "day": f"{other.day:%d/%m/%Y}"}
    if isinstance(error, RunsTooFast):
        return _(
            "No meter runs so far in these days: %(figure)s %(unit)s on %(day)s. Look at the figure again.", **facts
        )
    if is_new:
        return _(
            "A meter does not run backwards: it showed %(figure)s %(unit)s on %(day)s. Look at the figure again; "
            "if the meter is a new one, tick “The meter was replaced”.", **facts,
        )  # fmt: skip
    return _(
        "It showed only %(figure)s %(unit)s on %(day)s, later than this. Look at the figure and the day again.", **facts
    )


def _shown(row: Reading) -> Shown:
    return Shown(row.read_on, row.value, row.replaced)


def _rows(pieces: Iterable[int]) -> Sequence[Reading]:
    query = select(Reading).where(Reading.equipment_id.in_(set(pieces)), HOLDS)
    return db.session.scalars(query.order_by(Reading.read_on, Reading.id)).all()


def shown_of(pieces: Iterable[int]) -> dict[tuple[int, str], list[Shown]]:
    """Return {(piece, unit): what its meter showed, in its order} of some pieces."""
    found: dict[tuple[int, str], list[Shown]] = defaultdict(list)
    for row in _rows(pieces):
        found[row.equipment_id, row.unit].append(_shown(row))
    return found


def readings_of(pieces: Iterable[int]) -> dict[tuple[int, str], list[meters.Reading]]:
    """Return {(piece, unit): its readings, as the formulas reckon with them} of some pieces."""
    return {key: continued(shown) for key, shown in shown_of(pieces).items()}
