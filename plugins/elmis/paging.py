"""Pages of rows that are read in one statement: which are shown, and what the template draws below them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from flask import request, url_for

Row = TypeVar("Row")
SIZE = 100


def paged(rows: Sequence[Row]) -> tuple[Sequence[Row], dict[str, Any]]:
    """Return the rows of the page that the address asks for, and what `pager` draws."""
    last = max(1, -(-len(rows) // SIZE))
    here = min(max(request.args.get("page", 1, type=int), 1), last)
    near = [each for each in range(1, last + 1) if each in (1, last) or abs(each - here) <= 1]
    numbers: list[tuple[Any, str | None, bool]] = []
    for before, each in zip([0, *near], near, strict=False):
        numbers += [("…", None, False)] if each > before + 1 else []
        numbers.append((each, _url(each), each == here))
    first = (here - 1) * SIZE
    return rows[first : first + SIZE], {
        "first": min(first + 1, len(rows)), "last": min(first + SIZE, len(rows)), "total": len(rows),
        "numbers": numbers, "previous_url": _url(here - 1) if here > 1 else None,
        "next_url": _url(here + 1) if here < last else None,
    }  # fmt: skip


def _url(number: int) -> str:
    """Return the address of another page of the same list."""
    args = {**(request.view_args or {}), **request.args.to_dict(), "page": number}
    return url_for(request.endpoint or "", **args)
