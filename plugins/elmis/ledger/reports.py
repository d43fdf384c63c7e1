"""What the ledger says, for pages and papers: the stock card, lots and expiries.

These are plain selects that no rights filter sees: each function asks for the right itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import case, func, literal, select, union_all
from sqlalchemy.orm import aliased

from core.contract.words import _, label_of
from core.data.access import Access, current
from core.data.bulk import read_beside
from core.data.db import db
from core.data.kept import per_rights_beside
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger import card
from plugins.elmis.ledger.models import BOOK, HELD, QUARANTINE, STORE, Movement, Reason, StockBalance, StockLocation
from plugins.elmis.ledger.observations import WHEN
from plugins.elmis.ledger.turns import TURN, so_far
from plugins.elmis.promises.models import Allocation

VIEW = "elmis.stock.view"
COUNT = "count"  # as a list names what was counted, among the reasons of what moved


@dataclass(frozen=True, slots=True)
class CardRow:
    """A line of the stock card; `reversed` was undone later, `reversal` undoes another.

    `beside` says whether it came "before" or "after" the count of its day, where there was one.
    `seen` is what a count saw of the lot, of a line that moved nothing; `difference` marks what keeps a count.
    """

    id: int
    day: date
    document: str
    document_ref: str
    counterpart: str
    reason: str
    comment: str
    lot: str
    expiry: date | None
    into: int
    out: int
    balance: int
    visa: str
    by: str
    reversed: bool = False
    reversal: bool = False
    difference: bool = False
    seen: int | None = None
    beside: str = ""
    paper: str = ""

    @property
    def rupture(self) -> bool:
        """Return whether nothing was left after this line; what was undone left nothing empty."""
        return self.balance == 0 and self.seen is None and not (self.reversed or self.reversal)


@dataclass(frozen=True)
class Card:
    """The stock card of a product from `first` to `last`; `closing` = `opening` + `into` − `out`."""

    product: Product
    facility: Facility
    first: date
    last: date
    opening: int
    rows: Sequence[CardRow]

    @property
    def into(self) -> int:
        """Return what came in."""
        return sum(row.into for row in self.rows)

    @property
    def out(self) -> int:
        """Return what went out."""
        return sum(row.out for row in self.rows)

    @property
    def closing(self) -> int:
        """Return what lay there at the end of the last day."""
        return self.opening + self.into - self.out


@dataclass(frozen=True, slots=True)
class LotRow:
    """What a facility holds of a lot at one of its locations; the value is None without a price."""

    facility: str
    facility_id: int
    location: str
    kind: str
    product_id: int
    product: str
    unit: str
    lot_id: int
    lot: str
    expiry: date | None
    status: str
    quantity: int
    value: Decimal | None
    location_id: int = 0
    aside: int = 0  # of the quantity, what is set aside for orders
    code: str = ""


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A facility with stores: how many products it has had and how many of them are at zero."""

    facility: Facility
    products: int
    out: int
    expired: int


def stores(facility: Facility) -> list[StockLocation]:
    """Return the facility's stores, the main one first."""
    current().require(VIEW, facility)
    return list(db.session.scalars(_stores(), {"here": facility.id}))


@cache
def _stores() -> Any:
    return select(StockLocation).where(card.of_facility()).order_by(StockLocation.name)


def stock_card(place: StockLocation | Facility, product: Product, first: date, last: date) -> Card:
    """Return the card of one store, or of all stores of a facility together; needs the right to see its stock."""
    facility = place if isinstance(place, Facility) else place.facility
    current().require(VIEW, facility)
    one = not isinstance(place, Facility)
    values = {"here": place.id, "product": product.id, "first": first, "last": last}
    opening, counts = card.seen(one, values)
    moved = _rows(_lines(one), values)
    rows = _running(opening, card.ordered(moved, counts), card.sides(moved, counts))
    return Card(product, facility, first, last, opening, list(rows))


def _rows(query: Any, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
    return read_beside(query, BOOK, values).all()


@cache
def _lines(one: bool) -> Any:
    """Return the select of the movements across the edge of the stores."""
    ids = card.stores(one)
    back, other, there = aliased(Movement), aliased(StockLocation), aliased(Facility)
    arrives, moved = Movement.target_id.in_(ids), aliased(Movement)
    then = (moved.product_id == card.PRODUCT, moved.occurred_on.between(card.FIRST, card.LAST))
    sides = [select(moved.id).where(side.in_(ids), *then) for side in (moved.target_id, moved.source_id)]
    return (
        select(
            Movement.id, Movement.occurred_on, Movement.document, Movement.document_ref, Movement.counterpart,
            Movement.comment, Movement.quantity, Movement.user_label, Movement.reverses_id, arrives.label("arrives"),
            WHEN.label("at"), Movement.observation_id, Movement.paper,
            Reason.label_fr, Reason.label_en, Lot.number, Lot.expiry, back.id.label("undone"),
            other.kind, other.facility_id.label("there_id"), there.name.label("there"), other.name.label("store"),
            Movement.source_facility_id, Movement.target_facility_id, Movement.source_id, Movement.target_id,
        )
        .join(Reason, Reason.id == Movement.reason_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(other, other.id == case((arrives, Movement.source_id), else_=Movement.target_id))
        .join(there, there.id == other.facility_id)
        .outerjoin(back, back.reverses_id == Movement.id)
        .where(Movement.id.in_(union_all(*sides)), ~(arrives & Movement.source_id.in_(ids)))
    )  # fmt: skip


def _running(balance: int, lines: Iterable[Any], sides: Mapping[int, str]) -> Iterable[CardRow]:
    for line in lines:
        if hasattr(line, "seen"):
            yield _counted(line, balance)
            continue
        into, out = (line.quantity, 0) if line.arrives else (0, line.quantity)
        balance += into - out
        yield CardRow(
            id=line.id, day=line.occurred_on, document=line.document, document_ref=line.document_ref,
            counterpart=_counterpart(line), reason=label_of(line), comment=line.comment, lot=line.number,
            expiry=line.expiry, into=into, out=out, balance=balance, visa=initials(line.user_label),
            by=line.user_label, reversed=line.undone is not None, reversal=line.reverses_id is not None,
            difference=line.observation_id is not None, beside=sides.get(line.id, ""), paper=line.paper,
        )  # fmt: skip


def _counted(line: Any, balance: int) -> CardRow:
    return CardRow(
        id=line.id, day=line.occurred_on, document=line.document, document_ref=line.document_ref, counterpart="",
        reason=str(_("Counted")), comment=line.comment, lot=line.number, expiry=line.expiry, into=0, out=0,
        balance=balance, visa=initials(line.user_label), by=line.user_label, seen=int(line.seen),
    )  # fmt: skip


def _counterpart(line: Any) -> str:
    """Return where it came from or went to: as it was written, else the other facility or store, else nothing."""
    own = line.target_facility_id if line.arrives else line.source_facility_id
    if line.counterpart:
        return str(line.counterpart)
    if line.there_id != own:
        return str(line.there)
    return line.store or (str(_("Main store")) if line.kind == STORE else "")


def initials(name: str) -> str:
    """Return the visa of a person: "AN" for Aline Niyonzima, also where she has signed for another."""
    return "".join(word[0] for word in name.partition(",")[0].replace("-", " ").split()[:3]).upper()


def by_store(facility: Facility) -> dict[int, dict[int, int]]:
    """Return {product id: {store id: base units}} of what lies in a facility's stores."""
    current().require(VIEW, facility)
    found: dict[int, dict[int, int]] = {}
    for product, store, units in _rows(_by_store(), {"here": facility.id}):
        found.setdefault(product, {})[store] = int(units)
    return found


@cache
def _by_store() -> Any:
    held = StockBalance.__table__.c
    query = select(held.product_id, held.location_id, func.sum(held.quantity))
    query = query.where(held.location_id.in_(card.stores(False)), held.quantity > 0)
    return query.group_by(held.product_id, held.location_id)


def aside_by_product(facility: Facility) -> dict[int, int]:
    """Return {product id: base units} of what is set aside for orders in a facility's stores."""
    current().require(VIEW, facility)
    return {product: int(units) for product, units in _rows(_aside(), {"here": facility.id})}


@cache
def _aside() -> Any:
    query = select(Lot.product_id, func.sum(Allocation.quantity)).join(Lot, Lot.id == Allocation.lot_id)
    return query.where(Allocation.location_id.in_(card.stores(False))).group_by(Lot.product_id)


def stock_by_lot(facility: Facility, product: Product | None = None) -> list[LotRow]:
    """Return what a facility holds, lot by lot, first expiry first, in stores and in quarantine."""
    current().require(VIEW, facility)
    values = {"here": facility.id} if product is None else {"here": facility.id, "product": product.id}
    return [_lot_row(line) for line in _rows(_held_here(product is not None), values)]


@cache
def _held_here(of_product: bool) -> Any:
    query = _held().where(StockBalance.facility_id == card.HERE)
    return query.where(StockBalance.product_id == card.PRODUCT) if of_product else query


def holders(access: Access, product: Product) -> list[LotRow]:
    """Return who holds a product, of the facilities whose stock this person may see."""
    return [_lot_row(line) for line in _rows(_held_by(access), {"product": product.id})]


@per_rights_beside
def _held_by(access: Access) -> Any:
    mine = StockBalance.facility_id.in_(access.facility_ids(VIEW))
    return _held().where(mine, StockBalance.product_id == card.PRODUCT)


def expiring(access: Access, until: date, facility: Facility | None = None) -> list[LotRow]:
    """Return the lots that expire on or before a day, expired ones included, of what this person may see."""
    query = _held().where(Lot.expiry <= until, access.covers(VIEW, Facility.__table__.c.path))
    if facility is not None:
        query = query.where(Facility.path.startswith(facility.path, autoescape=True))
    return [_lot_row(line) for line in _rows(query)]


def _held() -> Any:
    """Return the select of what lies in stores and in quarantine, first expiry first."""
    waiting = select(func.coalesce(func.sum(Allocation.quantity), 0)).where(
        Allocation.location_id == StockBalance.location_id, Allocation.lot_id == StockBalance.lot_id
    )
    return (
        select(
            Facility.name.label("facility"), Facility.id.label("facility_id"), StockLocation.name.label("location"),
            StockLocation.kind, Product.id.label("product_id"), Product.name_fr, Product.name_en, Product.base_unit_fr,
            Product.code, Product.base_unit_en, Product.unit_price, Lot.id.label("lot_id"), Lot.number, Lot.expiry,
            Lot.status, StockBalance.quantity, StockBalance.location_id, waiting.scalar_subquery().label("aside"),
        )
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .join(Facility, Facility.id == StockBalance.facility_id)
        .join(Product, Product.id == StockBalance.product_id)
        .join(Lot, Lot.id == StockBalance.lot_id)
        .where(HELD, StockLocation.kind.in_((STORE, QUARANTINE)))
        .order_by(func.coalesce(Lot.expiry, literal(date.max)), Product.name_fr, Lot.number, Facility.name)
    )  # fmt: skip


def _lot_row(line: Any) -> LotRow:
    return LotRow(
        facility=line.facility, facility_id=line.facility_id, location=line.location, kind=line.kind,
        product_id=line.product_id, product=label_of(line, "name"), unit=label_of(line, "base_unit"),
        lot_id=line.lot_id, lot=line.number, expiry=line.expiry, status=line.status, quantity=int(line.quantity),
        value=None if line.unit_price is None else line.unit_price * line.quantity, location_id=line.location_id,
        aside=int(line.aside), code=line.code,
    )  # fmt: skip


def value_of(rows: Iterable[LotRow]) -> Decimal:
    """Return what the lots are worth together; those without a price count nothing."""
    return sum((row.value for row in rows if row.value is not None), Decimal(0))


def stores_below(facility: Facility, on: date) -> list[StoreRow]:
    """Return the facilities with a store at or below a place that this person may see, in three statements."""
    below = select(Facility.id).where(Facility.path.startswith(facility.path, autoescape=True))
    mine = [TURN.c.facility_id.in_(each) for each in (below, current().facility_ids(VIEW))]
    held, there = func.sum(TURN.c.held), func.sum(TURN.c.there)
    turns = select(TURN.c.facility_id, held, there).where(*mine, so_far()).group_by(TURN.c.facility_id)
    expired = dict(map(tuple, _rows(_expired(below, on))))
    figures = {place: (all_, all_ - some, expired.get(place, 0)) for place, all_, some in _rows(turns)}
    facilities = db.session.scalars(select(Facility).where(Facility.id.in_(figures)).order_by(Facility.name))
    return [StoreRow(one, *map(int, figures[one.id])) for one in facilities]


def _expired(below: Any, on: date) -> Any:
    """Return the select of how many expired lots still lie in the stores of each facility."""
    return (
        select(StockBalance.facility_id, func.count())
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(StockBalance.lot_id.in_(select(Lot.id).where(Lot.expiry < on)), HELD)
        .where(StockLocation.kind == STORE, StockBalance.facility_id.in_(below))
        .group_by(StockBalance.facility_id)
    )


def reasons() -> Mapping[str, Any]:
    """Return {code: label} of the reasons, and of the count."""
    every = {row.code: label_of(row) for row in db.session.scalars(select(Reason).order_by(Reason.id))}
    return {**every, COUNT: _("Physical count (the quantity is what was found)")}
