"""Keeping the register: what stands where, and whether it works."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.calendar import local
from core.data.codes import key_of
from core.data.db import db, today, utcnow
from core.data.errors import Invalid, Refused
from core.data.naming import DOT
from core.data.numbers import next_count
from core.data.rows import store
from core.data.search import fits
from core.data.states import record
from core.data.work import ask, emit
from core.facilities.models import Facility
from core.facilities.stranded import WHY
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.equipment.models import FUNCTIONAL, REASONS, STATUSES, UNKNOWN, Equipment, StatusEvent, needs_reason
from plugins.gmao.equipment.states import MACHINE, THERE
from plugins.gmao.formulas.tags import tag_of
from plugins.gmao.rights import EDIT, REPORT
from plugins.gmao.series import TAG

DOUBLES = "a double of what somebody enters is told by its tag and place, wherever it stands"
COURSE = ("received_on", "installed_on", "accepted_on", "in_service_on")  # in this order
Facts = dict[str, Any]


def new_tag() -> str:
    """Return the tag of a new piece; some numbers have none (see `formulas.tags`) and are passed over."""
    while (tag := tag_of(next_count(TAG))) is None:
        pass
    return tag


def add(
    facility: Facility, *, state: str, status: str = "", because: str | None = None, photos: Collection[Content] = (),
    own: Facts | None = None, **facts: Any,
) -> Equipment:  # fmt: skip
    """Return the new piece of a facility, with its tag.

    Raises Invalid for days in a wrong order, a model of another type, a part of something elsewhere; asks where
    another piece bears its serial number.
    """
    current().require(EDIT, facility)
    with db.session.no_autoflush:
        row = Equipment(facility=facility, home=facility, state=state, code="")
        facts = _checked(row, facts)
        row.code = new_tag()
    store(row, own=own, **facts)
    _begin([row])
    if status:
        say_status(row, status=status, because=because)
    attach(row, photos)
    return row


def enter(lines: Iterable[tuple[Facility, Facts]]) -> list[Equipment]:
    """Return the new pieces of a list, whose facts were looked at (`faults`): rows and histories in few statements."""
    rows = []
    for facility, facts in lines:
        current().require(EDIT, facility)
        status = facts.get("status", UNKNOWN)
        since = {} if status == UNKNOWN else {"status_at": utcnow()}
        rows.append(Equipment(facility=facility, home=facility, code=new_tag(), **since | facts))
    db.session.add_all(rows)
    db.session.flush()
    _begin(rows)
    db.session.add_all(
        StatusEvent(
            equipment=row,
            status=row.status,
            because=row.because,
            happened_at=row.status_at,
            recorded_by=current().signed,
        )
        for row in rows
        if row.status_at is not None
    )
    db.session.flush()
    return rows


def _begin(rows: Iterable[Equipment]) -> None:
    for row in rows:
        record(row, "create", "", row.state)


def change(row: Equipment, own: Facts | None = None, **facts: Any) -> Equipment:
    """Return a piece with these facts; raises as `add` does."""
    current().require(EDIT, row.facility)
    return store(row, own=own, **_checked(row, facts))


def _checked(row: Equipment, facts: Facts) -> Facts:
    """Return what is stored of these facts; Invalid, at each field, where they cannot be."""
    facts = _typed(facts)
    if wrong := faults(row, facts):
        raise Invalid(wrong)
    _ask_of_twin(row, facts)
    return facts


def faults(row: Equipment, facts: Facts) -> Facts:
    """Return {field: what is wrong} of new facts of a piece, new or stored, beside what is known of it."""

    def told(name: str) -> Any:
        return facts[name] if name in facts else getattr(row, name)

    wrong = _wrong_days({name: told(name) for name in (*COURSE, "warranty_until", "made_year")})
    if (model := told("model")) is not None and model.type_id != told("type").id:
        wrong["model"] = _("%(model)s is: %(type)s. Choose this type, or another model.", model=model.code,
                           type=model.type.label)  # fmt: skip
    if (told("cost") is None) != (told("currency") is None):
        wrong["currency" if told("currency") is None else "cost"] = _("Give the amount and its currency.")
    if (parent := told("parent")) is not None and (fault := _wrong_parent(row, parent)):
        wrong["parent"] = fault
    return wrong


def _typed(facts: Facts) -> Facts:
    """Return the facts with the type of the model where the model alone was given."""
    model = facts.get("model")
    return facts if model is None or facts.get("type") is not None else {**facts, "type": model.type}


def _wrong_days(days: Facts) -> Facts:
    """Return {field: what is wrong} of the days of a life."""
    wrong: Facts = {}
    year, last = days.pop("made_year"), None
    for name in COURSE:
        day: date | None = days[name]
        if day is None:
            continue
        if day > today():
            wrong[name] = _("This day has not come yet.")
        elif year is not None and day.year < year:
            wrong[name] = _("It was made in %(year)s only.", year=str(year))
        elif last is not None and day < last:
            wrong[name] = _("This lies before the day before it (%(day)s).", day=f"{last:%d/%m/%Y}")
        last = max(filter(None, (last, day)))
    end, received = days["warranty_until"], days["received_on"]
    if end is not None and received is not None and end < received:
        wrong["warranty_until"] = _("The warranty cannot end before it was received.")
    if year is not None and not 1900 <= year <= today().year:
        wrong["made_year"] = _("The year must lie between 1900 and %(year)s.", year=str(today().year))
    return wrong


def _wrong_parent(row: Equipment, parent: Equipment) -> Any:
    """Return why a piece cannot be part of another, or ""."""
    above: Equipment | None = parent
    while above is not None:
        if above is row:
            return _("%(tag)s is a part of this piece itself.", tag=parent.code)
        above = above.parent
    if parent.facility_id != row.facility.id:
        return _("%(tag)s is at %(facility)s.", tag=parent.code, facility=parent.facility.name)
    return ""


def _ask_of_twin(row: Equipment, facts: Facts) -> None:
    """Ask whether it is right that another piece of this type bears this serial number."""
    serial, kind = facts.get("serial", row.serial), facts.get("type", row.type)
    if not serial or (key_of(row.serial) == key_of(serial) and row.type is kind):
        return
    same = Equipment.serial_key == key_of(serial), Equipment.type_id == kind.id, Equipment.id != (row.id or 0)
    query = select(Equipment.code, Facility.name).join(Facility, Facility.id == Equipment.facility_id)
    if twin := read_beside(query.where(*same).order_by(Equipment.id).limit(1), DOUBLES).first():
        words = _(
            "%(tag)s at %(facility)s bears the serial number %(serial)s too. Is this another piece?",
            tag=twin.code, facility=twin.name, serial=serial,
        )  # fmt: skip
        ask("twin", words, about=key_of(serial), field="serial")


def say_status(
    row: Equipment, *, status: str, because: str | None = None, at: datetime | None = None, note: str = "",
    cause: str = "", photos: Collection[Content] = (),
) -> StatusEvent:  # fmt: skip
    """Return what is said of the working order of a piece at a moment (now).

    What happened is kept, whenever it is told; the latest moment says how it stands. Raises Refused for a moment to
    come, or one before it was in service; for what is lost or disposed of; and without the reason where one is needed.
    """
    current().require(REPORT, row.facility)
    db.session.flush()
    db.session.refresh(row, ["status", "status_at", "state", "because"], with_for_update=True)
    MACHINE.refuse_unless(row, *THERE)
    if status not in STATUSES or (because is not None and because not in REASONS):
        raise Refused(_("Choose one of the list."), field="status" if status not in STATUSES else "because")
    if needs_reason(status) and because is None:
        raise Refused(_("Choose the reason."), field="because")
    if because == "other" and not note.strip():
        raise Refused(_("Say which reason."), field="note")
    at = at or utcnow()
    if at > utcnow():
        raise Refused(_("This moment has not come yet."), field="at")
    if row.received_on is not None and local(at).date() < row.received_on:
        raise Refused(_("It was received on %(day)s only.", day=f"{row.received_on:%d/%m/%Y}"), field="on")
    because = because if needs_reason(status) else None
    event = StatusEvent(
        equipment=row, status=status, because=because, note=note.strip(), happened_at=at, recorded_by=current().signed,
        cause=cause,
    )  # fmt: skip
    db.session.add(event)
    if row.status_at is None or at >= row.status_at:
        worked = row.status
        row.status, row.because, row.status_at = status, because, at
        if worked != status:
            emit("gmao.equipment.status", row, number=row.code, status=status, before=worked)
    db.session.flush()
    attach(row, photos)
    return event


def accept(row: Equipment) -> None:
    """Put a piece into service: from today, unless it was in service before; it works."""
    MACHINE.advance(row, "accept")
    row.received_on = row.received_on or today()
    row.in_service_on = row.in_service_on or today()
    if row.status == UNKNOWN and current().can(REPORT, row.facility):
        say_status(row, status=FUNCTIONAL)


def receive(row: Equipment) -> None:
    """Take a piece in that was planned."""
    MACHINE.advance(row, "receive")
    row.received_on = row.received_on or today()


def refuse_elsewhere(row: Equipment, facility: Facility) -> None:
    """Raise Refused, at the field `equipment`, for a piece that stands at another facility."""
    if row.facility_id != facility.id:
        raise Refused(_("It is at %(facility)s.", facility=row.facility.name), field="equipment")


def left_behind(facility: Facility) -> int:
    """Return how many pieces a facility that closes would leave behind."""
    query = select(func.count(Equipment.id)).where(Equipment.facility_id == facility.id, Equipment.state.in_(THERE))
    return read_beside(query, WHY).scalar() or 0


def pieces(place: Facility, text: str, most: int | None) -> list[dict[str, str]]:
    """Return the pieces that are at a place and hold all the words, as a field chooses from them."""
    words = fits(
        text, [Equipment.code], [Equipment.serial, Equipment.inventory, Equipment.room, EquipmentType.label_fr]
    )
    query = select(Equipment).join(EquipmentType).where(Equipment.facility_id == place.id, Equipment.state.in_(THERE))
    rows = db.session.scalars(query.where(words).order_by(EquipmentType.label_fr, Equipment.code).limit(most))
    return [
        {"value": row.code, "label": f"{row.code}{DOT}{row.type.label}",
         "detail": DOT.join(filter(None, (row.serial, row.place)))}
        for row in rows
    ]  # fmt: skip
