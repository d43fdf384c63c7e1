"""Writing a store's documents: lines of product, lot and quantity become movements, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.data.numbers import next_number
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.issuing import lots_at
from plugins.elmis.ledger.models import Movement, Reason, StockLocation
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.replenishment.lots import fefo
from plugins.elmis.store.kinds import SIDES, Kind


@dataclass(frozen=True)
class Line:
    """A line as typed or scanned: without a lot number, first expiry goes first."""

    product: Product
    quantity: int
    lot: str = ""
    expiry: date | None = None
    comment: str = ""


@dataclass(frozen=True)
class Header:
    """What all lines share."""

    occurred_on: date
    reason: str
    counterpart: str = ""
    reference: str = ""  # the number on the paper that came with the goods
    comment: str = ""


def record(kind: Kind, facility: Facility, header: Header, lines: Sequence[Line]) -> str:
    """Return the number of the new document; raises Refused(line=n, field=…) or NotAllowed."""
    current().require(kind.permission, facility)
    if header.reason not in kind.reasons or not _in_use(header.reason):
        raise Refused(_("Choose a reason."), field="reason")
    if not lines:
        raise Refused(_("Enter at least one line."), field="lines")
    number = next_number(kind.prefix, facility, header.occurred_on.year)
    moves = [move for n, line in enumerate(lines) for move in _moves(kind, facility, header, line, n, number)]
    _all_or_none(moves)
    return number


def _in_use(reason: str) -> bool:
    return bool(db.session.scalar(select(Reason.active).where(Reason.code == reason)))


def _all_or_none(moves: Sequence[tuple[int, Move]]) -> None:
    """Post the moves; a refusal names the line of the form that it comes from."""
    try:
        post([move for _line, move in moves])
    except Refused as refusal:
        index, lot_id = refusal.facts.get("line"), refusal.facts.get("lot_id")
        named = next((n for n, move in moves if move.lot_id == lot_id), None) if index is None else moves[index][0]
        raise Refused(refusal.message, field=refusal.field, line=named) from refusal


def _moves(
    kind: Kind, facility: Facility, header: Header, line: Line, number_of_line: int, document: str
) -> list[tuple[int, Move]]:
    source, target = (location(facility, side) for side in SIDES[header.reason])
    picks = (
        [(received_lot(line, number_of_line).id, line.quantity)]
        if kind.fresh
        else _picked(source, line, header, number_of_line)
    )
    comment = "; ".join(filter(None, (header.reference, line.comment or header.comment)))
    return [
        (
            number_of_line,
            Move(
                lot_id, quantity, source.id, target.id, header.reason, header.occurred_on, comment, document,
                counterpart=header.counterpart,
            ),
        )
        for lot_id, quantity in picks
    ]  # fmt: skip


def received_lot(line: Line, number_of_line: int = 0) -> Lot:
    """Return the lot of a line that comes in, made when it is new; a scan without expiry erases none."""
    if not line.lot.strip():
        raise Refused(_("Enter the lot number."), field="lot", line=number_of_line)
    query = select(Lot).where(Lot.product_id == line.product.id, Lot.number_key == key_of(line.lot))
    lot = db.session.scalar(query)
    if lot is None:
        lot = Lot(product_id=line.product.id, number=line.lot.strip(), expiry=line.expiry)
        db.session.add(lot)
    elif lot.expiry is None and line.expiry is not None:
        lot.expiry = line.expiry
    elif line.expiry is not None and lot.expiry != line.expiry:
        known = f"{lot.expiry:%d/%m/%Y}"
        raise Refused(
            _("This lot is known with the expiry %(day)s. Check the package.", day=known), field="expiry",
            line=number_of_line,
        )  # fmt: skip
    db.session.flush()
    return lot


def _picked(source: StockLocation, line: Line, header: Header, number_of_line: int) -> list[tuple[int, int]]:
    """Return (lot id, quantity) of a line that goes out: the lot that was named, or first expiry first."""
    stocks = lots_at(source, line.product)
    if line.lot.strip():
        wanted = key_of(line.lot)
        found = next((stock for stock in stocks if key_of(stock.number) == wanted), None)
        if found is None:
            raise Refused(_("This lot is not in the store."), field="lot", line=number_of_line)
        return [(int(found.lot_id), line.quantity)]
    if header.reason == "expired":
        raise Refused(_("Enter the lot number."), field="lot", line=number_of_line)
    chosen = fefo(stocks, line.quantity, header.occurred_on)
    if chosen.shortfall:
        there = line.quantity - chosen.shortfall
        raise Refused(
            _("Only %(there)s can be given out; %(wanted)s were asked.", there=there, wanted=line.quantity),
            field="quantity", line=number_of_line,
        )  # fmt: skip
    return [(int(lot_id), quantity) for lot_id, quantity in chosen.picks]


def lines_of(facility: Facility, number: str) -> Sequence[Movement]:
    """Return the movements of a facility's document, as they were entered, with what the page says of them."""
    query = (
        select(Movement)
        .options(*map(selectinload, (Movement.product, Movement.lot, Movement.reason)))
        .where(
            Movement.document == number,
            (Movement.source_facility_id == facility.id) | (Movement.target_facility_id == facility.id),
        )
        .order_by(Movement.id)
    )
    return db.session.scalars(query).all()


@dataclass(frozen=True)
class Document:
    """A document of a store in the list: its number, day, reason and size."""

    number: str
    occurred_on: date
    reason: Reason
    counterpart: str
    lines: int
    by: str


RECENT = 4000  # movements among which the last documents of a store are looked for


def documents(facility: Facility, limit: int = 15) -> list[Document]:
    """Return the last documents of a facility, the newest first, each with the reason of most of its lines."""
    here = (Movement.source_facility_id == facility.id) | (Movement.target_facility_id == facility.id)
    named = select(Movement.id, Movement.document).where(here, Movement.document != "")
    recent = named.order_by(Movement.id.desc()).limit(RECENT).subquery()
    last = select(recent.c.document).group_by(recent.c.document).order_by(func.max(recent.c.id).desc()).limit(limit)
    names = db.session.scalars(last).all()
    parts = (
        select(
            Movement.document, Movement.reason_id, func.count(), func.max(Movement.occurred_on),
            func.max(Movement.counterpart), func.max(Movement.user_label),
        )
        .where(here, Movement.document.in_(names))
        .group_by(Movement.document, Movement.reason_id)
    )  # fmt: skip
    found: dict[str, list[Any]] = {name: [] for name in names}
    for part in db.session.execute(parts):
        found[part[0]].append(part)
    reasons = {row.id: row for row in db.session.scalars(select(Reason))}
    return [_document(name, rows, reasons) for name, rows in found.items()]


def _document(name: str, parts: Sequence[Any], reasons: Mapping[int, Reason]) -> Document:
    """Return a document of its (name, reason, lines, day, counterpart, by) parts."""
    main = max(parts, key=lambda part: part[2])
    _name, reason, _lines, _day, other, by = main
    return Document(name, max(part[3] for part in parts), reasons[reason], other, sum(part[2] for part in parts), by)
