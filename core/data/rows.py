"""Storing what a form or a list says of a row: its columns, its own fields, and what stands once in its place."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import UniqueConstraint, select

from core.contract.words import _
from core.data import own as own_fields
from core.data.access import coming
from core.data.db import db
from core.data.errors import Refused

Row = TypeVar("Row", bound=Any)


def store(row: Row, *, own: Mapping[str, Any] | None = None, **values: Any) -> Row:
    """Return a row, new or stored, with these values in its columns, or rows in its relationships; `own` are fields of
    an administration.

    Raises Refused at the field of which another row of the same key has the value already (a `UniqueConstraint` of
    its model), TypeError for what is no column; what lies outside the person's rights is refused as at any flush.
    """
    mapper, new = type(row).__mapper__, row.id is None
    for name, value in values.items():
        if name not in mapper.column_attrs and name not in mapper.relationships:
            raise TypeError(f"{type(row).__name__} has no column {name}")
        setattr(row, name, value)
    with db.session.no_autoflush:
        _refuse_twins(row)
    if own is not None:
        own_fields.put(row, own, new=new)
    db.session.add(row)
    db.session.flush()
    return row


def _refuse_twins(row: Any) -> None:
    keys = [each for each in type(row).__table__.constraints if isinstance(each, UniqueConstraint)]
    for key in keys:
        names = [row.__mapper__.get_property_by_column(column).key for column in key.columns]
        given = {name: coming(row, name) for name in names}
        if None in given.values():
            continue  # as databases have it: what is unknown is like nothing
        query = select(type(row).id).where(*(getattr(type(row), name) == value for name, value in given.items()))
        if db.session.scalar(query.where(type(row).id != (row.id or 0)).limit(1)) is not None:
            raise Refused(_("“%(value)s” is here already.", value=given[names[-1]]), field=names[-1])
