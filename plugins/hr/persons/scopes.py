"""Parts of a file that fewer people read than the rest of it: sanctions, health. Each has a right of its own."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true

from core.data.access import Access, At, Within
from plugins.hr.persons.models import Person


@dataclass(frozen=True)
class Part(Within):
    """Rows of a file: read and written with it by whoever holds `right` there too, and read by the person himself."""

    right: str = ""

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: of a file that is read, and its own, or read there by the right."""
        file, narrow = super().criteria(model, access), self.narrow(model, access)
        if narrow is None:
            return file
        return and_(true() if file is None else file, narrow)

    def narrow(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return the condition that the right is held where the file is kept, or the file is one's own."""
        covered = At("facility_id", read=self.right, write=self.right).criteria(Person, access)
        if covered is None:
            return None
        theirs = or_(covered, Person.user_id == access.own_id)
        return model.person_id.in_(select(Person.__table__.c.id).where(theirs))

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the file may be written, and the right is held where it is kept."""
        return access.can(self.right, obj.person.facility) and super().may_write(obj, access)
