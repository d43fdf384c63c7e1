"""What a posting meets: movements that are known, counts of its days, recalls that are proposed; one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, null, select, union_all

from core.data.bulk import read_beside
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import PROPOSED, Recall
from plugins.elmis.catalogue.twins import FIRST
from plugins.elmis.ledger.models import BOOK, Movement, Observation
from plugins.elmis.ledger.moves import Move

Key = tuple[int, int, date]  # location id, lot id, day


class Counted(NamedTuple):
    """The last count of a lot in a store on a day: its number, and when."""

    document: str
    at: datetime


@dataclass(frozen=True)
class Met:
    """What some moves meet."""

    known: Collection[str] = ()  # uuids that are stored
    counted: Mapping[Key, Counted] = field(default_factory=dict)
    proposed: Collection[int] = ()  # lots whose recall is, since whatever day


SAW, MOVED = Observation.__table__.c, Movement.__table__.c
COUNTED: Any = literal_column("1").label("what")
KNOWN: Any = literal_column("2").label("what")
RECALLED: Any = literal_column("3").label("what")


def _named(column: Any, name: str) -> Any:
    return column.in_(bindparam(name, expanding=True))


MET = union_all(
    select(COUNTED, SAW.document, SAW.location_id, SAW.lot_id, SAW.counted_on, SAW.counted_at).where(
        _named(SAW.location_id, "places"), _named(SAW.lot_id, "lots"), _named(SAW.counted_on, "days")
    ),
    select(KNOWN, MOVED.uuid, *[null()] * 4).where(_named(MOVED.uuid, "uuids")),
    select(RECALLED, Recall.number, null(), Lot.id, null(), null())
    .join_from(Recall, Lot, Recall.lot_id == FIRST)
    .where(_named(Lot.id, "lots"), Recall.state == PROPOSED),
)


def met_by(moves: Sequence[Move]) -> Met:
    """Return what some moves meet; where their stores are locked, it holds until the commit."""
    asked: dict[str, set[Any]] = {
        "places": {place for move in moves for place in (move.source_id, move.target_id)},
        "lots": {move.lot_id for move in moves},
        "days": {move.occurred_on for move in moves},
        "uuids": {move.uuid for move in moves},
    }
    rows = read_beside(MET, BOOK, {name: list(values) for name, values in asked.items()}).all()
    counted = sorted((row for row in rows if row.what == 1), key=lambda row: row.counted_at)
    return Met(
        {row.document for row in rows if row.what == 2},
        {(row.location_id, row.lot_id, row.counted_on): Counted(row.document, row.counted_at) for row in counted},
        {row.lot_id for row in rows if row.what == 3},
    )
