"""The licences of the demonstration, of those professions that need one; some lapse soon, some have lapsed."""

import random
from collections.abc import Iterable
from datetime import date, timedelta

from core.data.calendar import today
from core.data.db import db
from plugins.hr.credentials.models import Licence, Qualification
from plugins.hr.persons.models import Person
from plugins.hr.posts.models import Post

BODIES = {"medical": "Ordre des médecins", "nursing": "Ordre des infirmiers", "pharmacy": "Ordre des pharmaciens"}
SCHOOLS = ("Institut de santé publique", "École paramédicale de Gitega", "École paramédicale de Bujumbura")
YEARS, LATE, SOON = 3, 0.04, 0.08  # a licence holds three years; how many have lapsed, and how many lapse soon


def store(people: Iterable[tuple[Person, Post, date]], draw: random.Random) -> None:
    """Store the diploma of each and, of the licensed professions, the licence with the one before it."""
    for person, post, begun in people:
        title = post.cadre.label_fr
        db.session.add(
            Qualification(person=person, title=title, institution=draw.choice(SCHOOLS), country="Burundi",
                          obtained_on=begun - timedelta(days=draw.randint(30, 300)))
        )  # fmt: skip
        body = BODIES.get(post.cadre.family)
        if body is not None:
            last = _last(draw)
            number = f"{body[9:12].strip().upper()}-{draw.randint(1000, 9999)}"
            for back in (1, 0):
                end = last - timedelta(days=back * 365 * YEARS)
                first = end - timedelta(days=365 * YEARS - 1)
                if first > begun:
                    db.session.add(Licence(person=person, body=body, number=number, first=first, last=end))


def _last(draw: random.Random) -> date:
    chance = draw.random()
    if chance < LATE:
        return today() - timedelta(days=draw.randint(5, 120))
    if chance < LATE + SOON:
        return today() + timedelta(days=draw.randint(5, 85))
    return today() + timedelta(days=draw.randint(100, 365 * YEARS - 30))
