"""Recording what people have learned and may do, and saying what lapses."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.rows import store
from core.data.settings import value_of
from core.data.work import emit
from plugins.hr.credentials.models import Appraisal, Fitness, Licence, Qualification
from plugins.hr.credentials.settings import SOON
from plugins.hr.persons.models import Person
from plugins.hr.persons.services import refuse_merged
from plugins.hr.rights import CAREER, HEALTH

Facts = dict[str, Any]
FIRST_YEAR = 1960


def qualify(person: Person, **facts: Any) -> Qualification:
    """Return the new qualification of a person; Invalid for days that cannot be."""
    _allow(person)
    wrong: Facts = {}
    if facts["obtained_on"] > today():
        wrong["obtained_on"] = _("This day has not come yet.")
    if person.born_on is not None and facts["obtained_on"] <= person.born_on:
        wrong["obtained_on"] = _("This lies before the birth.")
    if facts.get("valid_until") is not None and facts["valid_until"] < facts["obtained_on"]:
        wrong["valid_until"] = _("The last day lies before the first.")
    if wrong:
        raise Invalid(wrong)
    return store(Qualification(person=person), **facts)


def license(person: Person, **facts: Any) -> Licence:
    """Return the new licence of a person, or its renewal; Invalid where it ends before it begins, or is here."""
    _allow(person)
    if wrong := faults(person, facts, licences_of(person)):
        raise Invalid(wrong)
    row = store(Licence(person=person), **facts)
    emit("hr.licence.recorded", row, number=person.number, last=row.last.isoformat())
    return row


def faults(person: Person, facts: Facts, known: Iterable[Licence]) -> Facts:
    """Return {field: what is wrong} of a licence beside those of its person."""
    first, last = facts["first"], facts["last"]
    if last < first:
        return {"last": _("The licence ends before it begins.")}
    if person.born_on is not None and first <= person.born_on:
        return {"first": _("This lies before the birth.")}
    for one in known:
        if one.withdrawn_on is None and one.body == facts["body"] and one.first <= last and one.last >= first:
            words = _("A licence of this body holds from %(first)s to %(last)s: a renewal begins after it.",
                      first=f"{one.first:%d/%m/%Y}", last=f"{one.last:%d/%m/%Y}")  # fmt: skip
            return {"first": words}
    return {}


def withdraw(row: Licence, *, withdrawn_on: date, because: str) -> Licence:
    """Return a licence that its body has withdrawn."""
    _allow(row.person)
    if not row.first <= withdrawn_on <= row.last:
        raise Refused(_("The licence does not hold on this day."), field="withdrawn_on")
    return store(row, withdrawn_on=withdrawn_on, because=because)


def appraise(person: Person, **facts: Any) -> Appraisal:
    """Return the appraisal of a person for a year; Refused for a second one."""
    _allow(person)
    if not FIRST_YEAR <= facts["year"] <= today().year:
        raise Refused(_("This year cannot be."), field="year")
    twin = select(Appraisal.id).where(Appraisal.person_id == person.id, Appraisal.year == facts["year"])
    if db.session.scalar(twin) is not None:
        raise Refused(_("This year was appraised already."), field="year")
    return store(Appraisal(person=person, judged_by=current().signed), **facts)


def examine(person: Person, **facts: Any) -> Fitness:
    """Return what a doctor has said of somebody's fitness for the work."""
    current().require(HEALTH, person.facility)
    refuse_merged(person)
    if facts["examined_on"] > today():
        raise Refused(_("This day has not come yet."), field="examined_on")
    if facts.get("valid_until") is not None and facts["valid_until"] < facts["examined_on"]:
        raise Refused(_("The last day lies before the first."), field="valid_until")
    return store(Fitness(person=person, recorded_by=current().signed), **facts)


def licences_of(person: Person) -> list[Licence]:
    """Return the licences of a person, the latest first."""
    query = select(Licence).where(Licence.person_id == person.id).order_by(Licence.last.desc(), Licence.id.desc())
    return list(db.session.scalars(query))


def soon() -> int:
    """Return how many days before its end a licence warns."""
    return value_of(SOON)


def lapsing(limit: date | None = None) -> Any:
    """Return the condition on licences that lapse by a day (within the time of warning) and were not renewed."""
    until = limit or today() + timedelta(days=soon())
    other = aliased(Licence)
    later = exists().where(other.person_id == Licence.person_id, other.body == Licence.body, other.last > Licence.last)
    return (Licence.last <= until) & Licence.withdrawn_on.is_(None) & ~later


def _allow(person: Person) -> None:
    current().require(CAREER, person.facility)
    refuse_merged(person)
