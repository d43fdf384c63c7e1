"""Licences come in from the list of a professional body: of each the person is found by a number that he bears."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from plugins.hr.credentials import services
from plugins.hr.credentials.models import Licence
from plugins.hr.persons.models import Person, number_key_of
from plugins.hr.persons.services import persons_named
from plugins.hr.rights import CAREER

BATCH = 500
Line = tuple[Row, Person, Licence | None]
Held = dict[int, list[Any]]


def prepare(rows: Iterator[Row], report: Report) -> None:
    """Count what is new or the same; a licence that cannot be is refused."""
    added: Held = defaultdict(list)
    for batch in batches(rows, BATCH):
        for row, _person, known in _lines(batch, added, report):
            report.count("same" if known is not None else "new", row)


def apply(plan: None, rows: Iterator[Row], report: Report) -> None:
    """Store the new licences; one that is here stays as it is."""
    added: Held = defaultdict(list)
    for batch in batches(rows, BATCH):
        new = [(row, person) for row, person, known in _lines(batch, added, report) if known is None]
        db.session.add_all(Licence(person=person, **_facts(row)) for row, person in new)
        db.session.flush()


def _facts(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("body", "number", "first", "last")}


def _lines(batch: Sequence[Row], added: Held, report: Report) -> Iterator[Line]:
    people = persons_named({row["person"] for row in batch})
    held: Held = defaultdict(list)
    query = select(Licence).where(Licence.person_id.in_({one.id for one in people.values()}))
    for one in db.session.scalars(query):
        held[one.person_id].append(one)
    for row in batch:
        person = people.get(number_key_of(row["person"]))
        if person is None or person.merged_into_id is not None:
            report.refuse(row, "person", _("You may read no file with this file number or staff number."))
        elif not current().can(CAREER, person.facility):
            report.refuse(row, "person", _("This lies outside your rights."))
        elif (line := _line(row, person, held[person.id], added, report)) is not None:
            yield line


def _line(row: Row, person: Person, held: list[Licence], added: Held, report: Report) -> Line | None:
    known = next((one for one in held if _same(one, row)), None)
    if known is not None:
        return row, person, known
    wrong = services.faults(person, _facts(row), [*held, *added[person.id]])
    for name, words in wrong.items():
        report.refuse(row, name, words)
    if wrong:
        return None
    added[person.id].append(Licence(withdrawn_on=None, **_facts(row)))
    return row, person, None


def _same(one: Licence, row: Row) -> bool:
    return (one.body, number_key_of(one.number), one.first, one.last) == (
        row["body"], number_key_of(row["number"]), row["first"], row["last"]
    )  # fmt: skip


LICENCES = Importer(
    [
        Field("person", _("File no. or staff number"), parse.text(60), required=True, aliases=["matricule"]),
        Field("body", _("Professional body"), parse.text(120), required=True, aliases=["ordre"]),
        Field("number", _("Licence no."), parse.text(60), required=True, aliases=["n° licence", "n° d'ordre"]),
        Field("first", _("First day"), parse.day, required=True, aliases=["du"]),
        Field("last", _("Last day"), parse.day, required=True, aliases=["au", "expire le"]),
    ],
    ["person", "body", "first"],
    CAREER,
    prepare,
    apply,
    example={
        "person": "123456.789", "body": "Ordre des infirmiers", "number": "OI-2210", "first": "2026-01-01",
        "last": "2026-12-31",
    },
)  # fmt: skip
