"""How many rows of a list there are, and how many of each value that its facets offer: the rows are found once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, cast, func, literal, literal_column, null, select, union_all
from sqlalchemy.orm import QueryableAttribute

from core.data.db import db
from core.web.columns import Column, is_one_of


def tally(
    fitting: Select[Any], key: Any, columns: Sequence[Column], chosen: Sequence[Sequence[Any] | None]
) -> tuple[int, list[Counter[Any]]]:
    """Return (number of rows that fit, {value: number} of each column), in one statement.

    `fitting` are the rows before the values that are `chosen` of each column, where any are; a column is counted
    without its own. What is empty counts as None.
    """
    if not columns:
        return db.session.scalar(fitting.with_only_columns(func.count(key))) or 0, []
    found = _found(fitting, key, columns)
    values = [found.c[_name(place)] for place in range(len(columns))]
    asked = {place: is_one_of(values[place], some) for place, some in enumerate(chosen) if some is not None}
    blank: list[Any] = [cast(null(), each.type) for each in values]
    number = func.coalesce(func.sum(found.c.rows), 0)
    parts: list[Any] = [select(literal(-1), *blank, number).where(*asked.values())]
    for place, value in enumerate(values):
        own = [*blank[:place], value, *blank[place + 1 :]]
        others = [condition for at, condition in asked.items() if at != place]
        part = select(literal(place), *own, number).where(*others)
        parts.append(part.group_by(literal_column(str(place + 2))))
    counts: list[Counter[Any]] = [Counter() for _each in columns]
    total = 0
    for which, *row, rows in db.session.execute(union_all(*parts)):
        if which < 0:
            total = int(rows)
        else:
            counts[which][None if row[which] == "" else row[which]] += int(rows)
    return total, counts


def _found(fitting: Select[Any], key: Any, columns: Sequence[Column]) -> Any:
    """Return the values of the rows, and how many rows have them: alike ones together where each value is one of the
    row, or hangs on one, as an index can tell."""
    raw = [each.expr if each.of is None else each.key for each in columns]
    if not all(isinstance(each, QueryableAttribute) for each in raw):
        values = (each.expr.label(_name(place)) for place, each in enumerate(columns))
        return fitting.with_only_columns(key.label("key"), literal_column("1").label("rows"), *values).cte("fitting")
    named = [each.label(_name(place)) for place, each in enumerate(raw)]
    alike = fitting.with_only_columns(func.count(key).label("rows"), *named).group_by(*raw).cte("alike")
    told = (
        alike.c[_name(place)] if each.of is None else each.of(alike.c[_name(place)]).label(_name(place))
        for place, each in enumerate(columns)
    )
    return select(alike.c.rows, *told).cte("fitting")


def _name(place: int) -> str:
    return f"f{place}"
