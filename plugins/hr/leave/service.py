"""Where and how long somebody serves, as far as leave has to know; nothing else of his file."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from core.data.bulk import read_beside
from core.data.db import db, today
from core.facilities.models import Facility
from plugins.hr.careers.models import EXIT, RECRUITED, CareerEvent
from plugins.hr.persons.models import Person
from plugins.hr.posts.models import TITULAR, Assignment

WHY = "leave asks of a file its name, account, sex and days of service, whoever asks for it"


@dataclass(frozen=True)
class Service:
    """A person, as leave knows him: `joined` and `left` are the days of his service."""

    person_id: int
    name: str
    user_id: int | None
    sex: str | None
    joined: date | None
    left: date | None
    facility_id: int

    @property
    def place(self) -> Facility:
        """Return where he works today, or his file is kept."""
        return db.session.get_one(Facility, self.facility_id)


def service_of(person_id: int) -> Service:
    """Return the service of a person who is there, as `known` does."""
    found = known(person_id)
    assert found is not None, f"no person {person_id}"
    return found


def known(person_id: int) -> Service | None:
    """Return the service of a person: since his recruitment, or his first assignment where nobody knows it; None where
    there is no such person."""
    of = Person.__table__.c
    query = select(of.id, of.given, of.surname, of.user_id, of.sex, of.facility_id).where(of.id == person_id)
    row = read_beside(query, WHY).first()
    if row is None:
        return None
    first, place = _assigned(person_id)
    joined, left = _career(person_id)
    return Service(
        row.id, f"{row.given} {row.surname}".strip(), row.user_id, row.sex, joined or first, left,
        place or row.facility_id,
    )  # fmt: skip


def person_of(user_id: int | None) -> int | None:
    """Return the id of the person whose account this is, or None."""
    of = Person.__table__.c
    query = select(of.id).where(of.user_id == user_id, of.merged_into_id.is_(None))
    found: int | None = read_beside(query, WHY).scalar() if user_id is not None else None
    return found


def lock(person_id: int) -> None:
    """Let nobody else ask for leave of this person, or decide it, until the transaction ends."""
    of = Person.__table__.c
    read_beside(select(of.id).where(of.id == person_id).with_for_update(), WHY).all()


def _career(person_id: int) -> tuple[date | None, date | None]:
    """Return the first recruitment and the last exit, but for events that were taken back."""
    of, other = CareerEvent.__table__.c, CareerEvent.__table__.alias("other").c
    back = select(other.id).where(other.cancels_id == of.id).correlate(CareerEvent.__table__).exists()
    query = select(of.kind, func.min(of.effective_on), func.max(of.effective_on))
    query = query.where(of.person_id == person_id, of.kind.in_((RECRUITED, EXIT)), ~back).group_by(of.kind)
    days = {kind: (first, last) for kind, first, last in read_beside(query, WHY)}
    joined, left = days.get(RECRUITED, (None, None))[0], days.get(EXIT, (None, None))[1]
    again = days.get(RECRUITED, (None, None))[1]
    return joined, None if left is None or (again is not None and again > left) else left


def _assigned(person_id: int) -> tuple[date | None, int | None]:
    """Return the first day of all assignments, and where he is assigned today."""
    of, day = Assignment.__table__.c, today()
    query = select(of.facility_id, of.kind, of.first, of.last).where(of.person_id == person_id)
    rows = read_beside(query.order_by(of.first), WHY).all()
    now = [row for row in rows if row.first <= day and (row.last is None or row.last >= day)]
    here = next((row.facility_id for row in now if row.kind == TITULAR), now[0].facility_id if now else None)
    return (rows[0].first if rows else None), here


def colleagues_at(path: str, first: date, last: date) -> dict[int, str]:
    """Return {person: name} of those who are assigned at a place and below in all days of a leave, by name."""
    of, who, place = Assignment.__table__.c, Person.__table__.c, Facility.__table__.c
    query = (
        select(who.id, who.given, who.surname).distinct()
        .join(Assignment.__table__, of.person_id == who.id).join(Facility.__table__, place.id == of.facility_id)
        .where(place.path.startswith(path, autoescape=True), of.first <= first, or_(of.last.is_(None), of.last >= last))
        .where(who.merged_into_id.is_(None)).order_by(who.surname, who.given).limit(300)
    )  # fmt: skip
    return {row.id: f"{row.given} {row.surname}".strip() for row in read_beside(query, WHY)}
