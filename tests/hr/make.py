"""Makers of rows for tests of human resources."""

from datetime import date
from typing import Any

from sqlalchemy import select

from core.data.access import acting
from core.data.db import db
from core.data.work import unit_of_work
from plugins.hr.persons import services
from plugins.hr.persons.models import Person
from plugins.hr.posts import services as posts
from plugins.hr.posts.models import Post
from plugins.hr.reference.models import Cadre

BORN = date(1990, 4, 2)


def cadre(code: str = "nurse") -> Cadre:
    """Return a cadre by its code."""
    return db.session.scalars(select(Cadre).where(Cadre.code == code)).one()


def person(world: Any, surname: str = "Ndayizeye", given: str = "Élise", login: str = "rh", place: str = "P1A-CDS1",
           **facts: Any) -> int:  # fmt: skip
    """Return the id of the new file of a person, born in 1990 unless the facts say otherwise."""
    with unit_of_work(world.access(login)):
        return services.register(world[place], **{"surname": surname, "given": given, "born_on": BORN, **facts}).id


def post(world: Any, code: str = "INF-1", login: str = "rh", place: str = "P1A-CDS1", **facts: Any) -> int:
    """Return the id of a new post of nurses."""
    with unit_of_work(world.access(login)):
        return posts.open_post(world[place], **{"code": code, "title": "Infirmier", "cadre": cadre(), **facts}).id


def assigned(world: Any, who: int, to: int | None = None, login: str = "rh", **facts: Any) -> int:
    """Return the id of a new assignment of a person, to a post where one is given."""
    with unit_of_work(world.access(login)):
        held = None if to is None else db.session.get_one(Post, to)
        return posts.assign(db.session.get_one(Person, who), post=held, **{"first": date(2024, 1, 1), **facts}).id


def seen(world: Any, login: str, model: Any, id: int) -> bool:
    """Return whether a person may read a row."""
    db.session.expire_all()
    with acting(world.access(login)):
        return db.session.scalars(select(model).where(model.id == id)).first() is not None
