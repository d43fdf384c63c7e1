"""A row as a program reads it: values as they are stored, days as ISO has them, codes with their words beside."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from core.contract.entities import ref
from core.data.naming import target_of
from core.web.columns import RANGED, Column, Row
from core.web.tables import Table

OWN = ("ref", "id", "refs", "title", "version", "lines", "verbs")  # what every row has


def drawn(table: Table, columns: Sequence[Column], rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows of a list: their references, and a value for each column."""
    read = [(field_of(column), _reader(table, column)) for column in columns]
    named, single = list(links(table.model)), is_single(table.model)
    return [
        ({"ref": ref(row.obj), "id": row.obj.id} if single else {})
        | {"refs": refs(row.obj, named), **{name: value(row) for name, value in read}}
        for row in rows
    ]


def field_of(column: Column) -> str:
    """Return the name of a column in an answer; one that is called as what every row has stands beside it."""
    return f"{column.name}_" if column.name in OWN else column.name


def _reader(table: Table, column: Column) -> Any:
    """Return the function of a column's value: where codes have words, both."""
    value = column.reader(table.model)
    if not coded(column):
        return lambda row: of_kind(column.kind, value(row))
    if column.is_plain(table.model):
        key = column.expr.key
        value = lambda row: getattr(row.obj, key)  # noqa: E731 (the code, where the cell shows its words)
    words = column.words()
    return lambda row: said(value(row), words)


def coded(column: Column) -> bool:
    """Return whether a column holds codes that have words of their own."""
    return column.choices is not None or not isinstance(column.facet, bool)


def said(code: Any, words: Any) -> Any:
    """Return a code with its words; null where there is none."""
    if code is None or code == "":
        return None
    label = words.get(code, code) if isinstance(code, (str, int)) else code
    return {"value": plain(code), "label": str(getattr(label, "label", label))}


def of_kind(kind: str, value: Any) -> Any:
    """Return a value as JSON has it in a column of a kind: what is no figure, day or yes is a text there."""
    found = plain(value)
    return found if found is None or kind in (*RANGED, "bool") else str(found)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: amounts as numbers, moments in UTC, markup as text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Markup):
        return value.striptags()
    return str(getattr(value, "label", value))


def refs(obj: Any, named: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Return the references to what a row names, by the name of what it is to it: {"facility": "core.facility/12"}."""
    found = ((name, entity, getattr(obj, key)) for name, key, entity in named)
    return {name: f"{entity}/{id}" for name, entity, id in found if id is not None}


def links(model: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (name, attribute, entity) of the columns of a model that name another row."""
    for column in model.__mapper__.local_table.columns:
        if column.foreign_keys and (entity := target_of(column)):
            key = model.__mapper__.get_property_by_column(column).key
            yield key.removesuffix("_id"), key, entity


def is_single(model: Any) -> bool:
    """Return whether rows of a model are known by one whole number: others stand in lists alone."""
    return [column.name for column in model.__mapper__.primary_key] == ["id"]
