"""The lists of licences and qualifications."""

from datetime import timedelta
from typing import Any

from flask import request
from sqlalchemy import Date, Select, and_, bindparam, case, select
from sqlalchemy.orm import contains_eager

from core.contract.words import _
from core.data.db import today
from core.facilities.models import Facility
from core.web.tables import Column, Table
from plugins.hr.credentials.models import LAPSED, LAPSING, STANDINGS, TO_COME, VALID, WITHDRAWN, Licence, Qualification
from plugins.hr.credentials.services import lapsing, soon
from plugins.hr.persons.models import Person
from plugins.hr.posts.tables import DAY
from plugins.hr.rights import EXPORT

SOON_DAY = bindparam("hr_soon", type_=Date, callable_=lambda: today() + timedelta(days=soon()))
STANDING = case(
    (and_(Licence.withdrawn_on.is_not(None), Licence.withdrawn_on <= DAY), WITHDRAWN), (Licence.first > DAY, TO_COME),
    (Licence.last < DAY, LAPSED), (Licence.last <= SOON_DAY, LAPSING), else_=VALID,
)  # fmt: skip


def _whose() -> list[Column]:
    """Return the columns of the person of a row."""
    return [
        Column("name", _("Person"), Person.surname, value=lambda row: row.person.name),
        Column("person", _("File no."), Person.number, value=lambda row: row.person.number, kind="code", default=False),
        Column("facility", _("Facility"), Facility.name, value=lambda row: row.person.facility.name, facet=True),
    ]


class LicenceTable(Table):
    """All licences of the files that this person reads."""

    model = Licence
    columns = [
        Column("number", _("Licence no."), kind="code"),
        *_whose(),
        Column("body", _("Professional body"), facet=True),
        Column("first", _("First day"), kind="date"),
        Column("last", _("Last day"), kind="date"),
        Column("standing", _("State"), STANDING, value=lambda row: row.on(soon()), kind="state", facet=STANDINGS),
        Column("withdrawn_on", _("Withdrawn on"), kind="date", default=False),
    ]
    search = [Licence.number, Licence.body, Person.surname, Person.given, Person.number]
    default_sort = "last"
    options = [contains_eager(Licence.person).contains_eager(Person.facility)]
    views = [("all", _("All"), {}), ("lapsing", _("To renew"), {"view": "lapsing"})]
    export_right = EXPORT
    empty = (_("No licence yet"), _("Add licences from the files of people, or bring in a list."))

    def query(self) -> Select[Any]:
        """Return the licences with their people; of the view "to renew" those that lapse and were not renewed."""
        query = select(Licence).join(Person, Person.id == Licence.person_id)
        query = query.join(Facility, Facility.id == Person.facility_id)
        return query.where(lapsing()) if request.args.get("view") == "lapsing" else query


class QualificationTable(Table):
    """All qualifications of the files that this person reads."""

    model = Qualification
    columns = [
        Column("title", _("Qualification")),
        *_whose(),
        Column("skill", _("Skill (code)"), kind="code"),
        Column("institution", _("Institution")),
        Column("obtained_on", _("Obtained on"), kind="date"),
        Column("valid_until", _("Valid until"), kind="date"),
    ]
    search = [Qualification.title, Qualification.skill, Person.surname, Person.given, Person.number]
    default_sort = "title"
    options = [contains_eager(Qualification.person).contains_eager(Person.facility)]
    export_right = EXPORT
    empty = (_("No qualification yet"), _("Add qualifications from the files of people."))

    def query(self) -> Select[Any]:
        """Return the qualifications with their people."""
        query = select(Qualification).join(Person, Person.id == Qualification.person_id)
        return query.join(Facility, Facility.id == Person.facility_id)
