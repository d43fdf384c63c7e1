"""The workforce as other plugins ask for it: `service(Staff)`."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from core.contract.ports import Staff, StaffMember, StandIn
from core.data.bulk import read_beside
from core.facilities.models import Facility
from plugins.hr.credentials.models import Qualification
from plugins.hr.persons.models import Person, number_key_of
from plugins.hr.posts.models import INTERIM, TITULAR, Assignment, Post

WHY = (
    "who is qualified, and who stands in for whom, is asked by the work of a place; name and account are told, no more"
)
PERSON = (Person.id, Person.given, Person.surname, Person.user_id)


class StaffPort:
    """Who may do what at a place, and who stands in for whom."""

    def qualified(self, skill: str, facility: Any, on: date) -> Sequence[StaffMember]:
        """Return who works at a facility or below it on a day and holds a skill that is valid then, by name."""
        query = (
            select(*PERSON)
            .join(Assignment, Assignment.person_id == Person.id)
            .join(Facility, Facility.id == Assignment.facility_id)
            .where(Facility.path.startswith(facility.path), *_held(on), Person.id.in_(_skilled(skill, on)))
            .distinct()
            .order_by(Person.surname, Person.given, Person.id)
        )
        return [_member(*row) for row in read_beside(query, WHY)]

    def is_qualified(self, user_id: int, skill: str, on: date) -> bool | None:
        """Return whether the person of an account holds a skill that is valid on a day; None where nobody knows the
        person, or nobody in the country holds the skill: then nothing is known of it."""
        known = read_beside(select(Person.id).where(Person.user_id == user_id), WHY).scalar()
        ever = select(Qualification.id).where(Qualification.skill_key == number_key_of(skill)).limit(1)
        if known is None or read_beside(ever, WHY).first() is None:
            return None
        holds = _skilled(skill, on).where(Qualification.person_id == known)
        return read_beside(holds, WHY).first() is not None

    def stand_ins(self, facility: Any, on: date) -> Sequence[StandIn]:
        """Return who holds a post of a facility, or below it, as an interim on a day, and for whom."""
        query = (
            select(Assignment.post_id, Post.title, Assignment.kind, *PERSON)
            .join(Post, Post.id == Assignment.post_id)
            .join(Person, Person.id == Assignment.person_id)
            .join(Facility, Facility.id == Assignment.facility_id)
            .where(Facility.path.startswith(facility.path), *_held(on), Assignment.kind.in_((INTERIM, TITULAR)))
            .order_by(Post.title, Assignment.first, Assignment.id)
        )
        rows = list(read_beside(query, WHY))
        titulars = {row.post_id: _member(*row[3:]) for row in rows if row.kind == TITULAR}
        return [StandIn(row.title, _member(*row[3:]), titulars.get(row.post_id)) for row in rows if row.kind == INTERIM]


def _held(on: date) -> tuple[Any, ...]:
    return Assignment.first <= on, or_(Assignment.last.is_(None), Assignment.last >= on)


def _skilled(skill: str, on: date) -> Any:
    return select(Qualification.person_id).where(
        Qualification.skill_key == number_key_of(skill), Qualification.obtained_on <= on,
        or_(Qualification.valid_until.is_(None), Qualification.valid_until >= on),
    )  # fmt: skip


def _member(id: int, given: str, surname: str, user_id: int | None) -> StaffMember:
    return StaffMember(f"hr.person/{id}", f"{given} {surname}".strip(), user_id)


SERVICES = {Staff: StaffPort()}
