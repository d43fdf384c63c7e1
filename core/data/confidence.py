"""Confidence narrower than a facility: rows that only named people read, and whoever holds a narrow right there.

A personal file, a confidential letter. The scope is judged by the listeners below every view, like any other; what it
needs besides (the trail, the inbox) asks `narrow` here. `core.data.readings` keeps who has read them.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, inspect, or_, select

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.data.access import NOBODY, Access, At, Rights, Scope, Within
from core.data.bulk import read_beside

BEFORE = "whoever writes a confidential row is one of those who read it as it was"


@dataclass(frozen=True, init=False)
class Confidential(At):
    """Rows of facilities that are read by few: whoever is named by the row, and whoever holds `read` there.

    Named are the persons in the columns `people`, whatever rights they have, and those in a table of readers:
    "readers.user_id" is the column of a relationship. With `when`, a column that is true or false, the rows for which
    it is false are read by whoever holds the wider right `openly` there. Rows are written with `write` by whoever reads
    them; whoever makes one need not be able to read it afterwards. With `log` each reading of a confidential row by its
    page, its files or a program is kept in the trail, and shown to whoever holds this right where the row belongs.
    Nobody reads as the person for whom he stands in.
    """

    people: tuple[str, ...]
    readers: str
    when: str
    openly: str
    log: str

    def __init__(
        self, *columns: str, read: str, write: Rights, people: tuple[str, ...] = (), readers: str = "", when: str = "",
        openly: str = "", log: str = "",
    ) -> None:  # fmt: skip
        super().__init__(*columns, read=read, write=write)
        if bool(when) != bool(openly):
            raise ValueError("a row that may be open says by which column, and by which right it is read then")
        said = {"people": people, "readers": readers, "when": when, "openly": openly, "log": log}
        for name, value in said.items():
            object.__setattr__(self, name, value)

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: the person is named, or holds the narrow right; or the row is open, and he holds the wide one."""
        closed = super().criteria(model, access)
        if closed is None:
            return None
        found = [closed, *self._named(model, access)]
        if self.when:
            wide = At(*self.columns, read=self.openly, write=NOBODY).criteria(model, access)
            is_open = getattr(model, self.when).is_(False)
            found.append(is_open if wide is None else and_(is_open, wide))
        return or_(*found)

    def _named(self, model: Any, access: Access) -> list[ColumnElement[bool]]:
        """Return the conditions under which a row names a person; a program with a token is nobody."""
        if access.own_id is None:
            return []
        found = [getattr(model, name) == access.own_id for name in self.people]
        if self.readers:
            name, _dot, column = self.readers.partition(".")
            link = inspect(model).mapper.relationships[name]
            (own, child), *_rest = link.local_remote_pairs
            key = getattr(model, inspect(model).mapper.get_property_by_column(own).key)
            table = link.mapper.local_table  # by the table: the scope of its rows asks for this very row
            found.append(key.in_(select(table.c[child.name]).where(table.c[column] == access.own_id)))
        return found

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the right to write is held, and the row, as it was, may be read; a new one need not be."""
        return super().may_write(obj, access) and (obj.id is None or self._read(obj, access))

    def _read(self, obj: Any, access: Access) -> bool:
        model = type(obj)
        criteria = self.criteria(model, access)
        if criteria is None:
            return True
        return read_beside(select(model.id).where(model.id == obj.id, criteria), BEFORE).first() is not None

    def missing(self, model: Any) -> str:
        """Return the first column or relationship that the scope names and a model has not, "" where all are there."""
        mapper, (name, _dot, column) = inspect(model), self.readers.partition(".")
        link = mapper.relationships.get(name)
        if name and (link is None or column not in link.mapper.local_table.c):
            return self.readers
        named = (each for each in (*self.columns, *self.people, self.when) if each)
        return next((each for each in named if each not in mapper.column_attrs), "")

    def is_closed(self, obj: Any) -> bool:
        """Return whether a row is confidential; one of which nobody has said that it is not, is."""
        return not self.when or getattr(obj, self.when) is not False


def scope_of(model: Any) -> Scope:
    """Return the scope by which rows are judged in the end: of lines that of their document."""
    scope: Scope = model.__scope__
    return scope_of(model.__mapper__.relationships[scope.parent].mapper.class_) if isinstance(scope, Within) else scope


def narrow() -> list[Entity]:
    """Return the entities whose rows may be confidential, and the lines of such."""
    return [entity for entity in entities() if isinstance(scope_of(entity.model), Confidential)]
