"""Whether goods that come in were received before, or are on the road here: one rule for slips and for lists.

A paper is the same however its number is written and whoever is named as its sender. Goods that were typed, and that a
list brought, are the same when lot, day and quantity are. A note of this system is known by its number, and by the
lots that are still on the way with it.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, literal_column, or_, select

from core.contract.words import _
from core.data.codes import number_key
from core.data.naming import headed
from core.data.work import ask
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.models import STORE, SUPPLIER, TRANSIT, Movement, Reason
from plugins.elmis.promises.machines import UNDERWAY
from plugins.elmis.promises.models import Receipt, Shipment, ShipmentLine
from plugins.elmis.promises.sums import MOVING

M, TOLD = Movement.__table__.c, 5
NONE: ColumnElement[str] = literal_column("''")  # in these words, so that the index of keys serves
BACK, SENT = Movement.__table__.alias("back"), Movement.__table__.alias("sent")
OF_A_NOTE = SENT.c.document_ref.like("elmis.shipment/%")
BY_HAND = M.import_run.is_(None)
COMES = select(Reason.id).where(Reason.to_kind == STORE, Reason.from_kind.in_((SUPPLIER, TRANSIT)))


def some(words: Iterable[Any], number: int | None = None) -> str:
    """Return the first few of some words, and how many more there are of them, or of a number."""
    every = [str(each) for each in words]
    number = len(every) if number is None else number
    more = [str(_("%(n)s more", n=number - TOLD))] if number > TOLD else []
    return "; ".join([*every[:TOLD], *more])


def doubt(lines: Iterable[tuple[int, Any]], number: int) -> Any:
    """Return the question about a number of lines of a list, of which the first are given with what is unusual."""
    said = [_("line %(line)s: %(before)s", line=line, before=str(words).rstrip(".")) for line, words in lines]
    return _("%(lines)s. Say yes when it is so; else correct the list.", lines=some(said, number))


# What tells; a facility, a key, a lot, a day may be values, or columns of a list


def _came(facility: Any) -> ColumnElement[bool]:
    """Return what tells that a movement brought goods into a facility, and stands."""
    back = select(BACK.c.id).where(BACK.c.reverses_id == M.id).correlate(Movement.__table__)
    return and_(M.target_facility_id == facility, M.reason_id.in_(COMES), M.reverses_id.is_(None), ~back.exists())


def notes(key: Any) -> Any:
    """Return the select of the numbers of notes of this system, by the key of what is written on a paper."""
    query = select(SENT.c.document).where(SENT.c.paper_key != NONE, SENT.c.paper_key == key, OF_A_NOTE)
    return query.correlate(key.table) if isinstance(key, Column) else query  # of this line, however deep it is asked


def same_paper(facility: Any, key: Any) -> ColumnElement[bool]:
    """Return what tells that a movement came with this paper."""
    return and_(M.paper_key != NONE, M.paper_key == key, _came(facility))


def same_note(facility: Any, key: Any) -> ColumnElement[bool]:
    """Return what tells that a movement is the receipt of this note of this system."""
    receipts = select(Receipt.number).join(Shipment).where(Shipment.number.in_(notes(key)))
    return and_(M.document.in_(receipts), _came(facility))


def same_goods(facility: Any, lot: Any, day: Any) -> ColumnElement[bool]:
    """Return what tells that a movement brought this lot on this day."""
    return and_(M.lot_id == lot, M.occurred_on == day, _came(facility))


def lines(*which: Any) -> Sequence[Any]:
    """Return (id, document, paper, day, quantity, product, lot) of movements, the last first."""
    columns = (M.id, M.document, M.paper, M.occurred_on, M.quantity, M.lot_id, Product.code, Lot.number)
    query = select(*columns).join_from(Movement, Lot, Lot.id == M.lot_id).join(Product, Product.id == M.product_id)
    rows: Sequence[Any] = read(query.where(*which).order_by(M.id.desc()).limit(200)).all()
    return rows


def named(row: Any) -> Any:
    """Return what a person is told of a movement."""
    return _(
        "%(number)s of %(day)s: %(units)s of %(product)s, lot %(lot)s",
        number=row.document or _("without a number"), day=f"{row.occurred_on:%d/%m/%Y}", units=row.quantity,
        product=row.code, lot=row.number,
    )  # fmt: skip


# By hand


def ask_again(facility: Facility, paper: str, day: date, goods: Sequence[tuple[int, int, int]]) -> None:
    """Ask about a paper that was received here before or is on the road, and of (line, lot, units) about goods that
    were or are."""
    key = number_key(paper)
    before = [*lines(same_paper(facility.id, key)), *lines(same_note(facility.id, key))] if key else []
    if before:
        words = _(
            "This paper was received already (%(lines)s). Is it really another delivery?",
            lines=some(map(named, before)),
        )
        ask("paper", words, about=f"{facility.id}/{key}/{before[0].id}", field="reference")
    said = {row.id for row in before}
    lots = {lot for _line, lot, _units in goods}
    imported = [row for lot in sorted(lots) for row in lines(same_goods(facility.id, lot, day), ~BY_HAND)]
    same = [row for row in imported if row.id not in said]
    for line, lot, units in goods:
        found = [row for row in same if (row.lot_id, row.quantity) == (lot, units)]
        if found:
            words = _(
                "The same was received already (%(lines)s). Are these other goods?", lines=some(map(named, found))
            )
            ask("goods", words, about=f"{found[0].id}/{units}", field="quantity", line=line)
    _ask_road(facility, key, day, goods)


def _ask_road(facility: Facility, key: str, day: date, goods: Sequence[tuple[int, int, int]]) -> None:
    """Ask about a note, or a lot, that is on the road to a facility: it is received on its own page."""
    numbers = set(read(notes(key)).scalars()) if key else set()
    lots = {lot for _line, lot, _units in goods}
    mine = or_(Shipment.number.in_(numbers), and_(ShipmentLine.lot_id.in_(lots), Shipment.shipped_on <= day))
    query = select(Shipment.number, ShipmentLine.lot_id, MOVING.label("units"), Lot.number.label("lot")).join_from(
        Shipment, ShipmentLine, ShipmentLine.shipment_id == Shipment.id
    )
    here = (Shipment.facility_id == facility.id, Shipment.state.in_(UNDERWAY), MOVING > 0)
    rows = read(query.join(Lot, Lot.id == ShipmentLine.lot_id).where(*here, mine).order_by(ShipmentLine.id)).all()
    for note in sorted({row.number for row in rows} & numbers):
        said = some(headed(row.lot, row.units) for row in rows if row.number == note)
        words = _(
            "%(note)s is on the road to you already (%(lots)s). Receive it on the page Receipts: entered here, its "
            "goods would be counted twice. Say yes only when these are other goods.",
            note=note, lots=said,
        )  # fmt: skip
        ask("underway", words, about=f"{facility.id}/{note}", field="reference")
    for line, lot, _units in goods:
        for row in [row for row in rows if row.lot_id == lot and row.number not in numbers][:1]:
            words = _(
                "Lot %(lot)s is on the road to you already (%(note)s: %(units)s). Receive the note on the page "
                "Receipts. Say yes only when these are other goods.",
                lot=row.lot, note=row.number, units=row.units,
            )  # fmt: skip
            ask("underway", words, about=f"{facility.id}/{row.number}/{lot}", field="lot", line=line)
