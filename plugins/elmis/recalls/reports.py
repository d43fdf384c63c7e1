"""Who holds a recalled lot, down to the last facility, and what came back.

Plain selects that no rights filter sees: a recall is everybody's who keeps the catalogue; others are shown their own.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, literal, or_, select, union

from core.data.access import Access
from core.data.bulk import read_beside
from core.data.db import UTCDateTime
from core.data.kept import per_rights_beside
from core.data.states import Step
from core.facilities.models import Facility
from plugins.elmis.catalogue.recalls import (
    APPROVE,
    EDIT,
    GONE,
    HOLDING,
    LIFTED,
    MOVE,
    OPEN,
    PROPOSED,
    REFUSED,
    VIEW,
    Recall,
    RecallSite,
)
from plugins.elmis.catalogue.twins import firsts, shares, with_twins
from plugins.elmis.ledger.models import HELD, QUARANTINE, RETURNING, STORE, TRANSIT, StockBalance, StockLocation
from plugins.elmis.promises.machines import UNDERWAY
from plugins.elmis.promises.models import Shipment, ShipmentLine
from plugins.elmis.promises.sums import MOVING

NEWS = timedelta(days=7)  # so long who proposed a recall is told that it was refused
CLOCK = timedelta(days=1)  # within so long a place answers
UNANSWERED = ("issued", "acknowledged")


@dataclass
class Holding:
    """What a facility has of a recalled lot; base units."""

    facility_id: int
    name: str = ""
    phone: str = ""
    answered: str = "issued"  # its last step
    mine: bool = False  # this person may act for it
    figures: Mapping[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        return self.figures.get(name, 0)

    @property
    def state(self) -> str:
        """Return the state of the place: what it answered, as far as what lies there bears it out."""
        if self.figures.get("shelves"):
            return self.answered if self.answered in UNANSWERED else "acknowledged"
        here = any(self.figures.get(kind) for kind in ("quarantine", "road", "coming"))
        return GONE if self.answered in (*UNANSWERED, "quarantined") and not here else self.answered

    @property
    def settled(self) -> bool:
        """Return whether the place has acknowledged and nothing of the lot is on its shelves."""
        return self.state not in UNANSWERED and not self.figures.get("shelves")


def _rows(query: Any) -> Any:
    return read_beside(query, "a recall follows its lot to every place").all()


def _balances(printed: int) -> Any:
    query = select(StockBalance.facility_id, StockLocation.kind, func.sum(StockBalance.quantity))
    query = query.join(StockLocation, StockLocation.id == StockBalance.location_id).where(HELD)
    return query.where(shares(StockBalance.lot_id, printed)).group_by(StockBalance.facility_id, StockLocation.kind)


def _coming(printed: int) -> Any:
    query = select(Shipment.facility_id, func.sum(MOVING)).join(Shipment, Shipment.id == ShipmentLine.shipment_id)
    return query.where(shares(ShipmentLine.lot_id, printed), Shipment.state.in_(UNDERWAY), MOVING > 0).group_by(
        Shipment.facility_id
    )


def holders(lot_id: int) -> dict[int, int]:
    """Return {facility id: base units} of all that hold packs of a lot's number or are about to receive them.

    What is on the road counts where it goes, not where it left.
    """
    found: dict[int, int] = defaultdict(int)
    printed = firsts([lot_id])[lot_id]
    for facility_id, kind, units in _rows(_balances(printed)):
        if kind != TRANSIT:
            found[facility_id] += int(units)
    for facility_id, units in _rows(_coming(printed)):
        found[facility_id] += int(units)
    return dict(found)


def named_holders(lot_id: int) -> list[tuple[str, int]]:
    """Return (facility, base units) of all that a recall of a lot would reach, who holds most first."""
    found = holders(lot_id)
    names = _rows(select(Facility.id, Facility.name).where(Facility.id.in_(found)))
    return sorted(((row.name, found[row.id]) for row in names), key=lambda one: (-one[1], one[0]))


def places(recall: Recall, access: Access) -> list[Holding]:
    """Return every place of a recall that this person may know of, those that have not answered first."""
    figures: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    kinds = {STORE: "shelves", QUARANTINE: "quarantine"}
    for facility_id, kind, units in _rows(_balances(recall.lot_id)):
        if kind != TRANSIT:  # it is told where it goes
            figures[facility_id][kinds.get(kind, "road")] += int(units)
    for facility_id, units in _rows(_coming(recall.lot_id)):
        figures[facility_id]["coming"] += int(units)
    for facility_id, units in _rows(_came_back(recall)):
        figures[facility_id]["came_back"] += int(units)
    table = RecallSite.__table__.c
    sites = {row.facility_id: row for row in _rows(select(*table).where(table.recall_id == recall.id))}
    for facility_id, row in sites.items():
        figures[facility_id].update(
            held=row.held, quarantined=row.quarantined, sent_back=row.sent_back, destroyed=row.destroyed
        )
    here = access.covers(MOVE, Facility.__table__.c.path).label("mine")
    known = select(Facility.id, Facility.name, Facility.phone, here)
    known = known.where(Facility.id.in_(sites if recall.state in (PROPOSED, REFUSED) else figures))
    if not access.can_everywhere(EDIT):
        known = known.where(Facility.id.in_(access.facility_ids(VIEW)))
    found = [
        Holding(
            row.id, row.name, row.phone, sites[row.id].state if row.id in sites else "issued",
            row.mine, figures[row.id],
        )
        for row in _rows(known)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.settled, -one.figures.get("shelves", 0), one.name))


def _came_back(recall: Recall) -> Any:
    """Return the select of what was received in quarantine of each sender since the recall."""
    query = select(Shipment.supplier_id, func.sum(ShipmentLine.accepted))
    query = query.join(Shipment, Shipment.id == ShipmentLine.shipment_id)
    query = query.join(StockLocation, StockLocation.id == Shipment.store_id)
    query = query.where(shares(ShipmentLine.lot_id, recall.lot_id), StockLocation.kind == QUARANTINE)
    return query.where(Shipment.packed_on >= recall.issued_on).group_by(Shipment.supplier_id)


def waiting(access: Access) -> list[tuple[int, int, bool]]:
    """Return (recall id, facility id, whether it lies apart) of what this person's stores still have to do: set it
    apart, then send it back or destroy it; or put it back on the shelves."""
    found: dict[tuple[int, int], bool] = {}
    for recall_id, place, kept in _rows(_waiting(access)):
        found[recall_id, place] = bool(kept) and found.get((recall_id, place), True)
    return sorted((*key, kept) for key, kept in found.items())


@per_rights_beside
def _waiting(access: Access) -> Any:
    """Return the select of (recall id, facility id, whether it lies apart) of what this person's stores have to do."""
    mine = access.facility_ids(MOVE)
    recall, site = Recall.__table__.c, RecallSite.__table__.c
    back = select(site.recall_id, site.facility_id).join(Recall.__table__, recall.id == site.recall_id)
    back = back.where(recall.state.in_((LIFTED, REFUSED)), site.state == "quarantined", site.facility_id.in_(mine))
    apart = select(site.recall_id, site.facility_id).join(Recall.__table__, recall.id == site.recall_id)
    apart = apart.where(recall.state == OPEN, site.state == "quarantined", site.facility_id.in_(mine))
    lies = _lies(recall.lot_id, site.facility_id, QUARANTINE)
    kinds = (*((each, False) for each in _unanswered(mine)), (back.where(lies), True), (apart.where(lies), True))
    return union(*(each.add_columns(literal(kept)) for each, kept in kinds))


def _lies(lot_id: Any, facility_id: Any, *kinds: str) -> Any:
    """Return whether some of a lot lies at a place, in its locations of some kinds."""
    query = select(StockBalance.lot_id).join(StockLocation, StockLocation.id == StockBalance.location_id)
    query = query.where(HELD, shares(StockBalance.lot_id, lot_id), StockBalance.facility_id == facility_id)
    return query.where(StockLocation.kind.in_(kinds)).exists()


def _on_the_way(lot_id: Any, facility_id: Any) -> Any:
    """Return whether some of a lot is on the way to a place."""
    query = select(ShipmentLine.id).join(Shipment, Shipment.id == ShipmentLine.shipment_id)
    query = query.where(shares(ShipmentLine.lot_id, lot_id), Shipment.facility_id == facility_id)
    return query.where(Shipment.state.in_(UNDERWAY), MOVING > 0).exists()


def _unanswered(places: Any) -> tuple[Any, Any]:
    """Return the selects of (recall id, facility id) of some places that have not answered, or still hold the lot."""
    recall, site = Recall.__table__.c, RecallSite.__table__.c
    told = select(site.recall_id, site.facility_id).join(Recall.__table__, recall.id == site.recall_id)
    told = told.where(recall.state.in_(HOLDING), site.state.in_(UNANSWERED), site.facility_id.in_(places))
    here = _lies(recall.lot_id, site.facility_id, STORE, QUARANTINE, RETURNING)
    told = told.where(or_(here, _on_the_way(recall.lot_id, site.facility_id)))
    lies = select(recall.id, StockBalance.facility_id).select_from(Recall.__table__)
    lies = lies.join(StockBalance.__table__, shares(StockBalance.lot_id, recall.lot_id))
    lies = lies.join(StockLocation.__table__, StockLocation.id == StockBalance.location_id)
    lies = lies.where(recall.state == OPEN, HELD, StockLocation.kind == STORE, StockBalance.facility_id.in_(places))
    return told, lies


@dataclass(frozen=True)
class Late:
    """Places below a person that let the clock of a recall run out: it has come up to him, a level each day."""

    recall_id: int
    number: int
    due: date


def late(access: Access, day: date) -> list[Late]:
    """Return the recalls whose late places have come up to this person: the district first, then the province, then
    who recalls; each level hears of a place one day later than the one below it."""
    paths = [path for right in (APPROVE, EDIT) for path in access.paths(right)]
    if not paths:
        return []
    found: dict[int, list[date]] = defaultdict(list)
    for recall_id, path, issued_on in _rows(_open_below(access)):
        due = issued_on + CLOCK
        levels = min(path.count("/") - own.count("/") for own in paths if path.startswith(own))
        if (day - due).days >= max(levels, 1):
            found[recall_id].append(due)
    return [Late(recall_id, len(dues), min(dues)) for recall_id, dues in sorted(found.items())]


@per_rights_beside
def _open_below(access: Access) -> Any:
    """Return the select of (recall id, path, day of the recall) of the places below a person that have not answered."""
    rights = (APPROVE, EDIT)
    below = select(Facility.id).where(or_(*(access.covers(right, Facility.__table__.c.path) for right in rights)))
    open_ = union(*_unanswered(below)).subquery()
    query = select(open_.c.recall_id, Facility.path, Recall.issued_on)
    query = query.join(Facility.__table__, Facility.id == open_.c.facility_id)
    return query.join(Recall.__table__, Recall.id == open_.c.recall_id)


def called_for() -> set[int]:
    """Return the lots that are recalled, or whose recall is proposed: nobody is to be sent any of them."""
    return with_twins(select(Recall.lot_id).where(Recall.state.in_(HOLDING)))


def any_open(since: date) -> bool:
    """Return whether there is any recall that somebody may still have to follow, or was refused on a day or later."""
    values = {"since": _first_moment(since)}
    return read_beside(_any_open(), "that there is a recall is no secret", values).first() is not None


@cache
def _any_open() -> Any:
    """Return the select of one such recall; put together once, since each page asks it."""
    recall, site, step = Recall.__table__.c, RecallSite.__table__.c, Step.__table__.c
    apart = select(site.id).where(site.recall_id == recall.id, site.state == "quarantined")
    refused = select(step.id).where(step.entity == Recall.__entity__, step.action == "refuse")
    refused = refused.where(step.entity_id == recall.id, step.at >= bindparam("since", type_=UTCDateTime))
    return select(recall.id).where(or_(recall.state.in_(HOLDING), apart.exists(), refused.exists())).limit(1)


def _first_moment(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def declined(access: Access, since: date) -> list[int]:
    """Return the ids of the recalls that this person proposed and that were refused on a day or later."""
    return sorted(int(row[0]) for row in _rows(_declined(access, since)))


@per_rights_beside
def _declined(access: Access, since: date) -> Any:
    asked, step = Step.__table__.alias().c, Step.__table__.c
    mine = select(asked.entity_id).where(
        asked.entity == Recall.__entity__, asked.action == "propose", asked.user_id == access.user_id
    )
    query = select(step.entity_id).where(step.entity == Recall.__entity__, step.action == "refuse")
    return query.where(step.at >= _first_moment(since), step.entity_id.in_(mine))
