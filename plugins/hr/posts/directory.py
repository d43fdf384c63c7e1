"""Who is who at a place: name and phone of those whose assignment somebody reads, and nothing else of a file."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import select

from core.data.bulk import read_beside
from plugins.hr.persons.models import Person
from plugins.hr.posts.models import Assignment, Post

WHY = "whoever reads an assignment knows the name and the phone of his colleague, as the directory tells them"


class Colleague(NamedTuple):
    """Somebody as his colleagues know him."""

    name: str
    phone: str
    number: str
    user_id: int | None


def colleagues(ids: Collection[int]) -> dict[int, Colleague]:
    """Return {id of a person: name, phone, account}, for those whose assignment was read."""
    query = select(Person.id, Person.given, Person.surname, Person.phone, Person.number, Person.user_id)
    query = query.where(Person.id.in_(ids))
    rows = read_beside(query, WHY) if ids else ()
    return {row.id: Colleague(f"{row.given} {row.surname}".strip(), row.phone, row.number, row.user_id) for row in rows}


def named(rows: Iterable[Assignment]) -> list[Assignment]:
    """Return assignments with the names of their people (`who`), the numbers of their files and their posts (`job`)."""
    found = list(rows)
    known = colleagues({one.person_id for one in found})
    jobs = titles({one.post_id for one in found if one.post_id is not None})
    for one in found:
        one.who, one.number = known[one.person_id].name, known[one.person_id].number
        one.job = jobs.get(one.post_id or 0, "")
    return found


def titles(ids: Collection[int]) -> dict[int, str]:
    """Return {id of a post: what it is called}, for those whose assignment was read: an agent knows his own."""
    query = select(Post.id, Post.title, Post.service).where(Post.id.in_(ids))
    return {row.id: ", ".join(filter(None, row[1:])) for row in (read_beside(query, WHY) if ids else ())}
