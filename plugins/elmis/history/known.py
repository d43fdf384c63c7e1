"""Which lines of a history are here already: by their own ids, or by all that they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, bindparam, func, literal, or_, select, true, union_all
from sqlalchemy import cast as as_type

from plugins.elmis.history.staged import KNOWN, MOVED, SAW, SEEN, M, S, differs
from plugins.elmis.history.staging import Stage
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.models import PREFIX, Movement, Observation

SIDES = (M.source_facility_id, M.target_facility_id)


def own_uuid(facility_id: int, id: str) -> str:
    """Return what a line with an own id is known by: the id belongs to the facility of the line."""
    return f"{PREFIX}{facility_id}:{id}"


def own_id(uuid: str, facility_id: int) -> str:
    """Return the own id of a line, as it stands in the file."""
    return uuid.removeprefix(PREFIX).removeprefix(f"{facility_id}:")


def tell_twins_apart(stage: Stage) -> None:
    """Number the lines without an own id that are alike in everything: each is a movement of its own."""
    turn = func.row_number().over(partition_by=S.uuid, order_by=S.line)
    rows = select(S.line, S.uuid, turn.label("turn")).where(stage.mine, S.own == 0).subquery()
    twins = read(select(rows).where(rows.c.turn > 1)).all()
    stage.change([{"of": line, "said": f"{uuid}:{n - 1}"} for line, uuid, n in twins], uuid=bindparam("said"))


def know_own(stage: Stage) -> None:
    """Take the mark from the lines whose id is that of a movement recorded here: an export came back. An id that
    was imported at this facility before ids belonged to facilities is known without its number."""
    bare = func.substr(S.uuid, func.length(as_type(S.facility_id, String)) + len(PREFIX) + 2)
    kept = [
        select(S.line, table.c.uuid).join(table, table.c.uuid == mark + bare).where(stage.mine, S.own == 1, here)
        for table, mark, here in (
            (Movement.__table__, literal(""), true()), (Observation.__table__, literal(""), true()),
            (Movement.__table__, literal(PREFIX), or_(*(S.facility_id == side for side in SIDES))),
            (Observation.__table__, literal(PREFIX), SAW.facility_id == S.facility_id),
        )
    ]  # fmt: skip
    rows = read(union_all(*kept)).all()
    stage.change([{"of": line, "said": uuid} for line, uuid in rows], uuid=bindparam("said"))


def repeated_ids(stage: Stage) -> Sequence[Any]:
    """Return (line, own id, first line) of the lines whose own id stands in the file already."""
    first = func.min(S.line).over(partition_by=S.uuid)
    rows = select(S.line, S.uuid, S.facility_id, first.label("first")).where(stage.mine, S.own == 1).subquery()
    twice = read(select(rows).where(rows.c.line != rows.c.first).order_by(rows.c.line)).all()
    return [(line, own_id(uuid, facility), first) for line, uuid, facility, first in twice]


@dataclass(frozen=True, slots=True)
class Altered:
    """A line whose id was imported before with other contents: the field that differs, the counterpart that is kept,
    the facility that is given, and the paper and day of what stands."""

    line: int
    id: str
    field: str
    kept: str
    given: int
    paper: str
    day: date
    counts: bool


def mark_old(stage: Stage) -> list[Altered]:
    """Mark the lines that were imported before; return those that say something else now."""
    moved, seen = (
        read(
            select(S.line, S.uuid, S.facility_id, table.c.document, day, *differs(names))
            .join(table, table.c.uuid == S.uuid)
            .where(stage.mine, S.counts == counts)
        ).all()
        for names, table, day, counts in (
            (MOVED, Movement.__table__, M.occurred_on, 0), (SEEN, Observation.__table__, SAW.counted_on, 1),
        )
    )  # fmt: skip
    other = union_all(
        select(S.line, S.uuid, S.facility_id, SAW.document, SAW.counted_on.label("day"), literal(1).label("counted"))
        .join(Observation.__table__, SAW.uuid == S.uuid)
        .where(stage.mine, S.counts == 0, ~select(M.id).where(M.uuid == S.uuid).exists()),
        select(S.line, S.uuid, S.facility_id, M.document, M.occurred_on, literal(0))
        .join(Movement.__table__, M.uuid == S.uuid)
        .where(stage.mine, S.counts == 1, M.observation_id.is_(None)),
    )  # fmt: skip
    crossed = {row.line: row for row in read(other)}
    stage.change([line for line, *_rest in (*moved, *seen)], state=KNOWN)
    found = [
        Altered(row.line, own_id(row.uuid, row.facility_id), "reason", "", 0, row.document, row.day, bool(row.counted))
        for row in crossed.values()
    ]
    for rows, names in ((moved, MOVED), (seen, SEEN)):
        for line, uuid, facility, paper, day, kept, given, *flags in rows:
            wrong = next((name for name, differs in zip(names, flags, strict=True) if differs), None)
            if wrong is not None and line not in crossed:
                own = own_id(uuid, facility)
                found.append(Altered(line, own, wrong, kept, given, paper, day, names is SEEN))
    return found
