"""Recording what happens in a career, and saying what follows from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.work import emit
from plugins.hr.careers.models import (
    CANCELLED,
    EXIT,
    GRADE,
    POSITION,
    RECRUITED,
    SANCTION,
    STEP,
    CareerEvent,
)
from plugins.hr.persons.models import Person
from plugins.hr.persons.services import refuse_merged, too_young
from plugins.hr.posts.models import Assignment
from plugins.hr.posts.services import written
from plugins.hr.reference.models import Cadre, Grade, Position, Step
from plugins.hr.rights import CAREER, SANCTIONS

Facts = dict[str, Any]
NEEDED = {RECRUITED: "cadre", GRADE: "grade", STEP: "step", POSITION: "position", EXIT: "because"}


@dataclass(frozen=True)
class Standing:
    """What an agent is on a day, as the events of his career say: read, never stored."""

    recruited_on: date | None = None
    confirmed_on: date | None = None
    cadre: Cadre | None = None
    grade: Grade | None = None
    step: Step | None = None
    position: Position | None = None
    left_on: date | None = None
    because: str | None = None

    @property
    def active(self) -> bool:
        """Return whether the agent works: he has not left, and his position is one of work."""
        return self.left_on is None and (self.position is None or self.position.active)


def events_of(person: Person) -> list[CareerEvent]:
    """Return the events of a career that this person may read, the first first."""
    query = select(CareerEvent).where(CareerEvent.person_id == person.id)
    loads = (getattr(CareerEvent, name) for name in ("cadre", "grade", "step", "position"))
    ordered = query.order_by(CareerEvent.effective_on, CareerEvent.id).options(*map(selectinload, loads))
    return list(db.session.scalars(ordered))


def valid(events: Iterable[CareerEvent]) -> list[CareerEvent]:
    """Return the events that were not taken back, without those that take back."""
    every = list(events)
    gone = {one.cancels_id for one in every if one.kind == CANCELLED}
    return [one for one in every if one.id not in gone and one.kind != CANCELLED]


def standing(events: Iterable[CareerEvent], day: date | None = None) -> Standing:
    """Return what an agent is on a day (today), from the events of his career, the first first."""
    on, told = day or today(), dict[str, Any]()
    for one in (each for each in valid(events) if each.effective_on <= on):
        if one.kind == RECRUITED:
            told = {"recruited_on": one.effective_on}
        if one.grade is not None and one.grade is not told.get("grade"):
            told.pop("step", None)
        told |= {name: found for name in ("cadre", "grade", "step", "position") if (found := getattr(one, name))}
        if one.kind == "confirmation":
            told["confirmed_on"] = one.effective_on
        if one.kind == EXIT:
            told |= {"left_on": one.effective_on, "because": one.because}
    return Standing(**told)


def record_event(
    person: Person, *, kind: str, effective_on: date, cadre: Cadre | None = None, grade: Grade | None = None,
    step: Step | None = None, position: Position | None = None, because: str | None = None, decision: str = "",
    decided_on: date | None = None, note: str = "",
) -> CareerEvent:  # fmt: skip
    """Return the new event of a career; Invalid, at each field, where it cannot be.

    An exit is refused while an assignment goes on after it: who leaves holds no post.
    """
    current().require(SANCTIONS if kind == SANCTION else CAREER, person.facility)
    refuse_merged(person)
    event = CareerEvent(
        kind=kind, effective_on=effective_on, cadre=cadre, grade=grade or (step.grade if step else None), step=step,
        position=position, because=because, decision=decision, decided_on=decided_on, note=note,
        recorded_by=current().signed,
    )  # fmt: skip
    db.session.refresh(person, ["facility_id"], with_for_update=True)
    with db.session.no_autoflush:
        if wrong := faults(person, event, events_of(person)):
            raise Invalid(wrong)
    event.person = person
    db.session.add(event)
    db.session.flush()
    emit("hr.career.recorded", event, number=person.number, kind=kind, on=effective_on.isoformat())
    return event


def recruit(people: Iterable[tuple[Person, Facts]]) -> None:
    """Store the recruitments of people of a list, whose days were looked at."""
    for person, facts in people:
        current().require(CAREER, person.facility)
        db.session.add(CareerEvent(person=person, kind=RECRUITED, recorded_by=current().signed, **facts))
    db.session.flush()


def take_back(event: CareerEvent, reason: str) -> CareerEvent:
    """Return the event that takes back a wrong one: both stay, and the state follows without it."""
    person = event.person
    current().require(SANCTIONS if event.kind == SANCTION else CAREER, person.facility)
    refuse_merged(person)
    if event.kind == CANCELLED or any(one.cancels_id == event.id for one in events_of(person)):
        raise Refused(_("This was taken back already."))
    undone = CareerEvent(
        person=person, kind=CANCELLED, effective_on=event.effective_on, cancels=event, note=reason,
        recorded_by=current().signed,
    )  # fmt: skip
    db.session.add(undone)
    db.session.flush()
    return undone


def faults(person: Person, event: CareerEvent, known: Sequence[CareerEvent]) -> Facts:
    """Return {field: what is wrong} of a new event beside those that are known."""
    wrong: Facts = {}
    needed = NEEDED.get(event.kind)
    if needed and not getattr(event, needed):
        wrong[needed] = _("Needed for this event.")
    before = standing(known, event.effective_on)
    if fault := _wrong_day(person, event, before):
        wrong["effective_on"] = fault
    if event.decided_on is not None and event.decided_on > today():
        wrong["decided_on"] = _("This day has not come yet.")
    if event.step is not None and event.grade is not None and event.step.grade_id != event.grade.id:
        wrong["step"] = _("This step is one of another grade (%(grade)s).", grade=event.step.grade.code)
    if event.kind == EXIT and "effective_on" not in wrong and (held := _held_after(person, event.effective_on)):
        wrong["effective_on"] = _("An assignment goes on since %(day)s: end it first.", day=written(held.first))
    return wrong


def _wrong_day(person: Person, event: CareerEvent, before: Standing) -> Any:
    if fault := too_young(person.born_on, person.born_precision, event.effective_on):
        return fault
    if event.kind == RECRUITED:
        return _again(before)
    if before.left_on is not None:
        return _("This person left on %(day)s.", day=written(before.left_on))
    return None


def _again(before: Standing) -> Any:
    if before.recruited_on is not None and before.left_on is None:
        return _("This person was recruited on %(day)s already.", day=written(before.recruited_on))
    return None


def _held_after(person: Person, day: date) -> Assignment | None:
    query = select(Assignment).where(
        Assignment.person_id == person.id, Assignment.last.is_(None) | (Assignment.last > day)
    )
    return db.session.scalars(query.order_by(Assignment.first)).first()
