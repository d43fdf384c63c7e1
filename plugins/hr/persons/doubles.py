"""Who may be the same person: asked of the whole country, since people move. Told are name, year of birth and place."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select

from core.contract.words import _
from core.data.bulk import read_beside
from core.facilities.models import Facility
from plugins.hr.persons.models import Person
from plugins.hr.persons.names import name_key

WHY = "a second file of one person is found wherever the first is kept; name, year and place are told, no more"
KNOWN = (
    select(Person.id, Person.number, Person.given, Person.surname, Person.born_on, Facility.name)
    .join(Facility, Facility.id == Person.facility_id)
    .where(Person.merged_into_id.is_(None))
)
FEW, NEAR = 5, 2  # years by which a birth that was told from memory is wrong


@dataclass(frozen=True)
class Double:
    """Somebody who may be the same."""

    id: int
    number: str
    name: str
    born: int | None
    place: str

    def near(self, born: date | None) -> bool:
        """Return whether the birth may be the same."""
        return self.born is None or born is None or abs(self.born - born.year) <= NEAR

    def __str__(self) -> str:
        """Return who it is, in words."""
        born = str(_("born in %(year)s", year=str(self.born))) if self.born else ""
        return ", ".join(filter(None, (f"{self.name} ({self.number})", born, self.place)))


def alike(surname: Any, given: Any, born_on: date | None, besides: int | None = None) -> list[Double]:
    """Return those whose names hold the same words, one more or one less, unless their births are years apart."""
    key = name_key(surname, given)
    if len(key) < 3:
        return []
    query = KNOWN.where(_names(key), Person.id != (besides or 0)).order_by(Person.id).limit(FEW * 4)
    found = [_double(*row) for row in read_beside(query, WHY)]
    return [one for one in found if one.near(born_on)][:FEW]


def known_names(keys: Collection[str]) -> dict[str, list[Double]]:
    """Return {key of names: those who bear just these}, for the lines of a list."""
    found: dict[str, list[Double]] = {}
    query = KNOWN.add_columns(Person.name_key).where(Person.name_key.in_(keys))
    for *row, key in read_beside(query, WHY) if keys else ():
        found.setdefault(key, []).append(_double(*row))
    return found


def _names(key: str) -> Any:
    """Return the condition on the key: the same words; or, of three and more, all of them and one besides."""
    words = key.split()
    if len(words) < 2:
        return Person.name_key == key
    shorter = [" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))] if len(words) > 2 else []
    longer = and_(*(Person.name_key.contains(word, autoescape=True) for word in words))
    return or_(Person.name_key == key, Person.name_key.in_(shorter), longer)


def _double(id: int, number: str, given: str, surname: str, born: date | None, place: str) -> Double:
    return Double(id, number, " ".join(filter(None, (given, surname))), None if born is None else born.year, place)
