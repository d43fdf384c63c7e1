"""Posts in proportion to the kind of each place, the people who hold most of them, and their careers.

The same seed gives the same people: drawn in the order of the codes of places.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from core.data.calendar import today
from core.data.db import db
from core.facilities.demo import places_of
from core.facilities.models import Facility
from core.web.console import progress
from plugins.hr.careers.models import CONFIRMED, POSITION, RECRUITED, STEP, CareerEvent
from plugins.hr.demo import licences, names
from plugins.hr.persons.models import Person
from plugins.hr.persons.services import Line, enter
from plugins.hr.posts.models import INTERIM, TITULAR, Assignment, Post
from plugins.hr.reference import lists
from plugins.hr.reference.models import Cadre, Grade, Position, Step

SEED, BATCH, RECORDER = 1961, 400, "Démonstration"
FILLED, LED = 0.9, 0.5  # of posts; of vacant posts of heads those that somebody holds meanwhile
YEAR, STEPS = 365.25, 10
BEGUN = {"medical": "D3", "pharmacy": "D3", "support": "E3"}  # the grade in which a family begins
DIRECTED = ("infirmier-licencie", "infirmier-a1", "biologiste", "gestionnaire")


@dataclass
class Country:
    """The reference rows that the demonstration names, by their codes."""

    cadres: dict[str, Cadre]
    grades: dict[str, Grade]
    steps: dict[tuple[int, int], Step]
    positions: dict[str, Position]

    @classmethod
    def read(cls) -> "Country":
        """Return them as they are stored."""
        steps = {(one.grade_id, one.number): one for one in db.session.scalars(select(Step))}
        by_code: Any = lambda model: {one.code: one for one in db.session.scalars(select(model))}  # noqa: E731
        return cls(by_code(Cadre), by_code(Grade), steps, by_code(Position))


def is_empty() -> bool:
    """Return whether there is no post yet."""
    return db.session.scalar(select(Post.id).limit(1)) is None


def load(size: str) -> None:
    """Insert the posts of the district or the country, and their people."""
    draw, known = random.Random(SEED), Country.read()
    norms, batch, done = lists.rows("posts"), list[Post](), 0
    led = set(db.session.scalars(select(Post.facility_id).where(Post.heads)))
    for place in places_of(size):
        batch += _posts(place, norms, known, led, draw)
        if len(batch) >= BATCH:
            done += _fill(batch, known, draw)
            batch.clear()
            progress(f"  {done} …")
    _fill(batch, known, draw)


def _posts(
    place: Facility, norms: Sequence[dict[str, str]], known: Country, led: set[int], draw: random.Random
) -> Iterator[Post]:
    for row in norms:
        if row["facility_type"] != place.type.code or (row["heads"] == "1" and place.id in led):
            continue
        for number in range(1, int(row["number"]) + 1):
            yield Post(
                facility=place, code=f"{row['prefix']}-{number:02}", title=row["title"], service=row["service"],
                heads=row["heads"] == "1", cadre=known.cadres[row["cadre"]], opens_on=date(2008, 1, 1),
                budget_line="PERS-01", funding="state" if draw.random() < 0.85 else "donor",
            )  # fmt: skip


def _fill(posts: Sequence[Post], known: Country, draw: random.Random) -> int:
    """Store posts and the people of most of them; return how many people."""
    db.session.add_all(posts)
    db.session.flush()
    filled = [(post, career(draw)) for post in posts if draw.random() < FILLED]
    people = enter(_line(post.facility, born, draw) for post, (born, _begun) in filled)
    for person, (post, (_born, begun)) in zip(people, filled, strict=True):
        store_career(person, post, begun, known, draw)
    licences.store(((person, post, days[1]) for person, (post, days) in zip(people, filled, strict=True)), draw)
    _interims(posts, {post.id: person for person, (post, _days) in zip(people, filled, strict=True)}, draw)
    db.session.flush()
    return len(people)


def career(draw: random.Random) -> tuple[date, date]:
    """Return the days of a birth and of a recruitment."""
    age = draw.uniform(23, 59.7)
    begun = draw.uniform(21, min(age, 33))
    born = today() - timedelta(days=int(age * YEAR))
    return born, max(born + timedelta(days=int(begun * YEAR)), date(1992, 1, 6))


def _line(place: Facility, born: date, draw: random.Random) -> Line:
    surname, given, sex = names.drawn(draw)
    precision = "year" if draw.random() < 0.12 else "day"
    facts = {
        "surname": surname, "given": given, "sex": sex, "nationality": "Burundaise", "born_precision": precision,
        "born_on": date(born.year, 1, 1) if precision == "year" else born,
        "phone": f"+257 7{draw.randint(1, 9)} {draw.randint(0, 999):03} {draw.randint(0, 999):03}",
    }  # fmt: skip
    numbers = {"matricule": f"{draw.randint(100_000, 999_999)}.{draw.randint(100, 999)}"}
    numbers["national"] = f"{draw.randint(100, 999)}/{draw.randint(1000, 99999)}.{draw.randint(1000, 99999)}"
    return Line(place, facts, numbers)


def store_career(person: Person, post: Post, begun: date, known: Country, draw: random.Random) -> None:
    """Store what happened to somebody since the recruitment, and that he holds a post."""
    cadre, grade = post.cadre, known.grades[_grade(post.cadre)]
    active = known.positions["activite"]
    told = [(RECRUITED, begun, {"cadre": cadre, "grade": grade, "step": known.steps[grade.id, 1], "position": active})]
    told.append((CONFIRMED, begun + timedelta(days=365), {}))
    for number in range(2, STEPS + 1):
        told.append((STEP, _after(begun, 4 * (number - 1)), {"grade": grade, "step": known.steps[grade.id, number]}))
    if draw.random() < 0.02:
        told.append((POSITION, _after(begun, 2), {"position": known.positions["disponibilite"]}))
        told.append((POSITION, _after(begun, 3), {"position": active}))
    for kind, day, facts in sorted(told, key=lambda one: one[1]):
        if day <= today():
            decision = f"Décision n° {draw.randint(100, 9999)}/{day.year}"
            db.session.add(
                CareerEvent(
                    person=person, kind=kind, effective_on=day, decision=decision, recorded_by=RECORDER, **facts
                )
            )
    db.session.add(_held(person, post, max(begun, post.opens_on or begun)))


def _held(person: Person, post: Post, first: date, kind: str = TITULAR, last: date | None = None) -> Assignment:
    return Assignment(person=person, post=post, facility=post.facility, first=first, kind=kind, last=last)


def _grade(cadre: Cadre) -> str:
    return "D3" if cadre.code in DIRECTED else BEGUN.get(cadre.family, "C3")


def _after(day: date, years: int) -> date:
    return day + timedelta(days=int(years * YEAR))


def _interims(posts: Sequence[Post], holders: dict[int, Person], draw: random.Random) -> None:
    """Let somebody of the same place stand in where nobody heads it."""
    for post in posts:
        if not post.heads or post.id in holders or draw.random() > LED:
            continue
        near = [holders[other.id] for other in posts if other.facility_id == post.facility_id and other.id in holders]
        if near:
            db.session.add(_held(near[0], post, today() - timedelta(days=draw.randint(5, 90)), INTERIM))
