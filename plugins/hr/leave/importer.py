"""The leave of the past comes in from another register."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.calendars import calendars_of
from core.data.codes import key_of
from core.data.db import db
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from plugins.hr.leave.models import LeaveCause, LeaveRequest, LeaveType
from plugins.hr.leave.past import Past, enter, faults
from plugins.hr.leave.reckoning import policies_of, policy_on
from plugins.hr.leave.states import CANCELLED, DRAFT, REFUSED
from plugins.hr.persons.models import Identifier, Person, number_key_of
from plugins.hr.rights import DECIDE

BATCH = 500
HERE = "a line of past leave is compared with all leave of its person; whether he may be written is judged by his place"
MATRICULE = "matricule"
Held = list[tuple[date, date, int, str]]  # first day, last day, kind, number


@dataclass
class Plan:
    """What the lines before have said of each person."""

    held: dict[int, list[tuple[date, date, int]]] = field(default_factory=dict)


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return what a file says of each person; what cannot be is refused, what is here already is left as it is."""
    plan = Plan()
    for batch in batches(rows):
        for row, _one, known in _leaves(batch, plan, report):
            report.count("same" if known else "new", row)
    return plan


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the leave that is not here."""
    plan.held.clear()
    for batch in batches(rows, BATCH):
        enter(one for _row, one, known in _leaves(batch, plan, report) if not known)


def _leaves(batch: Sequence[Row], plan: Plan, report: Report) -> Iterator[tuple[Row, Past, bool]]:
    """Yield (line, leave, whether it is here) of the lines that can stand."""
    people = _people(batch)
    kinds = _kinds()
    rules = policies_of({one.id for one in kinds.values()})
    read = [(row, person) for row in batch if (person := _person(row, people, kinds, report)) is not None]
    places = {one.id: one for one in db.session.scalars(
        select(Facility).where(Facility.id.in_({person.facility_id for _row, person in read}))
    )}  # fmt: skip
    calendars, here = calendars_of(places.values()), _here({person.id for _row, person in read})
    for row, person in read:
        place, kind = places[person.facility_id], kinds[key_of(row["type"])]
        if not current().can(DECIDE, place):
            report.refuse(row, "person", _("This lies outside your rights."))
            continue
        one = Past(
            person.id, f"{person.given} {person.surname}".strip(), person.user_id, place, kind,
            policy_on(rules.get(kind.id, []), row["first_day"]), calendars[place.id], row["first_day"],
            row["last_day"], row["days"], row["former"] or "", row["note"] or "",
        )  # fmt: skip
        yield from _judged(row, one, here.get(person.id, []), plan, report)


def _judged(row: Row, one: Past, here: Held, plan: Plan, report: Report) -> Iterator[tuple[Row, Past, bool]]:
    same = any((first, last, kind) == (one.first_day, one.last_day, one.kind.id) for first, last, kind, _no in here)
    wrong = {} if same else faults(one) or _overlap(one, here)
    said = plan.held.setdefault(one.person_id, [])
    line = next((at for first, last, at in said if first <= one.last_day and one.first_day <= last), None)
    if line is not None:
        wrong = wrong or {"first_day": _("Line %(line)s has some of these days already.", line=line)}
    for name, words in wrong.items():
        report.refuse(row, name, words)
    if not wrong:
        said.append((one.first_day, one.last_day, row.line))
        yield row, one, same


def _overlap(one: Past, here: Held) -> dict[str, Any]:
    met = next((each for each in here if each[0] <= one.last_day and one.first_day <= each[1]), None)
    if met is None:
        return {}
    return {"first_day": _("%(number)s covers these days already: %(first)s to %(last)s.", number=met[3],
                           first=f"{met[0]:%d/%m/%Y}", last=f"{met[1]:%d/%m/%Y}")}  # fmt: skip


def _here(ids: set[int]) -> dict[int, Held]:
    """Return {person: his leave that counts} of some people, in one statement."""
    of, why = LeaveRequest.__table__.c, LeaveCause.__table__.c
    kind = select(why.type_id).where(why.request_id == of.id).correlate(LeaveRequest.__table__).scalar_subquery()
    query = select(of.person_id, of.first_day, of.last_day, of.type_id, kind, of.number)
    query = query.where(of.person_id.in_(ids), of.state.not_in((DRAFT, CANCELLED, REFUSED)))
    found: dict[int, Held] = {}
    for person, first, last, type_id, hidden, number in read_beside(query, HERE) if ids else ():
        found.setdefault(person, []).append((first, last, type_id or hidden, number))
    return found


def _people(batch: Sequence[Row]) -> dict[str, Any]:
    """Return {key of a file number or staff number: the person}, in two statements."""
    of, number = Person.__table__.c, Identifier.__table__.c
    wanted = {number_key_of(row["person"]) for row in batch}
    columns = (of.id, of.number, of.given, of.surname, of.user_id, of.facility_id)
    files = select(*columns).where(of.number.in_({row["person"].strip().upper() for row in batch}))
    found = {number_key_of(row.number): row for row in read_beside(files.where(of.merged_into_id.is_(None)), HERE)}
    bearing = select(*columns, number.value_key).join(Identifier.__table__, number.person_id == of.id)
    bearing = bearing.where(number.scheme == MATRICULE, number.value_key.in_(wanted), of.merged_into_id.is_(None))
    return {**{row.value_key: row for row in read_beside(bearing, HERE)}, **found}


def _person(row: Row, people: Mapping[str, Any], kinds: Mapping[str, LeaveType], report: Report) -> Any:
    """Return the person of a line; None, and refused, where nobody has the number, or no kind of leave is so called."""
    found = people.get(number_key_of(row["person"]))
    if found is None:
        report.refuse(row, "person", _("No file has this number."))
    if key_of(row["type"]) not in kinds:
        report.refuse(row, "type", _("No kind of leave is called so."))
        return None
    return found


def _kinds() -> dict[str, LeaveType]:
    """Return {key of a code or label: the kind of leave}."""
    rows = db.session.scalars(select(LeaveType)).all()
    return {key_of(said): row for row in rows for said in (row.label_en, row.label_fr, row.code) if said}


LEAVE_OF_THE_PAST = Importer(
    [
        Field("person", _("Staff number or file no."), parse.text(60, numbers=True), required=True,
              aliases=["matricule", "agent", "n° dossier"]),
        Field("type", _("Kind of leave"), parse.text(160), required=True,
              aliases=["type", "nature", "type de congé"]),
        Field("first_day", _("First day"), parse.day, required=True, aliases=["du", "début", "date de début"]),
        Field("last_day", _("Last day"), parse.day, required=True, aliases=["au", "fin", "date de fin"]),
        Field("days", _("Days of leave"), parse.whole(0, 366), aliases=["jours", "nombre de jours", "durée"],
              help=_("Empty: counted by the calendar.")),
        Field("former", _("Former number"), parse.text(60, numbers=True), aliases=["n°", "décision", "référence"]),
        Field("note", _("Remarks"), parse.text(1000, lines=True, numbers=True), aliases=["observations"]),
    ],
    ["person", "first_day"],
    DECIDE,
    prepare,
    apply,
    example={
        "person": "123456", "type": "annual", "first_day": "2025-08-04", "last_day": "2025-08-29", "days": "20",
        "former": "CA-2025-118", "note": "Congé annuel 2025",
    },
)  # fmt: skip
