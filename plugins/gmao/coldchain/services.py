"""Temperatures of refrigerators and freezers come in, typed or from a logger; what lies outside the limits is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from core.contract.ports import Words
from core.contract.words import _
from core.data import audit
from core.data.access import also, current
from core.data.bulk import beside
from core.data.calendar import local
from core.data.codes import key_of
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.rows import store
from core.data.work import ask, tell
from plugins.gmao.coldchain import finding
from plugins.gmao.coldchain.limits import LONGEST
from plugins.gmao.coldchain.models import TYPED, ColdUnit, Reading, degrees, is_appliance
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import MACHINE, THERE
from plugins.gmao.formulas import coldchain as formulas
from plugins.gmao.rights import EDIT, REPORT, VIEW

LOWEST, HIGHEST = Decimal(-90), Decimal(60)  # no appliance of a hospital is beyond
USUAL = (Decimal(-30), Decimal(30))
AHEAD = timedelta(minutes=10)  # that a logger's clock may be before ours
POURED = "the readings of a file: its piece was judged, the trail has one line for all"


@dataclass(frozen=True)
class Taken:
    """What came in of a file: how many readings are new or were known, and the times without any."""

    new: int = 0
    known: int = 0
    gaps: Sequence[formulas.Gap] = ()


def watched(row: Equipment) -> bool:
    """Return whether temperatures are kept of a piece."""
    return is_appliance(row.type) and row.state in THERE


def unit_of(row: Equipment) -> ColdUnit | None:
    """Return how a piece is watched, where somebody has said it."""
    return db.session.scalar(select(ColdUnit).where(ColdUnit.equipment_id == row.id))


def watch(row: Equipment, **facts: Any) -> ColdUnit:
    """Return how a piece is watched from now on; Refused for a logger that watches another one."""
    current().require(EDIT, row.facility)
    require(row)
    facts = {name: value or "" for name, value in facts.items()}
    unit = unit_of(row) or ColdUnit(equipment=row)
    serial = facts.get("serial", unit.serial or "")
    if serial and (other := watching(serial, row)):
        raise Refused(_("This logger watches %(tag)s.", tag=other.code), field="serial")
    return store(unit, **facts)


def watching(serial: str, row: Equipment) -> Equipment | None:
    """Return the other piece, wherever it is, which a logger watches, or None."""
    watching = select(ColdUnit.equipment_id).where(ColdUnit.serial_key == key_of(serial))
    query = select(Equipment).where(Equipment.id.in_(watching), Equipment.id != row.id)
    with also(VIEW):
        return db.session.scalars(query).first()


def require(row: Equipment) -> None:
    """Refuse a piece of which no temperatures are kept."""
    MACHINE.refuse_unless(row, *THERE)
    if not is_appliance(row.type):
        words = _(
            "Temperatures are kept of refrigerators, freezers and cold rooms; this is: %(type)s.", type=row.type.label
        )
        raise Refused(words)


def wrong(row: Equipment, at: datetime, celsius: Decimal | None) -> tuple[str, Words] | None:
    """Return (field, why) where a piece cannot have had a temperature at a moment, else None."""
    if at > utcnow() + AHEAD:
        return "on", _("%(moment)s has not come yet.", moment=clock(at))
    if row.received_on is not None and local(at).date() < row.received_on:
        return "on", _("It was received on %(day)s only.", day=f"{row.received_on:%d/%m/%Y}")
    if celsius is not None and not LOWEST <= celsius <= HIGHEST:
        return "celsius", _("The temperature must lie between −90 and 60 °C.")
    return None


def clock(at: datetime) -> str:
    """Return a moment as people here write it."""
    return f"{local(at):%d/%m/%Y %H:%M}"


def note(row: Equipment, *, at: datetime, celsius: Decimal) -> Reading:
    """Return the reading that somebody has typed; another one at the same moment is corrected once he says yes."""
    current().require(REPORT, row.facility)
    require(row)
    if (found := wrong(row, at, celsius)) is not None:
        raise Refused(found[1], field=found[0])
    _ask_unusual(row, at, celsius)
    mine = Reading.equipment_id == row.id, Reading.source == TYPED, Reading.at == at
    reading = db.session.scalar(select(Reading).where(*mine))
    if reading is None:
        reading = Reading(equipment=row, at=at, celsius=celsius, source=TYPED, recorded_by=current().signed)
        db.session.add(reading)
    elif reading.celsius != celsius:
        words = _("%(degrees)s °C stands there at this moment. Correct it?", degrees=degrees(reading.celsius))
        if ask("correct", words, about=f"{reading.id}/{reading.celsius}/{celsius}", field="celsius"):
            reading.celsius, reading.recorded_by, reading.recorded_at = celsius, current().signed, utcnow()
    db.session.flush()
    _seek(row, TYPED, at, at)
    return reading


def _ask_unusual(row: Equipment, at: datetime, celsius: Decimal) -> None:
    if not USUAL[0] <= celsius <= USUAL[1]:
        words = _("%(degrees)s °C is unusual. Is it right?", degrees=degrees(celsius))
        ask("degrees", words, about=f"{row.id}/{at}/{celsius}", field="celsius")


def take(row: Equipment, readings: Sequence[formulas.Reading], source: str, origin: str) -> Taken:
    """Return what came in of readings in their order; those that are recorded stay as they are."""
    first, last = readings[0].at, readings[-1].at
    known = {at for at, _celsius in stored(row, first, last, source)}
    new = [one for one in readings if one.at not in known]
    if new:
        common = {
            "equipment_id": row.id, "source": source, "origin": origin[-200:], "recorded_by": current().signed,
            "recorded_at": utcnow(),
        }  # fmt: skip
        db.session.flush()
        db.session.connection().execute(
            beside(insert(Reading), POURED), [{**common, "at": one.at, "celsius": one.celsius} for one in new]
        )
        about = {"facility_id": row.facility_id, "equipment": row.code, "file": origin[-200:]}
        audit.bulk(Reading.__entity__, "import", len(new), **about)
        _seek(row, source, first, last)
    gaps = formulas.watched(readings, first, last, (), LONGEST[source]).gaps
    return Taken(len(new), len(readings) - len(new), gaps)


def stored(row: Equipment, first: datetime, last: datetime, source: str) -> list[tuple[datetime, Any]]:
    """Return (moment, temperature) of the readings of a piece in a time, both ends included."""
    query = select(Reading.at, Reading.celsius).where(Reading.equipment_id == row.id, Reading.source == source)
    return [(at, celsius) for at, celsius in db.session.execute(query.where(Reading.at.between(first, last)))]


def _seek(row: Equipment, source: str, first: datetime, last: datetime) -> None:
    """Find what lies outside the limits, and tell of it."""
    found = finding.look(row, source, first, last)
    finding.announce(found)
    for each in found:
        tell(_("Temperature breach %(number)s: %(what)s", number=each.number, what=each.said))
