"""The state of a list lives in its address: search, order, page, columns, filters. What cannot be is left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric
from werkzeug.datastructures import MultiDict

from core.data.db import Money
from core.data.search import clean
from core.web.columns import DATED, RANGED, Column
from core.web.dates import day_of
from core.web.fields import number_of

SIZES = (25, 50, 100, 200)
NONE = "-"


@dataclass
class Address:
    """What the address of a list asks for, read gently."""

    args: MultiDict[str, str]
    path: str = ""
    q: str = ""
    sort: Column | None = None
    down: bool = False
    page: int = 1
    size: int = 50
    columns: list[Column] = field(default_factory=list)
    chosen: dict[str, list[Any]] = field(default_factory=dict)
    ranges: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Return whether anything but the order is asked for."""
        return bool(self.q or self.chosen or self.ranges)

    def url(self, **changes: Any) -> str:
        """Return the address with some parts changed; None takes a part away, a list repeats it."""
        kept = {name: self.args.getlist(name) for name in self.args if name not in ("page", "format")}
        for name, value in changes.items():
            kept[name] = [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
        pairs = [(name, str(value)) for name, values in kept.items() for value in values if value != ""]
        return self.path + ("?" + urlencode(pairs) if pairs else "")

    def kept(self, *without: str) -> list[tuple[str, str]]:
        """Return the other parts of the address, for the hidden fields of a form."""
        left = {"page", "format", *without}
        return [(name, value) for name, value in self.args.items(multi=True) if name not in left and value]


SOME = 4_503_599_627_370_497  # stands for the number of a row until its address is asked


def around(endpoint: str, **values: Any) -> tuple[str, str]:
    """Return what stands before and after a row's number in the address of its page: one is made for all rows."""
    before, _id, after = url_for(endpoint, id=SOME, **values).partition(str(SOME))
    return before, after


def read(columns: Sequence[Column], default_sort: str, size: int = 50) -> Address:
    """Return what the address of this request asks of a list whose pages have `size` rows unless it says another."""
    args = MultiDict(
        [(name, text) for name, value in request.args.items(multi=True) if (text := clean(value)) == value]
    )
    by_name = {column.name: column for column in columns}
    asked = args.get("sort", "") or default_sort
    asked = asked if asked.lstrip("-") in by_name else default_sort
    found = Address(args, request.path, q=clean(request.args.get("q")))
    found.sort, found.down = by_name.get(asked.lstrip("-")), asked.startswith("-")
    found.page = whole(args.get("page")) or 1
    found.size = wanted if (wanted := whole(args.get("size"))) in SIZES else size
    names = ",".join(args.getlist("cols")).split(",")
    found.columns = [each for each in columns if each.name in names] or [each for each in columns if each.default]
    _read_filters(found, columns)
    return found


def _read_filters(found: Address, columns: Iterable[Column]) -> None:
    for column in columns:
        if column.expr is None:
            continue
        if column.facet:
            chosen = [value for text in found.args.getlist(f"f.{column.name}") for value in values(column, text)]
            if chosen:
                found.chosen[column.name] = chosen
        if column.kind in RANGED:
            ends = tuple(end(column, found.args.get(f"f.{column.name}.{one}", "")) for one in ("from", "to"))
            if ends != (None, None):
                found.ranges[column.name] = ends  # type: ignore[assignment]


def values(column: Column, text: str) -> list[Any]:
    """Return [value] of a facet, or nothing when there cannot be such a value."""
    if text == NONE:
        return [None]
    of = column.expr.type
    if isinstance(of, Boolean):
        return {"1": [True], "true": [True], "0": [False], "false": [False]}.get(text, [])
    words: Mapping[Any, Any] = column.words()
    if words:
        return [value for value in words if token(value) == text]
    if isinstance(of, Integer):
        return [] if (number := whole(text)) is None else [number]
    return [] if isinstance(of, (Date, DateTime, Numeric, Money)) else [text]


def token(value: Any) -> str:
    """Return what stands for a value of a facet in the address."""
    return NONE if value is None or value == "" else str(int(value)) if isinstance(value, bool) else str(value)


def end(column: Column, text: str) -> date | Decimal | None:
    """Return an end of a range, or None when there is none or it cannot be one."""
    try:
        if not text:
            return None
        return day_of(text) if column.kind in DATED else number_of(text, 4)
    except ValueError:
        return None


def whole(text: str | None) -> int | None:
    """Return the natural number of a text, or None."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
