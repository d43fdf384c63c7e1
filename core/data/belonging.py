"""Rows that belong to an object of any entity (its files, its comments): seen as the object itself.

Such a row has `entity` and `object_id`; a flag of the entity ("attachments", "comments") says that its objects have
them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm.attributes import get_history

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.data.access import FACILITY, NOBODY, Access, At, Place, Scope, Within, path_read
from core.data.db import db


@dataclass(frozen=True)
class Belonging(Scope):
    """Rows of objects: readable where the entity may be read, and the object among its rows."""

    flag: str
    write = NOBODY  # by itself: the object says

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: the entity may be read, and the object among its rows."""
        return or_(false(), *(_of(model, entity, access) for entity in entities() if self._is_open(entity, access)))

    def _is_open(self, entity: Entity, access: Access) -> bool:
        return bool(getattr(entity, self.flag)) and (entity.permission is None or access.can(entity.permission))

    def facility_id(self, obj: Any) -> int | None:
        """Return the facility whose trail keeps the object's."""
        found: int | None = obj.facility_id
        return found

    @staticmethod
    def objects(obj: Any) -> list[Any | None]:
        """Return the object that a row belongs to, and the one that it is taken from."""
        before = [(get_history(obj, name).deleted or (getattr(obj, name),))[0] for name in ("entity", "object_id")]
        return [object_of(*where) for where in {(obj.entity, obj.object_id), tuple(before)}]


def _of(model: Any, entity: Entity, access: Access) -> ColumnElement[bool]:
    inner = entity.model.__scope__.criteria(entity.model, access)
    named = model.entity == entity.name
    return named if inner is None else and_(named, model.object_id.in_(select(entity.model.id).where(inner)))


def object_of(name: str, id_: int) -> Any | None:
    """Return the object of an entity and a number, or None when it is gone or not for this person."""
    entity = entities().get(name)
    return None if entity is None else db.session.get(entity.model, id_)


def works_at(obj: Any, access: Access) -> bool:
    """Return whether a person does something where an object belongs: he holds a right there that is not one to read
    ("….view"). What belongs to no place is worked at by whoever does something anywhere."""
    doing = (paths for right, paths in access.paths_by_permission.items() if not right.endswith(".view"))
    return access.everything or _reaches({path for paths in doing for path in paths}, obj)


def holds_at(obj: Any, right: str, access: Access) -> bool:
    """Return whether a person holds a right where an object belongs."""
    return _reaches(set(access.paths(right)), obj)


def _reaches(held: Collection[str], obj: Any) -> bool:
    places = _paths(obj) if held else []
    return bool(held) if places is None else any(place.startswith(path) for place in places for path in held)


def _paths(obj: Any) -> list[str] | None:
    """Return the paths of the places that an object belongs to; None where it belongs to the country."""
    scope = obj.__scope__
    if isinstance(scope, Within):
        parent = getattr(obj, scope.parent)
        return [] if parent is None else _paths(parent)
    if isinstance(scope, Place):
        return [obj.path]
    return _paths_of({getattr(obj, name) for name in scope.columns}) if isinstance(scope, At) else None


def _paths_of(ids: Iterable[int | None]) -> list[str]:
    found = {each: path_read(each) for each in ids if each}
    asked = [each for each, path in found.items() if path is None]
    query = select(FACILITY.c.path).where(FACILITY.c.id.in_(asked))
    return [*filter(None, found.values()), *(db.session.connection().execute(query).scalars() if asked else ())]
