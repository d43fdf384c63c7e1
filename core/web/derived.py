"""A list of any entity to take out as a file: its own table, else one made of the columns of its model."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Integer,
    Numeric,
    String,
    case,
    cast,
    select,
)  # fmt: skip
from sqlalchemy import Column as ModelColumn
from sqlalchemy.orm import aliased

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.data.db import Money, UTCDateTime
from core.web.tables import Column, Table

KINDS = (
    (Boolean, "bool"), (Money, "money"), (UTCDateTime, "datetime"), (DateTime, "datetime"), (Date, "date"),
    ((Integer, BigInteger, Numeric, Float), "number"),
)  # fmt: skip
NAMES = ("code", "number", "login", "month", "name")  # what a row is known by where another one names it


def table_of(entity: Entity) -> type[Table]:
    """Return the table of an entity; one without is shown by the columns of its model that have a label."""
    if entity.table is not None:
        return entity.table
    columns = list(_columns(entity.model))
    return type(f"{entity.model.__name__}Table", (Table,), {"model": entity.model, "columns": columns})


def _columns(model: Any) -> Iterator[Column]:
    mapper = model.__mapper__
    for column in mapper.local_table.columns:
        name = mapper.get_property_by_column(column).key
        if column.foreign_keys:
            named = _named(model, name, column)
            if named is not None:
                yield named
        elif "label" in column.info and not column.info.get("secret"):
            yield _plain(model, name, column)


def _plain(model: Any, name: str, column: ModelColumn[Any]) -> Column:
    label, attribute = column.info["label"], getattr(model, name)
    if isinstance(column.type, JSON):
        return Column(name, label, value=lambda row: json.dumps(getattr(row, name), ensure_ascii=False))
    kind = next((kind for types, kind in KINDS if isinstance(column.type, types)), "text")
    return Column(name, label, attribute, kind=kind)


def _named(model: Any, name: str, column: ModelColumn[Any]) -> Column | None:
    """Return the column that says which row is meant by its code, number or user name, as far as one may read it;
    None for a row that has none: its own number says nothing to anybody."""
    target, label = next(iter(column.foreign_keys)).column.table, column.info.get("label")
    entity = next((each for each in entities() if each.model.__table__ is target), None)
    known = next((each for each in NAMES if entity and each in entity.model.__mapper__.column_attrs), None)
    if entity is None or known is None:
        return None
    other = aliased(model) if entity.model is model else entity.model
    said = select(getattr(other, known)).where(other.id == getattr(model, name)).scalar_subquery()
    kind = "month" if known == "month" else "text"
    return Column(name.removesuffix("_id"), label or entity.label, said, kind=kind)


def code_of_object(model: Any, trait: str) -> ColumnElement[Any]:
    """Return the SQL of the code or number of what a row belongs to by `entity` and `object_id`, as far as one may read
    it, else of its number; `trait` is what the entities have to which it may belong: "attachments", "comments"."""

    def named() -> Iterator[tuple[ColumnElement[bool], Any]]:
        for entity in entities():
            known = next((each for each in NAMES if each in entity.model.__mapper__.column_attrs), None)
            if getattr(entity, trait) and known:
                said = select(getattr(entity.model, known)).where(entity.model.id == model.object_id).scalar_subquery()
                yield model.entity == entity.name, said

    return case(*named(), else_=cast(model.object_id, String))
