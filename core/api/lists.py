"""Lists as a program asks for them: filters, search, order and pages of the page, and nothing that is misread."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import String

from core.api import rows
from core.contract.entities import Entity
from core.contract.words import _
from core.data.errors import Invalid
from core.data.search import clean
from core.web import address
from core.web.columns import RANGED, Column
from core.web.derived import table_of
from core.web.tables import Table

PLAIN = ("sort", "page", "size", "fields")
MANY = 40  # names that a refusal tells


class Unknown(Invalid):
    """What a list is asked for that it does not have: {parameter: words}."""

    status = 400


def answered(entity: Entity) -> dict[str, Any]:
    """Return a page of the rows of an entity, as the address asks for it."""
    table = table_of(entity)()
    asked = read(table)
    total, found = table.part(asked)
    last = max(1, -(-total // asked.size))
    return {
        "items": rows.drawn(table, asked.columns, found), "total": total, "page": asked.page, "size": asked.size,
        "pages": last, "next": _page(asked.page + 1) if asked.page < last else None,
        "previous": _page(min(asked.page - 1, last)) if asked.page > 1 else None,
    }  # fmt: skip


def _page(number: int) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return f"{request.path}?{urlencode([*kept, ('page', number)])}"


def read(table: Table) -> address.Address:
    """Return what the address asks of a list; raises Unknown, with every fault, for what there is not."""
    known = table.every()
    faults = dict(_strangers(table, known))
    found = address.Address(request.args, request.path, q=clean(request.args.get("q")))
    by_name = {column.name: column for column in known}
    for name, reader in (("sort", _sort), ("page", _page_asked), ("size", _size), ("fields", _fields)):
        if name in request.args and (fault := reader(found, by_name, request.args[name])):
            faults[name] = fault
    if not request.args.get("sort"):
        _sort(found, by_name, table.default_sort)
    found.columns = found.columns or [each for each in known if each.default]
    for name, columns in filters(known).items():
        for text in request.args.getlist(name):
            if fault := _filter(found, columns, name, text):
                faults[name] = fault
    if faults:
        raise Unknown(faults)
    return found


def refuse_strangers(known: Collection[str]) -> None:
    """Raise Unknown for parameters of the address that are not known."""
    names = ", ".join(known) or "–"
    faults = {name[:80]: _("There is no such filter. There are: %(names)s.", names=names) for name in request.args
              if name not in known}  # fmt: skip
    if faults:
        raise Unknown(faults)


def filters(columns: Sequence[Column]) -> dict[str, Column]:
    """Return the filters of a list by their names: of codes and texts `f.state`, of figures and days `f.day.from`."""
    found = {}
    for column in columns:
        if column.expr is None:
            continue
        if column.facet or isinstance(column.expr.type, String):
            found[f"f.{column.name}"] = column
        if column.kind in RANGED:
            found |= {f"f.{column.name}.{end}": column for end in ("from", "to")}
    return found


def _strangers(table: Table, columns: Sequence[Column]) -> Iterator[tuple[str, Any]]:
    """Yield what is said of parameters that a list does not have, and of values that its own do not take."""
    own = table.own_parts()
    known = {*PLAIN, *(("q",) if table.search else ()), *filters(columns), *own}
    for name in request.args:
        if name not in known:
            names = ", ".join(sorted(known)[:MANY])
            yield name[:80], _("There is no such filter. There are: %(names)s.", names=names)
        elif own.get(name) and request.args[name] not in own[name]:
            yield name, _("There is no such value. There are: %(names)s.", names=", ".join(own[name]))


def _sort(found: address.Address, columns: dict[str, Column], text: str) -> Any:
    column = columns.get(text.removeprefix("-"))
    if column is None or not column.sort or column.expr is None:
        names = ", ".join(each.name for each in columns.values() if each.sort and each.expr is not None)
        return _("There is no such order. There are: %(names)s.", names=names)
    found.sort, found.down = column, text.startswith("-")
    return None


def _page_asked(found: address.Address, columns: dict[str, Column], text: str) -> Any:
    found.page = address.whole(text) or 0
    return None if found.page else _("Pages are counted from 1.")


def _size(found: address.Address, columns: dict[str, Column], text: str) -> Any:
    size = address.whole(text)
    if size not in address.SIZES:
        return _("There is no such value. There are: %(names)s.", names=", ".join(map(str, address.SIZES)))
    found.size = size
    return None


def _fields(found: address.Address, columns: dict[str, Column], text: str) -> Any:
    names = list(dict.fromkeys(text.split(",")))
    if set(names) - columns.keys():
        return _("There is no such field here. There are: %(names)s.", names=", ".join(columns))
    found.columns = [columns[name] for name in names]
    return None


def _filter(found: address.Address, column: Column, name: str, text: str) -> Any:
    """Narrow a list, or return what is wrong with the value of a filter."""
    end = name.removeprefix(f"f.{column.name}")
    if end:
        value = address.end(column, text)
        if value is None:
            return _("A day is written 2026-11-22, a number 12.5.")
        first, last = found.ranges.get(column.name, (None, None))
        found.ranges[column.name] = (value, last) if end == ".from" else (first, value)
        return None
    values = address.values(column, text) if clean(text) == text else []
    if not values:
        known = ", ".join(address.token(each) for each in list(column.words())[:MANY])
        return _("There is no such value. There are: %(names)s.", names=known or "–")
    found.chosen.setdefault(column.name, []).extend(values)
    return None
