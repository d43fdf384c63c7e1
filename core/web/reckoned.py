"""Lists of rows that are computed, not stored: search, filters with counts, order, pages and files as of any list."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import null

from core.data.search import folded
from core.web.columns import Column, Row
from core.web.tables import Table

COMPUTED = null()  # stands where a list of stored rows has its SQL: nothing is asked of it


class Reckoned(Table):
    """A list of what `computed()` returns, which may be anything its columns can read; `text` is what the search box
    reads of a row, `entity` what the trail calls the rows.
    """

    entity = ""
    search = (COMPUTED,)

    def computed(self) -> Sequence[Any]:
        """Return all rows that this person may read."""
        raise NotImplementedError

    def text(self, row: Any) -> str:
        """Return the words by which a row is found."""
        raise NotImplementedError

    def with_expr(self, column: Column) -> Column:
        return replace(column.asked_once(), expr=COMPUTED)

    def _tally(self) -> None:
        """Compute the rows, and count those that fit and those of each value of a facet."""
        self._read = {column.name: column.reader(None) for column in self.known}
        words = folded(self.asked.q).split()
        told = (Row(row, {}, row) for row in self.computed())
        self._found = [row for row in told if not words or all(word in folded(self.text(row.obj)) for word in words)]
        self.counts = [Counter(map(self._read[each.name], self._fitting(each.name))) for each in self._offering()]
        self._fit = self._ordered(list(self._fitting()))
        self.total = len(self._fit)

    def _fitting(self, without: str = "") -> Iterator[Row]:
        """Yield the rows that pass the filters, but that of one column."""
        asked = {name: set(values) for name, values in self.asked.chosen.items() if name != without}
        for row in self._found:
            if all((self._read[name](row) or None) in values for name, values in asked.items()) and all(
                _within(self._read[name](row), *ends) for name, ends in self.asked.ranges.items()
            ):
                yield row

    def _ordered(self, rows: list[Row]) -> list[Row]:
        """Return rows in the order asked for: codes as their words are listed, what is unknown at the end."""
        column = self.asked.sort
        if column is None:
            return rows
        read, places = self._read[column.name], {code: place for place, code in enumerate(column.words())}
        keys: list[Any] = [None if (value := read(row)) is None else _key(value, places) for row in rows]
        known = [place for place, key in enumerate(keys) if key is not None]
        known.sort(key=keys.__getitem__, reverse=self.asked.down)
        return [rows[place] for place in known] + [row for row, key in zip(rows, keys, strict=True) if key is None]

    def _some(self, first: int, number: int) -> list[Row]:
        return self._fit[first : first + number]

    def _all(self) -> tuple[int, Iterator[Row]]:
        self._tally()
        return self.total, iter(self._fit)

    def label_of(self, row: Row) -> str:
        """Return what names a row, for whoever cannot see it."""
        return str(self._read[self.known[0].name](row))


def _key(value: Any, places: Mapping[Any, int]) -> Any:
    return places.get(value, len(places)) if places else folded(value) if isinstance(value, str) else value


def _within(value: Any, first: Any, last: Any) -> bool:
    return value is not None and (first is None or value >= first) and (last is None or value <= last)
