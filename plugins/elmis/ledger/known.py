"""Which lines of a history are here already: by their own ids, or by all that they say."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import String, bindparam, func, literal, or_, select, true, union_all
from sqlalchemy import cast as as_type

from plugins.elmis.ledger.models import Movement, Observation
from plugins.elmis.ledger.staged import KNOWN, MOVED, SAW, SEEN, M, S, differs
from plugins.elmis.ledger.staging import PREFIX, Stage, read

SIDES = (M.source_facility_id, M.target_facility_id)


def own_uuid(facility_id: int, id: str) -> str:
    """Return what a line with an own id is known by: the id belongs to the facility of the line."""
    return f"{PREFIX}{facility_id}:{id}"


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
    """Return (line, first line) of the lines whose own id stands in the file already."""
    first = func.min(S.line).over(partition_by=S.uuid)
    rows = select(S.line, first.label("first")).where(stage.mine, S.own == 1).subquery()
    return cast(Sequence[Any], read(select(rows).where(rows.c.line != rows.c.first).order_by(rows.c.line)).all())


def mark_old(stage: Stage) -> Sequence[Any]:
    """Mark the lines that were imported before; return (line, field, counterpart kept, id given) where one says
    something else now."""
    moved, seen = (
        read(
            select(S.line, *differs(names))
            .join(table, table.c.uuid == S.uuid)
            .where(stage.mine, S.counts == counts)
        ).all()
        for names, table, counts in ((MOVED, Movement.__table__, 0), (SEEN, Observation.__table__, 1))
    )  # fmt: skip
    other = union_all(
        select(S.line)
        .join(Observation.__table__, SAW.uuid == S.uuid)
        .where(stage.mine, S.counts == 0, ~select(M.id).where(M.uuid == S.uuid).exists()),
        select(S.line)
        .join(Movement.__table__, M.uuid == S.uuid)
        .where(stage.mine, S.counts == 1, M.observation_id.is_(None)),
    )  # fmt: skip
    crossed = set(read(other).scalars())
    stage.change([line for line, *_rest in (*moved, *seen)], state=KNOWN)
    found = [(line, "id", "", 0) for line in sorted(crossed)]
    for rows, names in ((moved, MOVED), (seen, SEEN)):
        for line, kept, given, *flags in rows:
            wrong = next((name for name, differs in zip(names, flags, strict=True) if differs), None)
            if wrong is not None and line not in crossed:
                found.append((line, wrong, kept, given))
    return found
