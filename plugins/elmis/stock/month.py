"""The stock of a facility with the stock cards of the month, on one page: what a device keeps to look things up."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select

from core.contract.words import label_of
from core.data.db import db, today
from core.data.search import folded
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Pack, Product
from plugins.elmis.ledger import reports
from plugins.elmis.ledger.models import STORE, Movement, Reason

MOVES = 3000  # on the page: with 1,500 articles, 2 MB of the 5 that a device keeps for a person
LAST = 100, 50, 20, 10, 5, 3, 2, 1  # movements of each article
DAYS = timedelta(days=31)  # a month back, on the first day of one too


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement of the last month as the stores see it, and what was there after it."""

    on: date
    document: str
    reason: str
    lot: str
    units: int
    left: int


@dataclass(slots=True)
class MonthCard:
    """A product with its lots and what moved within a month; `codes` are those that its packs bear."""

    product: Any
    lots: list[reports.LotRow] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    @property
    def there(self) -> int:
        """Return what lies in the stores."""
        return sum(lot.quantity for lot in self.lots if lot.kind == STORE)

    @property
    def words(self) -> str:
        """Return by what it is found: its code, its names, its lots."""
        lots = {lot.lot for lot in self.lots} | {one.lot for one in self.moved}
        return folded(" ".join([self.product.code, label_of(self.product, "name"), self.product.inn or "", *lots]))


def cards(facility: Facility) -> list[MonthCard]:
    """Return a card of each product that lies in a facility, or has moved there within a month, by name."""
    lots, moved = defaultdict[int, list[reports.LotRow]](list), _moved(facility)
    for row in reports.stock_by_lot(facility):
        lots[row.product_id].append(row)
    products = db.session.scalars(select(Product).where(Product.id.in_({*lots, *moved}))).all()
    found = {row.id: MonthCard(row, lots[row.id]) for row in products}
    for pack in db.session.scalars(select(Pack).where(Pack.product_id.in_(found), Pack.gtin.is_not(None))):
        found[pack.product_id].codes.append(str(pack.gtin))
    for product, rows in moved.items():
        left = found[product].there
        for row, units in reversed(rows):
            reason = label_of(row)
            found[product].moved.append(Moved(row.occurred_on, row.document, reason, row.number, units, left))
            left -= units
    return sorted(found.values(), key=lambda one: label_of(one.product, "name"))


def shorten(cards: Sequence[MonthCard], most: int = MOVES) -> int:
    """Leave of each card its last movements only, where the page would grow too large for a device; return how many, 0
    where all of them stay."""
    if sum(len(card.moved) for card in cards) <= most:
        return 0
    last = next((each for each in LAST if sum(min(len(card.moved), each) for card in cards) <= most), LAST[-1])
    for card in cards:
        del card.moved[last:]
    return last


def _moved(facility: Facility) -> dict[int, list[tuple[Any, int]]]:
    """Return {product id: (movement, units that came or left)} of the last month, the first one first."""
    own = [store.id for store in reports.stores(facility)]
    rows: Sequence[Any] = db.session.execute(
        select(
            Movement.id, Movement.product_id, Movement.occurred_on, Movement.document, Movement.source_id,
            Movement.target_id, Movement.quantity, Lot.number, Reason.label_fr, Reason.label_en,
        )
        .join(Lot, Lot.id == Movement.lot_id).join(Reason, Reason.id == Movement.reason_id)
        .where(Movement.occurred_on > today() - DAYS)
        .where(or_(Movement.source_id.in_(own), Movement.target_id.in_(own)))
        .order_by(Movement.occurred_on, Movement.id)
    ).all()  # fmt: skip
    found = defaultdict[int, list[tuple[Any, int]]](list)
    for row in rows:
        if units := row.quantity * ((row.target_id in own) - (row.source_id in own)):
            found[row.product_id].append((row, units))
    return found
