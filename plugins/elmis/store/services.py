"""Writing a store's documents: lines of product, lot and quantity become movements, all or none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, local
from core.data.errors import Gathering, Refused
from core.data.numbers import next_number, without_place
from core.data.work import settle, written_at
from core.facilities.models import Facility
from plugins.elmis.counts.meeting import Paper, placed
from plugins.elmis.ledger.days import check_day
from plugins.elmis.ledger.models import STORE, WITH_PAPER, Movement, Reason, StockLocation
from plugins.elmis.ledger.moves import CODE, locked_of, reasons_of, store_of, stores
from plugins.elmis.ledger.received import ask_again
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.ledger.wards import NO_WARD, ward_named, wards
from plugins.elmis.lots.arrivals import arrive, come_in
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.store.kinds import MOVE, SIDES, Kind
from plugins.elmis.store.leaving import picks

__all__ = ["Header", "Line", "add_store", "come_in", "last_documents", "lines_of", "record", "rename_store", "store_of"]
Numbered = tuple[int, Move]  # the line of the form (from 0) that a move comes from
Sides = tuple[StockLocation, StockLocation]


def record(kind: Kind, facility: Facility, header: Header, lines: Sequence[Line]) -> str:
    """Return the number of the new document; raises Refused(line=n, field=…) or NotAllowed."""
    current().require(kind.permission, facility)
    header = replace(header, written=written_at() if kind.happens else None)
    refused = Gathering()
    with refused.step():
        _check_reason(kind, header, lines)
    with refused.step():
        _check_ward(kind, facility, header)
    if not lines:
        with refused.step():
            raise Refused(_("Enter at least one line."), field="lines")
        refused.settle()
    if kind.counterpart_kind == "ward":
        header = replace(header, counterpart=ward_named(facility, header.counterpart))
    number = next_number(kind.series, facility, header.occurred_on)
    paper, numbered = Paper(header.occurred_on, written=header.written), list[Numbered]()
    with refused.step():
        between = sides(facility, header)  # held until the end: whoever asks for them again finds them read
        numbered = _moves(kind, facility, header, lines, number, paper, between)
    refused.settle()
    moves = placed([move for _line, move in numbered], paper, header.counted)
    settle()
    _all_or_none([(line, move) for (line, _move), move in zip(numbered, moves, strict=True)], header.written)
    return number


def _check_reason(kind: Kind, header: Header, lines: Sequence[Line]) -> None:
    """Raise Refused for a reason that is not offered, or one that lacks its comment."""
    reason = reasons_of([header.reason]).get(header.reason)
    if reason is None or not reason.active or header.reason not in kind.reasons:
        raise Refused(_("Choose a reason."), field="reason")
    if reason.needs_comment and not header.comment.strip() and not all(line.comment.strip() for line in lines):
        raise Refused(_("“%(reason)s” needs a comment.", reason=reason.label), field="comment")


def _check_ward(kind: Kind, facility: Facility, header: Header) -> None:
    """Raise Refused where a facility has wards and none is named: what they used would belong to nobody."""
    if kind.counterpart_kind == "ward" and not header.counterpart.strip() and wards(facility.id):
        raise Refused(NO_WARD, field="ward")


def _all_or_none(moves: Sequence[Numbered], written: datetime | None) -> None:
    """Post the moves; each refusal names the line of the form that it comes from. What waited on a device has
    happened: where the book has less, the difference has to be justified."""
    refused = Gathering()
    with refused.step():
        post([move for _line, move in moves], covers_shortage=written is not None)
    for one in refused.found:
        index, lot_id = one.facts.pop("line", None), one.facts.get("lot_id")
        named = next((n for n, move in moves if move.lot_id == lot_id), None) if index is None else moves[index][0]
        one.facts |= {} if named is None else {"line": named}
    refused.settle()


def _moves(
    kind: Kind, facility: Facility, header: Header, lines: Sequence[Line], document: str, paper: Paper,
    between: Sides,
) -> list[Numbered]:  # fmt: skip
    """Return (line, move) of all lines: lots that come in are named or made, those that go out are chosen."""
    source, _target = between
    refused, came, said = Gathering(), list[tuple[int, int, int, str]](), ""
    with refused.step():
        said = check_day(facility, header.occurred_on)
    if kind.fresh:
        for n, line in enumerate(lines):
            with refused.step(line=n):
                lot, words = arrive(facility, header, line, n)
                came.append((n, lot.id, line.quantity, words))
        if "receipt" in kind.reasons:
            ask_again(facility, header.reference, header.occurred_on, [one[:3] for one in came])
    else:
        with refused.step():
            came = [(n, lot_id, units, "") for n, lot_id, units in picks(source, header, lines, document, paper)]
    refused.settle()
    return [
        (n, _move(lot_id, units, between, header,
                  (lines[n].comment or header.comment, words, said), document))
        for n, lot_id, units, words in came
    ]  # fmt: skip


def _move(
    lot_id: int, units: int, sides: Sides, header: Header, said: Sequence[str], document: str
) -> Move:  # fmt: skip
    """Return the move of a lot; what was written and what was confirmed about it is its comment."""
    source, target = sides
    return Move(
        lot_id, units, source.id, target.id, header.reason, header.occurred_on, "; ".join(filter(None, said)), document,
        paper=header.reference,
        counterpart=header.counterpart or (target.title if target.kind == source.kind else ""),
        device="" if header.written is None else without_network(header.written),
    )  # fmt: skip


def without_network(at: datetime) -> str:
    """Return what a movement says of the device on which it has waited since a moment."""
    return str(_("without a network, %(moment)s", moment=f"{local(at):%d/%m/%Y %H:%M}"))


def sides(facility: Facility, header: Header) -> Sides:
    """Return where the goods of a document come from and go to; the stores are those that it names, and locked."""
    kinds = SIDES[header.reason]
    chosen = [header.store_id, header.target_id] if kinds == (STORE, STORE) else [header.store_id] * 2
    known = locked_of(facility, kinds)
    first = {one.kind: one for one in reversed(known) if not one.name}
    source, target = (
        store_of(facility, one, [each for each in known if each.kind == STORE])
        if side == STORE
        else first.get(side) or location(facility, side)
        for side, one in zip(kinds, chosen, strict=True)
    )
    if source.id == target.id:
        raise Refused(_("Choose another store than the one the goods leave."), field="target")
    return source, target


def add_store(facility: Facility, name: str) -> StockLocation:
    """Return a new store of a facility; a name that one of them has is Refused."""
    current().require(MOVE, facility)
    if not name.strip():
        raise Refused(_("Enter a name."), field="name")
    if key_of(name) in {one.name_key for one in stores(facility)}:
        raise Refused(_("%(facility)s has a store of this name.", facility=facility.name), field="name")
    return location(facility, STORE, name.strip())


def rename_store(store: StockLocation, name: str) -> StockLocation:
    """Return the store under its new name; the main store of a facility may have one too."""
    current().require(MOVE, store.facility)
    others = {one.name_key for one in stores(store.facility) if one.id != store.id}
    if key_of(name) in others:
        raise Refused(_("%(facility)s has a store of this name.", facility=store.facility.name), field="name")
    if not store.name and name.strip():
        raise Refused(_("The main store has no name of its own."), field="name")
    store.name = name.strip()
    db.session.flush()
    return store


def lines_of(facility: Facility, number: str) -> Sequence[Movement]:
    """Return the movements of a facility's document as they were entered, each undoing behind what it undoes."""
    query = (
        select(Movement)
        .options(
            *map(selectinload, (Movement.product, Movement.lot, Movement.reason, Movement.source, Movement.target))
        )
        .where(
            Movement.document == number,
            (Movement.source_facility_id == facility.id) | (Movement.target_facility_id == facility.id),
        )
        .order_by(func.coalesce(Movement.reverses_id, Movement.id), Movement.id)
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


def last_documents(facility: Facility, limit: int = 15) -> list[Document]:
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


def labels_of(rows: Sequence[Movement]) -> str:
    """Return the lots that came in by a slip as the page of labels takes them, a label a package; "" of others."""
    undone = {row.reverses_id for row in rows}
    came = [row for row in rows if row.target.kind == STORE != row.source.kind and not row.reverses_id]
    packs = Counter[int]()
    for row in came:
        packs[row.lot_id] += 0 if row.id in undone else -(-row.quantity // max(row.product.pack_size, 1))
    return ",".join(f"{lot}x{count}" for lot, count in packs.items() if count)


def store_coded(text: str) -> StockLocation | None:
    """Return the store whose label bears a code, "MAG-12", if this person may read its stock; None otherwise."""
    number = text.strip().upper().removeprefix(CODE)
    if not (text.strip().upper().startswith(CODE) and number.isascii() and number.isdecimal() and len(number) < 18):
        return None
    store = db.session.get(StockLocation, int(number))
    seen = store is not None and store.kind == STORE and current().can("elmis.stock.view", store.facility)
    return store if seen else None


def slips(text: str, limit: int = 50) -> list[tuple[str, str, Facility]]:
    """Return (number, number of the paper it came with, facility) of the slips that this person may read where one of
    the two begins with a text, or where the text is the number with the code of its facility."""
    typed, (number, code) = text.strip(), without_place(text)
    if not any(letter.isdigit() for letter in typed):
        return []
    place = case((Movement.target.has(kind=STORE), Movement.target_facility_id), else_=Movement.source_facility_id)
    named = select(Movement.document, Movement.paper, place.label("place")).where(Movement.document_ref == "")
    spelt = {typed, typed.upper(), typed.lower()}
    columns = (Movement.document, Movement.paper)
    slip, paper = (or_(*(column.between(each, each + LAST) for each in spelt)) for column in columns)  # indexes serve
    at = db.session.scalar(select(Facility.id).where(Facility.code_key == key_of(code))) if code else None
    named = named.where(or_(slip, and_(WITH_PAPER, paper), and_(Movement.document == number.upper(), place == at)))
    rows = db.session.execute(named.distinct().order_by(Movement.document).limit(limit)).all()
    places = select(Facility).where(Facility.id.in_({row.place for row in rows}))
    by_id = {one.id: one for one in db.session.scalars(places)} if rows else {}
    return [(row.document, row.paper, by_id[row.place]) for row in rows]


LAST = "\uffff"  # after every letter of a number
