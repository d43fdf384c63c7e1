"""Pages of a long list: which one is shown, and what the macro `pager` draws below it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import request, url_for

from core.web.fields import row_id

Row = TypeVar("Row")
SIZE = 100


def pager(here: int, size: int, total: int, url: Callable[[int], str]) -> dict[str, Any]:
    """Return what `pager` draws of page `here`, counted from 1; `url` gives the address of a page."""
    last = max(1, -(-total // size))
    near = [each for each in range(1, last + 1) if each in (1, last) or abs(each - here) <= 1]
    numbers: list[tuple[Any, str | None, bool]] = []
    for before, each in zip([0, *near], near, strict=False):
        numbers += [("…", None, False)] if each > before + 1 else []
        numbers.append((each, url(each), each == here))
    return {
        "first": min((here - 1) * size + 1, total), "last": min(here * size, total), "total": total,
        "numbers": numbers, "previous_url": url(here - 1) if here > 1 else None,
        "next_url": url(here + 1) if here < last else None,
    }  # fmt: skip


def paged(rows: Sequence[Row], most: int | None = None, whole: bool = False) -> tuple[Sequence[Row], dict[str, Any]]:
    """Return the rows of the page that the address asks for, of rows read in one statement, and its `pager`; a page
    has at most `most` rows, where each of them takes more room or work than a line, or is the `whole` list, to print.
    """
    size = max(len(rows), 1) if whole else min(SIZE, most or SIZE)
    last = max(1, -(-len(rows) // size))
    here = min(max(request.args.get("page", 1, type=row_id), 1), last)
    return rows[(here - 1) * size : here * size], pager(here, size, len(rows), _url)


def _url(number: int) -> str:
    """Return the address of another page of the same list."""
    args = {**(request.view_args or {}), **request.args.to_dict(), "page": number}
    return url_for(request.endpoint or "", **args)
