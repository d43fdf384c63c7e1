"""The trail of rows that a bulk insert made: a line for each, as if each had been made by hand."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from core.data import audit
from core.data.db import db


def trail_of(entity: str, facility: Any, columns: Sequence[Any], *which: Any, **facts: Any) -> None:
    """Add a line for each row that a bulk insert of this transaction made: `which` finds them, `facility` is the column
    of their stream, `columns` are told, the id first. They are read when they are written down, so any number fits."""
    rows = select(facility).where(*which).distinct()
    for facility_id in db.session.connection().execute(rows).scalars():
        lines = select(*columns).where(facility == facility_id, *which).order_by(columns[0])
        audit.work().poured.append((facility_id, partial(_made, entity, facility_id, lines, facts)))


def _made(entity: str, facility_id: int, lines: Any, facts: dict[str, Any]) -> Iterator[audit.Entry]:
    """Yield the lines of rows that were made, read a part at a time."""
    found = db.session.connection().execute(lines, execution_options={"yield_per": audit.TOGETHER})
    names = list(found.keys())
    for row in found:
        values = [value if type(value) in (int, str) else audit.plain(value) for value in row]
        changes = {name: [None, value] for name, value in zip(names, values, strict=True) if value not in (None, "")}
        yield audit.Entry(entity, str(values[0]), "create", facility_id, changes, facts)
