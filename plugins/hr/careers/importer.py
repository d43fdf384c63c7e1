"""An existing register of people comes in: each is found again by the number of his file, else by a number that he
bears; of those who are new the recruitment is recorded too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data import own
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Invalid
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from core.imports.own import COLUMN as OWN
from core.imports.rows import PLACE, codes_of, place_of
from core.web.pages import number
from plugins.hr.careers import services as careers
from plugins.hr.persons import services
from plugins.hr.persons.doubles import known_names
from plugins.hr.persons.models import PRECISIONS, SEXES, Identifier, Person, number_key_of
from plugins.hr.persons.names import name_key
from plugins.hr.persons.services import ASKED, Facts, Line
from plugins.hr.reference.models import Cadre, Grade
from plugins.hr.rights import EDIT

UNSURE, BATCH = "unsure", 500
PLAIN = (
    "surname", "given", "other_name", "sex", "born_on", "born_precision", "birthplace", "nationality", "phone", "email",
    "address", "note",
)  # fmt: skip
Key = tuple[str, str]  # a scheme, and the number in it


@dataclass
class Plan:
    """What a file may name, and where what it says of somebody stood first."""

    cadres: dict[str, int] = field(default_factory=dict)
    grades: dict[str, int] = field(default_factory=dict)
    places: dict[str | None, Facility | None] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    unsure: int = 0


@dataclass
class Told:
    """A line of the file: its place, what it says, and the person it speaks of; `maybe` is who may be the same."""

    row: Row
    place: Facility
    facts: Facts
    numbers: dict[str, str]
    known: Person | None = None
    maybe: str = ""


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return what the file may name; all that cannot be is refused, and doubles are asked about."""
    plan = Plan(codes_of(Cadre), codes_of(Grade))
    for batch in batches(rows):
        for told in _told(batch, plan, report):
            if _fits(told, report):
                report.count(_outcome(told, plan), told.row, told.maybe)
    if plan.unsure:
        words = _(
            "%(n)s lines may speak of people who are here already. Enter them as new ones?", n=number(plan.unsure)
        )
        report.ask("doubles", words, about=str(plan.unsure))
    return plan


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the people; an empty cell never erases what is stored, and a career that is known stays as it is."""
    plan.lines.clear()
    for batch in batches(rows, BATCH):
        lines = list(_told(batch, plan, report))
        new = [told for told in lines if told.known is None]
        people = services.enter(Line(told.place, _beginning(told), told.numbers) for told in new)
        careers.recruit(
            [(person, facts) for person, told in zip(people, new, strict=True) if (facts := _career(told, plan))]
        )
        for told in lines:
            if told.known is not None and _changes(told):
                _change(told.known, told, report)


def _change(person: Person, told: Told, report: Report) -> None:
    try:
        services.correct(person, {**told.facts, **told.numbers}, told.row.family(OWN) or None)
    except Invalid as error:
        for name, words in error.errors.items():
            report.refuse(told.row, name, words)


def _outcome(told: Told, plan: Plan) -> str:
    if told.known is not None:
        return "changed" if _changes(told) else "same"
    plan.unsure += bool(told.maybe)
    return UNSURE if told.maybe else "new"


def _changes(told: Told) -> bool:
    """Return whether a line says something new of somebody who is known."""
    person: Any = told.known
    given = own.merged(Person.__entity__, person.own, told.row.family(OWN))
    stored = {name: getattr(person, name) for name in told.facts}
    numbers = any(
        number_key_of(person.number_of(scheme)) != number_key_of(said) for scheme, said in told.numbers.items()
    )
    return stored != told.facts or numbers or given != person.own


def _beginning(told: Told) -> Facts:
    return {**told.facts, "own": own.merged(Person.__entity__, {}, told.row.family(OWN))}


def _career(told: Told, plan: Plan) -> Facts:
    """Return what the recruitment of a line says; nothing where it names no day."""
    row = told.row
    if row["recruited_on"] is None:
        return {}
    grade = plan.grades[key_of(row["grade_code"])] if row["grade_code"] else None
    return {
        "effective_on": row["recruited_on"], "cadre_id": plan.cadres[key_of(row["cadre_code"])],
        "grade_id": grade,
    }  # fmt: skip


def _fits(told: Told, report: Report) -> bool:
    """Return whether what a line says of a person can be; else each fault is told at its column."""
    person = told.known or Person(facility=told.place)
    with db.session.no_autoflush:
        wrong = services.plain_faults(person, told.facts)
        given = own.faults(Person.__entity__, None, told.place.path, told.row.family(OWN), told.known is None)
        wrong |= {f"{OWN}{code}": words for code, words in given}
        if told.known is None and told.row["recruited_on"] is not None:
            wrong |= _wrong_recruitment(told)
    for name, words in wrong.items():
        report.refuse(told.row, name, words)
    return not wrong


def _wrong_recruitment(told: Told) -> Facts:
    born, precision = told.facts.get("born_on"), told.facts.get("born_precision", "day")
    fault = services.too_young(born, precision, told.row["recruited_on"])
    return {"recruited_on": fault} if fault else {}


def _told(batch: Sequence[Row], plan: Plan, report: Report) -> Iterator[Told]:
    """Yield the lines that can be read, each with the person it speaks of."""
    read = [told for row in batch if (told := _read(row, plan, report)) is not None]
    holders, files = _holders(read), _files(read)
    alike = known_names({name_key(told.facts.get("surname"), told.facts.get("given")) for told in read})
    for told in read:
        if _find(told, holders, files, plan, report):
            if told.known is None:
                told.maybe = _maybe(told, alike)
            yield told


def _read(row: Row, plan: Plan, report: Report) -> Told | None:
    place = place_of(row, PLACE, EDIT, plan.places, report)
    fits = place is not None
    for name, known, words in (
        ("cadre_code", plan.cadres, _("There is no cadre with this code.")),
        ("grade_code", plan.grades, _("There is no grade with this code.")),
    ):
        if row[name] and key_of(row[name]) not in known:
            report.refuse(row, name, words)
            fits = False
    if row["recruited_on"] is not None and not row["cadre_code"]:
        report.refuse(row, "cadre_code", _("Needed for a recruitment."))
        fits = False
    numbers = {scheme: row[scheme] for scheme in ASKED if row[scheme]}
    facts = {name: row[name] for name in PLAIN if row[name] is not None}
    return Told(row, place, facts, numbers) if fits and place is not None else None


def _holders(lines: Sequence[Told]) -> dict[Key, int]:
    """Return {(scheme, number): who bears it}, of the whole country."""
    keys = {(scheme, number_key_of(said)) for told in lines for scheme, said in told.numbers.items()}
    return services.holders(keys)


def _files(lines: Sequence[Told]) -> dict[Any, Person]:
    """Return the files that some lines speak of and that this person may read, by their number and their id."""
    numbers = {told.row["number"] for told in lines if told.row["number"]}
    keys = {(scheme, number_key_of(said)) for told in lines for scheme, said in told.numbers.items()}
    borne = select(Identifier.person_id).where(tuple_(Identifier.scheme, Identifier.value_key).in_(keys))
    query = select(Person).where(or_(Person.number.in_(numbers), Person.id.in_(borne)))
    found = db.session.scalars(query.options(selectinload(Person.identifiers))) if numbers or keys else ()
    return {key: person for person in found for key in (person.id, person.number)}


def _find(told: Told, holders: Mapping[Key, int], files: Mapping[Any, Person], plan: Plan, report: Report) -> bool:
    """Give the line its person, and say whether it can stand: one person, of one line, kept within one's rights."""
    row = told.row
    if row["number"]:
        told.known = files.get(row["number"])
        if told.known is None:
            report.refuse(row, "number", _("There is no file with this number. Leave it empty for a new one."))
            return False
    for scheme, said in told.numbers.items():
        key = (scheme, number_key_of(said))
        holder = holders.get(key)
        if holder is not None and told.known is None:
            told.known = files.get(holder)
        if holder is not None and (told.known is None or told.known.id != holder):
            report.refuse(row, scheme, _("This number is in the file of somebody else."))
            return False
        first = plan.lines.setdefault(key, row.line)
        if first != row.line:
            report.refuse(row, scheme, _("Line %(line)s has this number already.", line=first))
            return False
    return _is_kept_here(told, report)


def _is_kept_here(told: Told, report: Report) -> bool:
    known = told.known
    if known is not None and known.facility_id != told.place.id:
        report.refuse(told.row, PLACE, _("This file is kept at %(facility)s: an assignment moves it.",
                                         facility=known.facility.name))  # fmt: skip
        return False
    if known is not None and known.merged_into_id is not None:
        report.refuse(told.row, "number", _("This file was merged into another: work on that one."))
        return False
    return True


def _maybe(told: Told, alike: Mapping[str, Sequence[Any]]) -> str:
    key = name_key(told.facts.get("surname"), told.facts.get("given"))
    return "; ".join(str(one) for one in alike.get(key, ()) if one.near(told.facts.get("born_on")))


PEOPLE = Importer(
    [
        Field(PLACE, _("Facility code"), parse.text(40), required=True, aliases=["code structure", "facility"]),
        Field("number", _("File no."), parse.text(40), help=_("Of a file that is here; empty for a new one.")),
        Field("matricule", _("Staff number"), parse.text(60), aliases=["n° matricule"]),
        Field("national", _("National identity number"), parse.text(60), aliases=["cni", "carte d'identité"]),
        Field("inss", _("Social security number"), parse.text(60)),
        Field("surname", _("Surname"), parse.text(120), required=True, aliases=["nom de famille"]),
        Field("given", _("Given names"), parse.text(120), aliases=["prénom"]),
        Field("other_name", _("Other name"), parse.text(120)),
        Field("sex", _("Sex"), parse.text(1), choices=lambda: SEXES, aliases=["genre"]),
        Field("born_on", _("Date of birth"), parse.day, aliases=["né le", "née le"]),
        Field("born_precision", _("Birth known"), parse.text(10), choices=lambda: PRECISIONS),
        Field("birthplace", _("Place of birth"), parse.text(120)),
        Field("nationality", _("Nationality"), parse.text(80)),
        Field("phone", _("Phone"), parse.text(40, numbers=True), aliases=["tél"]),
        Field("email", _("E-mail"), parse.text(200), aliases=["courriel"]),
        Field("address", _("Address"), parse.text(200, numbers=True)),
        Field("cadre_code", _("Cadre (code)"), parse.text(40), aliases=["cadre"]),
        Field("grade_code", _("Grade (code)"), parse.text(40), aliases=["grade"]),
        Field("recruited_on", _("Recruited on"), parse.day, aliases=["date d'engagement"]),
        Field("note", _("Remarks"), parse.text(2000, lines=True, numbers=True), aliases=["observations"]),
    ],
    ["number"],
    EDIT,
    prepare,
    apply,
    outcomes={UNSURE: _("May be here already")},
    example={
        "facility_code": "CDS-01", "matricule": "123456.789", "surname": "Ndayizeye", "given": "Élise", "sex": "F",
        "born_on": "1990-04-02", "cadre_code": "infirmier-a2", "grade_code": "C3", "recruited_on": "2014-03-01",
    },
)  # fmt: skip
