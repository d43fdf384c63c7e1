"""What the trail tells of confidential rows, and to whom: only who may read a row reads its lines, and who else has
read it is a right of its own."""

from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, or_, select, true

from core.contract.plugins import entities
from core.data.access import Access, current
from core.data.belonging import Belonging, holds_at
from core.data.confidence import Confidential, narrow, scope_of
from core.data.trail import AuditEntry

VIEWED = "viewed"


def told() -> ColumnElement[bool]:
    """Return the condition on lines of the trail that leaves out what this person may not read of confidential rows, of
    their lines, files and comments, and who has read them."""
    closed, access = narrow(), current()
    if not closed or access.everything:
        return true()
    names = [entity.name for entity in closed]
    each = [or_(AuditEntry.entity != entity.name, _there(entity.model, access)) for entity in closed]
    for entity in entities():
        if isinstance(entity.model.__scope__, Belonging):
            here = _there(entity.model, access, entity.model.entity.not_in(names))
            each.append(or_(AuditEntry.entity != entity.name, here))
    return and_(*each, *(_readers(entity.name, scope_of(entity.model), access) for entity in closed))


def _there(model: Any, access: Access, besides: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """Return the condition that the row of a line is there, and for this person."""
    criteria = model.__scope__.criteria(model, access)
    query = select(cast(model.id, String))
    if criteria is not None:
        query = query.where(criteria if besides is None else or_(besides, criteria))
    return AuditEntry.entity_id.in_(query)


def _readers(name: str, scope: Any, access: Access) -> ColumnElement[bool]:
    """Return the condition that a line tells of no reading, or of one at a place where this person may know of it."""
    about = or_(AuditEntry.entity != name, AuditEntry.action != VIEWED)
    return or_(about, AuditEntry.facility_id.in_(access.facility_ids(scope.log))) if scope.log else about


def keeps_readers(obj: Any) -> bool:
    """Return whether it is kept who has read rows like this one."""
    scope = scope_of(type(obj))
    return isinstance(scope, Confidential) and bool(scope.log)


def knows_readers(obj: Any) -> bool:
    """Return whether this person may know who has read a row."""
    right: str = getattr(scope_of(type(obj)), "log", "")
    return bool(right) and (current().everything or holds_at(obj, right, current()))
