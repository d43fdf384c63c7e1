"""Keeping the files of people: their names, birth and numbers. Where they work is a matter of `posts`."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import selectinload

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.numbers import next_number, next_numbers
from core.data.rows import store
from core.data.settings import value_of
from core.data.work import ask
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from core.users.directory.services import Colleague
from plugins.hr.persons.doubles import alike
from plugins.hr.persons.models import SCHEMES, Identifier, Person, number_key_of
from plugins.hr.persons.settings import WORKING_AGE
from plugins.hr.rights import EDIT
from plugins.hr.series import FILE

TAKEN = "a number belongs to one person in the country, wherever his file is kept"
ASKED = tuple(SCHEMES)[:3]  # the numbers that forms and lists ask for
OLDEST = 100  # years of an agent
Facts = dict[str, Any]


def register(
    facility: Facility, *, photos: Collection[Content] = (), own: Mapping[str, Any] | None = None, **facts: Any
) -> Person:  # fmt: skip
    """Return the new file of a person, kept at a facility.

    Raises Invalid, at each field, for what cannot be, a number that another bears; asks where somebody alike is known.
    """
    current().require(EDIT, facility)
    numbers = {scheme: facts.pop(scheme, None) or "" for scheme in ASKED}
    with db.session.no_autoflush:
        person = Person(facility=facility, number="")
        _refuse(person, facts, numbers)
        _ask_of_doubles(person, facts)
        person.number = next_number(FILE)
    store(person, own=own, **facts)
    _keep_numbers(person, numbers)
    attach(person, photos)
    return person


@dataclass(frozen=True)
class Line:
    """Somebody of a list, whose facts were looked at: where the file is kept, what is known, and the numbers."""

    facility: Facility
    facts: Facts
    numbers: Mapping[str, str] = field(default_factory=dict)


def enter(lines: Iterable[Line]) -> list[Person]:
    """Return the new files of a list, whose facts were looked at (`plain_faults`, `holders`), in few statements."""
    given, people = list(lines), list[Person]()
    for line, number in zip(given, next_numbers(FILE, len(given)), strict=True):
        current().require(EDIT, line.facility)
        borne = [Identifier(scheme=scheme, value=value) for scheme, value in line.numbers.items() if value]
        people.append(Person(facility=line.facility, number=number, identifiers=borne, **line.facts))
    db.session.add_all(people)
    db.session.flush()
    return people


def correct(person: Person, facts: Facts, own: Mapping[str, Any] | None = None) -> Person:
    """Return a file with what a list says of it; as `change`, and nothing is asked."""
    return _changed(person, dict(facts), own)


def change(person: Person, own: Mapping[str, Any] | None = None, **facts: Any) -> Person:
    """Return a file with these facts; raises as `register` does. A number that is another now ends the one before."""
    if {"surname", "given"} & facts.keys():
        _ask_of_doubles(person, facts)
    return _changed(person, facts, own)


def _changed(person: Person, facts: Facts, own: Mapping[str, Any] | None) -> Person:
    current().require(EDIT, person.facility)
    refuse_merged(person)
    numbers = {scheme: facts.pop(scheme) or "" for scheme in ASKED if scheme in facts}
    with db.session.no_autoflush:
        _refuse(person, facts, numbers)
    store(person, own=own, **facts)
    _keep_numbers(person, numbers)
    return person


def link(person: Person, account: Colleague | None = None) -> None:
    """Say by which account a person signs in, or that he has none; Refused for the account of another."""
    current().require(EDIT, person.facility)
    refuse_merged(person)
    if account is not None:
        taken = select(Person.__table__.c.id).where(Person.__table__.c.user_id == account.user_id)
        if (holder := read_beside(taken, TAKEN).scalar()) is not None and holder != person.id:
            raise Refused(_("This account belongs to the file of somebody else."), field="account")
    person.user_id = None if account is None else account.user_id
    db.session.flush()


def refuse_merged(person: Person) -> None:
    """Raise Refused for a file that was merged into another."""
    if person.merged_into_id is not None:
        raise Refused(_("This file was merged into another: work on that one."))


def faults(person: Person, facts: Mapping[str, Any], numbers: Mapping[str, str]) -> Facts:
    """Return {field: what is wrong} of new facts of a person, new or stored, and of his numbers."""
    wrong = plain_faults(person, facts)
    borne = holders({(scheme, number_key_of(value)) for scheme, value in numbers.items()})
    for scheme, value in numbers.items():
        if value and not number_key_of(value):
            wrong[scheme] = _("A number holds letters or figures.")
        elif value and (holder := borne.get((scheme, number_key_of(value)))) not in (None, person.id):
            wrong[scheme] = _("This number is in the file of somebody else (%(file)s).", file=_file_no(holder))
    return wrong


def plain_faults(person: Person, facts: Mapping[str, Any]) -> Facts:
    """Return {field: what is wrong} of new facts of a person, beside what his numbers say."""
    wrong: Facts = {}
    born: date | None = facts.get("born_on", person.born_on)
    if born is not None and born > today():
        wrong["born_on"] = _("This day has not come yet.")
    elif born is not None and born < today() - relativedelta(years=OLDEST):
        wrong["born_on"] = _("This is more than %(years)s years ago.", years=OLDEST)
    return wrong


def of_age(born: date | None, precision: str = "day") -> date | None:
    """Return the first day on which somebody may be employed, None where the birth is not known. Where it is known to
    the year or the month alone, the doubt is the person's: its first day counts."""
    if born is None:
        return None
    known = born.replace(day=1, month=born.month if precision == "month" else 1) if precision != "day" else born
    return known + relativedelta(years=value_of(WORKING_AGE))


def too_young(born: date | None, precision: str, day: date) -> Words:
    """Return why somebody born then cannot be employed on a day, "" where he can."""
    if born is not None and day <= born:
        return _("This lies before the birth.")
    least = of_age(born, precision)
    if least is not None and day < least:
        return _("This person may be employed from %(day)s on.", day=f"{least:%d/%m/%Y}")
    return ""


def holders(numbers: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return {(scheme, key of a number): id of who bears it}, wherever his file is kept."""
    table = Identifier.__table__.c
    query = select(table.scheme, table.value_key, table.person_id)
    query = query.where(tuple_(table.scheme, table.value_key).in_(numbers))
    found = read_beside(query, TAKEN) if numbers else ()
    return {(scheme, key): person_id for scheme, key, person_id in found}


def persons_named(texts: Collection[str]) -> dict[str, Person]:
    """Return {key of a number: the person} of those whose file number or staff number stands in some texts, as far as
    they may be read."""
    keys = {number_key_of(text) for text in texts}
    staff = Identifier.scheme == "matricule"
    borne = select(Identifier.person_id).where(staff, Identifier.value_key.in_(keys))
    query = select(Person).where(or_(Person.number.in_(texts), Person.id.in_(borne)))
    people = list(db.session.scalars(query.options(selectinload(Person.identifiers)))) if keys else []
    found = {number_key_of(one.number): one for one in people}
    return found | {each.value_key: one for one in people for each in one.identifiers if each.scheme == "matricule"}


def _file_no(person_id: Any) -> str:
    query = select(Person.__table__.c.number).where(Person.__table__.c.id == person_id)
    return str(read_beside(query, TAKEN).scalar())


def _refuse(person: Person, facts: Facts, numbers: Mapping[str, str]) -> None:
    if wrong := faults(person, facts, numbers):
        raise Invalid(wrong)


def _ask_of_doubles(person: Person, facts: Facts) -> None:
    """Ask once about everybody who may be the same; the names that are told are those of colleagues."""
    told = {name: facts.get(name, getattr(person, name)) for name in ("surname", "given", "born_on")}
    found = alike(**told, besides=person.id)
    if found:
        about = ",".join(str(one.id) for one in found)
        ask("double", _double_words([str(one) for one in found]), about=about, field="surname")


def _double_words(found: list[str]) -> Any:
    return _("Somebody alike is known already: %(people)s. Is this another person?", people="; ".join(found))


def _keep_numbers(person: Person, numbers: Mapping[str, str]) -> None:
    """Store numbers that differ from the present ones, which end; an empty one ends it alone."""
    for scheme, value in numbers.items():
        if number_key_of(value) == number_key_of(person.number_of(scheme)):
            continue
        for one in _present(person, scheme):
            one.valid_until = today()
        if not value:
            continue
        again = next((one for one in person.identifiers if _is(one, scheme, value)), None)
        if again is None:
            again = Identifier(person=person, scheme=scheme, value=value)
            db.session.add(again)
        again.valid_until = None
    db.session.flush()


def _present(person: Person, scheme: str) -> Iterator[Identifier]:
    return (one for one in person.identifiers if one.scheme == scheme and one.holds)


def _is(one: Identifier, scheme: str, value: str) -> bool:
    return one.scheme == scheme and one.value_key == number_key_of(value)
