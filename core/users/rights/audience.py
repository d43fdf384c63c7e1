"""Several people at once: what each of them may do, and who of them may read a row."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select

from core.contract.plugins import entities, permissions
from core.data.access import Access, Internal, acting
from core.data.bulk import read_beside
from core.data.db import db
from core.users.directory.services import PERSONS, USER
from core.users.rights.held import held_by_each, own
from core.users.rights.rules import given_by, lent_by, usable

JUDGED = "whoever is to be told is judged by his own rights"


def accesses(user_ids: Collection[int], origin: str = "") -> dict[int, Access]:
    """Return {person: what he may do} of those of some people who may sign in, in two statements."""
    people = select(USER.c.id, USER.c.name).where(USER.c.id.in_(user_ids), PERSONS)
    names = dict(read_beside(people, JUDGED).all()) if user_ids else {}
    known = permissions()
    return {
        user_id: Access(
            user_id, names[user_id], tuple(sorted(given_by(own(held), known, usable))), origin=origin,
            lent=lent_by(held, known),
        )
        for user_id, held in held_by_each(names).items()
    }  # fmt: skip


def readers(obj: Any, people: Iterable[Access]) -> set[int]:
    """Return the ids of those of some people who may read a row."""
    return {access.user_id for access in people if access.user_id is not None and may_read(obj, access)}


def may_read(obj: Any, access: Access) -> bool:
    """Return whether a row may be read with some rights: the right of its entity, and its scope."""
    entity, model = entities().of(obj), type(obj)
    if access.everything:
        return True
    if entity is None or isinstance(model.__scope__, Internal):
        return False
    if entity.permission and not access.can(entity.permission):
        return False
    if model.__scope__.criteria(model, access) is None:
        return True
    with acting(access):
        return db.session.execute(select(model.id).where(model.id == obj.id)).first() is not None
