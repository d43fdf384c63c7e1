"""The trail of rows that a bulk insert made: a line for each, as if each had been made by hand.

A history has 150,000 of them, and others wait for the lock meanwhile. So what the lines share is put into words once;
of each line only its values and its two ids are.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import select

from core.data import audit
from core.data.bulk import read_beside

POURED = "the act that poured the rows writes them down"


def trail_of(entity: str, facility: Any, columns: Sequence[Any], *which: Any, **facts: Any) -> None:
    """Add a line for each row that a bulk insert of this transaction made: `which` finds them, `facility` is the column
    of their stream, `columns` are told, the id first. They are read when they are written down, so any number fits."""
    rows = select(facility).where(*which).distinct()
    for facility_id in read_beside(rows, POURED).scalars():
        lines = select(*columns).where(facility == facility_id, *which).order_by(columns[0])
        shared = audit.Entry(entity, "", "create", facility_id, {}, facts)
        audit.work().poured.append((shared, partial(_lines, lines)))


def made(entity: str, facility_id: int | None, rows: Mapping[Any, Mapping[str, Any]]) -> None:
    """Add the lines of rows that a bulk insert made, {id: all its values}, at their place among those of the act."""
    for id_, row in rows.items():
        values = {"id": id_, **row}
        changes = {name: [None, audit.plain(value)] for name, value in values.items() if value is not None}
        audit.work().trail.append(audit.Entry(entity, str(id_), "create", facility_id, changes))


def _lines(query: Any, said: Mapping[str, Any]) -> Iterator[audit.Line]:
    """Yield the lines of rows that were made, read a part at a time; `said` is what they share."""
    found = read_beside(query, POURED, yield_per=audit.TOGETHER)
    before, between, after = _written(said)
    at, user, facility, entity, _id, action, behalf = audit.columns(said)
    heads = sorted((f"{_json(name)}:[null,", place) for place, name in enumerate(found.keys()))  # in their usual order
    for row in found:
        values = [str(value) if type(value) is int else _json(value) for value in row]
        changes = "],".join([head + values[place] for head, place in heads if values[place]])
        id_ = values[0]
        yield (at, user, facility, entity, id_, action, behalf), f"{before}{changes}]{between}{id_}{after}"


def _written(said: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the text of a line, without its changes and the id of its entity: what stands before, between and after.

    For many lines that differ in these two alone. A quotation mark inside a text is always escaped, so the names of
    the two are found nowhere else.
    """
    before, rest = audit.encode({**said, "changes": {}, "entity_id": ""}).split('"changes":{}', 1)
    between, after = rest.split('"entity_id":""', 1)
    return f'{before}"changes":{{', f'}}{between}"entity_id":"', f'"{after}'


@lru_cache(maxsize=20_000, typed=True)
def _json(value: Any) -> str:
    """Return a value as the text of a line has it, "" for none; the same papers and days come again and again."""
    return "" if value is None or value == "" else audit.encode(audit.plain(value))
