"""Who holds a recalled lot, down to the last facility, and what came back.

Plain selects that no rights filter sees: a recall is everybody's who keeps the catalogue; others are shown their own.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from core.data.access import Access
from core.data.db import db
from core.facilities.models import Facility
from plugins.elmis.ledger.models import HELD, QUARANTINE, STORE, StockBalance, StockLocation
from plugins.elmis.orders.machines import UNDERWAY
from plugins.elmis.orders.models import Shipment, ShipmentLine
from plugins.elmis.orders.reports import MOVING
from plugins.elmis.recalls.models import EDIT, MOVE, OPEN, VIEW, Recall, RecallSite


@dataclass
class Holding:
    """What a facility has of a recalled lot; base units."""

    facility_id: int
    name: str = ""
    phone: str = ""
    state: str = "issued"
    mine: bool = False  # this person may act for it
    figures: Mapping[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        return self.figures.get(name, 0)

    @property
    def settled(self) -> bool:
        """Return whether the place has acknowledged and nothing of the lot is on its shelves."""
        return self.state not in ("issued", "acknowledged") and not self.figures.get("shelves")


def _rows(query: Any) -> Any:
    return db.session.connection().execute(query).all()


def _balances(lot_id: int) -> Any:
    query = select(StockBalance.facility_id, StockLocation.kind, func.sum(StockBalance.quantity))
    query = query.join(StockLocation, StockLocation.id == StockBalance.location_id).where(HELD)
    return query.where(StockBalance.lot_id == lot_id).group_by(StockBalance.facility_id, StockLocation.kind)


def _coming(lot_id: int) -> Any:
    query = select(Shipment.facility_id, func.sum(MOVING)).join(Shipment, Shipment.id == ShipmentLine.shipment_id)
    return query.where(ShipmentLine.lot_id == lot_id, Shipment.state.in_(UNDERWAY), MOVING > 0).group_by(
        Shipment.facility_id
    )


def holders(lot_id: int) -> dict[int, int]:
    """Return {facility id: base units} of all that hold a lot or are about to receive it."""
    found: dict[int, int] = defaultdict(int)
    for facility_id, _kind, units in _rows(_balances(lot_id)):
        found[facility_id] += int(units)
    for facility_id, units in _rows(_coming(lot_id)):
        found[facility_id] += int(units)
    return dict(found)


def places(recall: Recall, access: Access) -> list[Holding]:
    """Return every place of a recall that this person may know of, those that have not answered first."""
    figures: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    kinds = {STORE: "shelves", QUARANTINE: "quarantine"}
    for facility_id, kind, units in _rows(_balances(recall.lot_id)):
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
    known = select(Facility.id, Facility.name, Facility.phone, here).where(Facility.id.in_(figures))
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
    query = query.where(ShipmentLine.lot_id == recall.lot_id, StockLocation.kind == QUARANTINE)
    return query.where(Shipment.packed_on >= recall.issued_on).group_by(Shipment.supplier_id)


def waiting(access: Access) -> list[tuple[int, int]]:
    """Return (recall id, facility id) of what this person's stores still have to do."""
    mine = access.facility_ids(MOVE)
    site, open_ = RecallSite.__table__.c, Recall.__table__.c.state == OPEN
    told = select(site.recall_id, site.facility_id).join(Recall.__table__, Recall.__table__.c.id == site.recall_id)
    told = told.where(open_, site.state.in_(("issued", "acknowledged")), site.facility_id.in_(mine))
    lies = select(Recall.__table__.c.id, StockBalance.facility_id).select_from(Recall.__table__)
    lies = lies.join(StockBalance.__table__, StockBalance.lot_id == Recall.__table__.c.lot_id)
    lies = lies.join(StockLocation.__table__, StockLocation.id == StockBalance.location_id)
    lies = lies.where(open_, HELD, StockLocation.kind == STORE, StockBalance.facility_id.in_(mine))
    return sorted(tuple(row) for row in _rows(told.union(lies)))
