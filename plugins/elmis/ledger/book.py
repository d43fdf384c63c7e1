"""What the book said of lots in a store at a moment, and what was entered since: for those who count."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, or_, select

from core.contract.words import label_of
from core.data.bulk import read_beside
from plugins.elmis.ledger.models import BOOK, Movement, Reason
from plugins.elmis.ledger.observations import WHEN

Moment = tuple[date, datetime]
M = Movement.__table__.c


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement of a lot as seen from its store: `units` came (+) or went (−) at a `moment` of the book."""

    id: int
    moment: Moment
    units: int
    document: str
    reason: str
    recorded_at: datetime
    of_a_count: bool


def read(statement: Any) -> Any:
    """Return the result of a statement on the book, past the rights of the session."""
    return read_beside(statement, BOOK)


def before(location_id: int, lots: Collection[int], day: date) -> Mapping[int, int]:
    """Return {lot: what the book said} on the eve of a day."""
    query = (
        select(M.lot_id, func.sum(case((M.target_id == location_id, M.quantity), else_=-M.quantity)))
        .where(M.lot_id.in_(lots), or_(M.source_id == location_id, M.target_id == location_id), M.occurred_on < day)
        .group_by(M.lot_id)
    )
    return {lot: int(units) for lot, units in read(query)}


def entries(location_id: int, lots: Collection[int], day: date) -> Mapping[int, Sequence[Entry]]:
    """Return {lot: its movements} from a day on, in the order of the book."""
    units = case((M.target_id == location_id, M.quantity), else_=-M.quantity)
    query = (
        select(
            M.lot_id, M.id, M.occurred_on, WHEN.label("at"), units.label("units"), M.document, M.recorded_at,
            M.observation_id, Reason.label_fr, Reason.label_en,
        )
        .join(Reason, Reason.id == M.reason_id)
        .where(M.lot_id.in_(lots), or_(M.source_id == location_id, M.target_id == location_id), M.occurred_on >= day)
        .order_by(M.occurred_on, WHEN, M.id)
    )  # fmt: skip
    found: dict[int, list[Entry]] = defaultdict(list)
    for row in read(query):
        found[row.lot_id].append(
            Entry(
                row.id, (row.occurred_on, row.at), int(row.units), row.document, label_of(row), row.recorded_at,
                row.observation_id is not None,
            )
        )  # fmt: skip
    return found
