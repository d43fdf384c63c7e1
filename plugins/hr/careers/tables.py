"""The list of files, with what follows from careers and assignments today."""

from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _
from core.facilities.listing import place_columns
from core.web.tables import Column, Table
from plugins.hr.careers.models import CANCELLED, RECRUITED, CareerEvent
from plugins.hr.persons.models import PRECISIONS, SEXES, Identifier, Person
from plugins.hr.posts.tables import DAY
from plugins.hr.reference.models import Cadre, Grade, Position
from plugins.hr.rights import EXPORT


def latest(column: Any, said: Any) -> Any:
    """Return what the latest event that names something of a reference (`column`) says today: a column of it."""
    undone = aliased(CareerEvent)
    event = aliased(CareerEvent)
    name = column.key
    taken_back = exists().where(undone.cancels_id == event.id)
    query = select(said).join(event, getattr(event, name) == said.class_.id)
    query = query.where(
        event.person_id == Person.id, event.effective_on <= DAY, event.kind != CANCELLED, ~taken_back
    )  # fmt: skip
    return query.order_by(event.effective_on.desc(), event.id.desc()).limit(1).correlate(Person).scalar_subquery()


MATRICULE = (
    select(Identifier.value)
    .where(Identifier.person_id == Person.id, Identifier.scheme == "matricule", Identifier.valid_until.is_(None))
    .order_by(Identifier.id.desc()).limit(1).correlate(Person).scalar_subquery()
)  # fmt: skip


RECRUITED_ON = (
    select(func.max(CareerEvent.effective_on))
    .where(CareerEvent.person_id == Person.id, CareerEvent.kind == RECRUITED)
    .correlate(Person).scalar_subquery()
)  # fmt: skip


class PersonTable(Table):
    """All files that this person may read; what was merged into another is not in it."""

    model = Person
    columns = [
        Column("number", _("File no."), kind="code"),
        Column("surname", _("Surname")),
        Column("given", _("Given names")),
        Column("matricule", _("Staff number"), MATRICULE, value=lambda row: row.matricule, kind="code"),
        Column("cadre", _("Cadre"), latest(CareerEvent.cadre_id, Cadre.label_fr), facet=True),
        Column("position", _("Standing"), latest(CareerEvent.position_id, Position.label_fr), facet=True),
        *place_columns(Person),
        Column("sex", _("Sex"), facet=SEXES, default=False),
        Column("born_on", _("Date of birth"), kind="date", default=False),
        Column("born_precision", _("Birth known"), choices=PRECISIONS, default=False),
        Column("recruited_on", _("Recruited on"), RECRUITED_ON, kind="date", default=False),
        Column("cadre_code", _("Cadre (code)"), latest(CareerEvent.cadre_id, Cadre.code), kind="code", default=False),
        Column("grade_code", _("Grade (code)"), latest(CareerEvent.grade_id, Grade.code), kind="code", default=False),
        Column("national", _("National identity number"), value=lambda row: row.national, sort=False, kind="code",
               default=False),
        Column("inss", _("Social security number"), value=lambda row: row.inss, sort=False, kind="code", default=False),
        Column("other_name", _("Other name"), default=False),
        Column("birthplace", _("Place of birth"), default=False),
        Column("nationality", _("Nationality"), default=False),
        Column("phone", _("Phone"), kind="code", default=False),
        Column("email", _("E-mail"), default=False),
        Column("address", _("Address"), default=False),
        Column("note", _("Remarks"), default=False),
    ]  # fmt: skip
    search = [Person.number, Person.surname, Person.given, Person.other_name, MATRICULE]
    default_sort = "surname"
    export_right = EXPORT
    options = [selectinload(Person.identifiers)]
    empty = (_("No file yet"), _("Open the file of somebody who works here, or bring in a register."))

    def query(self) -> Select[Any]:
        """Return the files that are not merged into another."""
        return select(Person).where(Person.merged_into_id.is_(None))
