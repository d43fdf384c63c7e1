"""The columns of a list: what they are called, where their values come from and how they look."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, String, false, or_
from sqlalchemy.orm import Mapper, QueryableAttribute

from core.contract.ports import Words
from core.contract.words import _
from core.data.calendar import zone
from core.web import pages

DATED = ("date", "month", "datetime")
RANGED = (*DATED, "number", "money")
YES_NO = {True: _("Yes"), False: _("No")}
Labels = Mapping[Any, Any] | Callable[[], Mapping[Any, Any]]


@dataclass(frozen=True, eq=False)
class Column:
    """A column, once for the page, the filters, the sorting and the exports.

    `kind` is text, code (never broken), number, money, date, month, datetime, bool or state. `expr` is what SQL
    sorts and filters by (the model's attribute of this name when left out); `value` takes the row when the cell is
    not that: the object, or (object, …) when `Table.query` selects more. `facet` offers the values with counts:
    True, or their words ({value: label or State}, or a function that returns it); `choices` says such words without
    offering them. Where a facet is what `of` says of a `key`, a column of the row in which many are alike, it is asked
    once for each key. `detail` is a small second line of the cell. What is `filed` stands in files even where the page
    leaves it out.
    """

    name: str
    label: Words
    expr: Any = None
    value: Callable[[Any], Any] | None = None
    kind: str = "text"
    link: Callable[[Any], str | None] | None = None
    sort: bool = True
    facet: bool | Labels = False
    default: bool = True
    choices: Labels | None = None
    detail: Callable[[Any], Any] | None = None
    filed: bool = False
    key: Any = None
    of: Callable[[Any], Any] | None = None

    @property
    def numeric(self) -> bool:
        """Return whether the cells are figures, set to the right."""
        return self.kind in ("number", "money")

    @property
    def style(self) -> str:
        """Return the class of the cells."""
        return (
            "n"
            if self.numeric
            else "nowrap"
            if self.kind in DATED
            else "nowrap said"
            if self.kind == "code"
            else "said"
        )

    def words(self) -> Mapping[Any, Any]:
        """Return {value: label or State} of the codes in this column."""
        found = self.choices if self.choices is not None else self.facet
        if callable(found):
            found = found()
        return found if isinstance(found, Mapping) else YES_NO if self.kind == "bool" else {}

    def asked_once(self) -> "Column":
        """Return the column with words that are asked once, however often a page says them."""
        facet: Any = cache(self.facet) if callable(self.facet) else self.facet
        choices: Any = cache(self.choices) if callable(self.choices) else self.choices
        return self if facet is self.facet and choices is self.choices else replace(self, facet=facet, choices=choices)

    def is_plain(self, model: Any) -> bool:
        """Return whether the cell is an attribute of the row that is loaded with it."""
        owner = getattr(self.expr, "parent", None)  # an alias is no mapper: its values belong to another row
        return isinstance(self.expr, QueryableAttribute) and isinstance(owner, Mapper) and model.__mapper__.isa(owner)

    def reader(self, model: Any) -> Callable[["Row"], Any]:
        """Return the function that reads the value of a row: by `value`, of SQL, or the attribute of this name."""
        if self.value is not None:
            own = self.value
            return lambda row: own(row.given)
        name, key = self.name, self.expr.key if self.is_plain(model) else self.name
        return lambda row: row.extra[name] if name in row.extra else getattr(row.obj, key, None)

    def said(self, value: Any, words: Mapping[Any, Any]) -> Any:
        """Return what a person reads: the State or label of a code, else the value as it is written here."""
        if isinstance(value, (str, int)) and value in words:
            return words[value]
        if value is None or value == "":
            return ""
        return value if hasattr(value, "__html__") or hasattr(value, "tone") else SHOWN.get(self.kind, str)(value)

    def exported(self, value: Any, words: Mapping[Any, Any]) -> Any:
        """Return a value for a file: words for codes, figures and days as they are."""
        if self.kind in RANGED:
            return value
        said = self.said(value, words)
        return said if isinstance(said, Markup) else str(getattr(said, "label", said))


SHOWN: dict[str, Callable[[Any], Any]] = {
    "number": pages.number, "money": pages.money, "date": pages.day, "month": pages.month, "datetime": pages.moment,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of the list: its object, what SQL computed beside it, and what `query` selected."""

    obj: Any
    extra: Mapping[str, Any]
    given: Any


def is_one_of(expr: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition of a facet; None stands for no value, and for an empty text."""
    some = [value for value in values if value is not None]
    clauses = [expr.in_(some)] if some else []
    if None in values:
        clauses += [expr.is_(None), expr == ""] if isinstance(expr.type, String) else [expr.is_(None)]
    return or_(false(), *clauses)


def within(column: Column, first: Any, last: Any) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions of a range, both ends included; days begin and end in the facilities' time."""
    if column.kind == "datetime":
        first = first and datetime.combine(first, time(), zone())
        last = last and datetime.combine(last + timedelta(days=1), time(), zone()) - timedelta(microseconds=1)
    if first is not None:
        yield column.expr >= first
    if last is not None:
        yield column.expr <= last
