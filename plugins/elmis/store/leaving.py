"""Which lots the lines of a document take out of a store; issues, losses, moves and transfers alike."""

from collections.abc import Sequence

from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Gathering, Refused
from core.data.figures import grouped
from core.data.work import ask, choose
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import ask_proposed
from plugins.elmis.catalogue.twins import named_by
from plugins.elmis.catalogue.units import measured
from plugins.elmis.counts.meeting import BEFORE, Paper, unplaced
from plugins.elmis.formulas.lots import RECALLED
from plugins.elmis.ledger.models import HELD, QUARANTINE, StockBalance, StockLocation
from plugins.elmis.ledger.rules import USES
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.promises import taking
from plugins.elmis.promises.aside import asides, named
from plugins.elmis.store import overdrawn
from plugins.elmis.store.free import Held, Shelf, elsewhere

Pick = tuple[int, int, int]  # line (from 0), lot id, base units


def picks(
    source: StockLocation, header: Header, lines: Sequence[Line], document: str = "", paper: Paper | None = None
) -> list[Pick]:  # fmt: skip
    """Return what each line takes: the lot it names, else first expiry first of what the named ones leave.

    Raises what is refused of all lines, each at its own. Taking what is set aside for an order is asked, needs a
    comment, and tells the order. What was written without a network has left: nothing of this is asked, and too little
    is no reason to refuse it.
    """
    paper = paper or Paper(header.occurred_on)
    said = header.counted or paper.said(source.id)
    shelf, earlier = (Shelf(source, header.occurred_on, before=before) for before in (said == BEFORE, True))
    found, refused = list[Pick](), Gathering()
    for number, line in sorted(enumerate(lines), key=lambda pair: not pair[1].lot.strip()):
        with refused.step(line=number):
            try:
                taken = _taken(shelf, line, header, number, document)
            except Refused as refusal:
                if header.written is not None and (taken := overdrawn.lots_of(shelf, line, number)):
                    found += [(number, lot_id, units) for lot_id, units in taken]
                    continue
                if not said and _was_there(earlier, line) and unplaced(source.id, line.product, paper):
                    continue  # whether it may leave depends on the answer
                raise _with_way(refusal, source, line) from refusal
            found += [(number, lot_id, units) for lot_id, units in taken]
    refused.settle()
    found.sort(key=lambda pick: pick[0])
    if header.reason in USES and header.written is None and (doubted := shelf.doubted()):
        lots = {lot_id: number for number, lot_id, _units in reversed(found) if lot_id in doubted}
        ask_proposed(lots, source.facility, header.occurred_on, "product")
    return found


def _taken(shelf: Shelf, line: Line, header: Header, number: int, document: str) -> list[tuple[int, int]]:
    return _named(shelf, line, header, number, document) if line.lot.strip() else _free(shelf, line, header)


def _was_there(shelf: Shelf, line: Line) -> bool:
    """Return whether a shelf has what a line asks for."""
    lots = shelf.named(line.product, line.lot) if line.lot.strip() else shelf.lots(line.product)
    return sum(one.there for one in lots) >= line.quantity


def _with_way(refusal: Refused, source: StockLocation, line: Line) -> Refused:
    """Return the refusal; where other stores of the facility have what is missing, it names them (`elsewhere`)."""
    others = elsewhere(source, line.product, line.lot.strip()) if refusal.facts.get("short") else []
    if not others:
        return refusal
    there = ", ".join(f"{store.title} ({measured(line.product, units)})" for store, units in others)
    words = _(
        "%(why)s In other stores here: %(stores)s. Move it to this store first.", why=refusal.message, stores=there
    )
    way = {"from": others[0][0].id, "store": others[0][0].title, "to": source.id, "product": line.product,
           "lot": line.lot.strip(), "quantity": min(line.quantity, others[0][1])}  # fmt: skip
    return Refused(words, field=refusal.field, **{**refusal.facts, "elsewhere": way})


def _free(shelf: Shelf, line: Line, header: Header) -> list[tuple[int, int]]:
    if header.reason == "expired":
        raise Refused(_("Enter the lot number."), field="lot")
    return shelf.first_expiry_first(line.product, line.quantity)


def _named(shelf: Shelf, line: Line, header: Header, number: int, document: str) -> list[tuple[int, int]]:
    """Return (lot id, units) of the number that a line names; more than lies there on that day is Refused."""
    lots = _of_one_expiry(shelf.named(line.product, line.lot), line, number)
    if not lots:
        late = header.occurred_on < today()
        facts = {"product": line.product.name, "lot": line.lot.strip()}
        words = _("%(product)s, lot %(lot)s, was not in the store on %(day)s.",
                  day=f"{header.occurred_on:%d/%m/%Y}", **facts)  # fmt: skip
        raise _apart(shelf.place, line) or Refused(
            words if late else _("%(product)s, lot %(lot)s, is not in the store.", **facts), field="lot", short=True
        )
    there, left, found = sum(lot.there for lot in lots), line.quantity, []
    if line.quantity > there:
        facts = {"product": line.product.name, "lot": line.lot.strip(), "wanted": grouped(line.quantity)}
        words = _("%(product)s, lot %(lot)s: only %(there)s are there, not %(wanted)s.",
                  there=measured(line.product, there), **facts)  # fmt: skip
        raise Refused(words, field="quantity", short=True)
    for lot in lots:
        if units := min(left, lot.there):
            over = units - lot.stock.quantity
            if over > 0 and header.written is None:
                _take_aside(shelf, lot, over, line, header, number, document)
            shelf.take(line.product, int(lot.stock.lot_id), units)
            found.append((int(lot.stock.lot_id), units))
            left -= units
    return found


def _of_one_expiry(lots: list[Held], line: Line, number: int) -> list[Held]:
    """Return those of one expiry of the lots that a number means: the person says which, when several lie there."""
    if line.expiry:
        lots = [lot for lot in lots if lot.stock.expiry == line.expiry] or lots
    if len({lot.stock.expiry for lot in lots}) < 2:
        return lots
    choices = [(str(lot.stock.lot_id), _choice(lot)) for lot in lots]
    words = _("Packs of lot %(lot)s lie here with several expiries. Which ones leave?", lot=line.lot.strip())
    about = f"{line.product.id}/{key_of(line.lot)}/{number}"
    said = choose("which_expiry", words, choices, about=about, field="lot", line=number)
    chosen = next((lot for lot in lots if str(lot.stock.lot_id) == said), lots[0])
    return [lot for lot in lots if lot.stock.expiry == chosen.stock.expiry]


def _choice(lot: Held) -> Words:
    day = f"{lot.stock.expiry:%d/%m/%Y}" if lot.stock.expiry else "–"
    return _("expires %(day)s (%(lot)s)", day=day, lot=lot.stock.number)


def _apart(place: StockLocation, line: Line) -> Refused | None:
    """Return the refusal of a lot that lies in the quarantine of the facility, None when none of it does."""
    query = select(Lot).join(StockBalance, StockBalance.lot_id == Lot.id)
    query = query.join(StockLocation, StockLocation.id == StockBalance.location_id).where(
        HELD, StockLocation.kind == QUARANTINE, StockBalance.facility_id == place.facility_id,
        Lot.id.in_(named_by(line.product.id, line.lot)),
    )  # fmt: skip
    lot = db.session.scalars(query.limit(1)).first()
    if lot is None:
        return None
    recalled = _("Lot %(lot)s is recalled and lies in quarantine: it does not leave the store.", lot=lot.number)
    other = _("Lot %(lot)s lies in quarantine: it does not leave the store.", lot=lot.number)
    return Refused(recalled if lot.status == RECALLED else other, field="lot")


def _take_aside(
    shelf: Shelf, lot: Held, units: int, line: Line, header: Header, number: int, document: str
) -> None:  # fmt: skip
    """Take what is set aside, when the person says yes and why."""
    lot_id, why = int(lot.stock.lot_id), line.comment or header.comment
    waiting = named(asides([shelf.place.id], [lot_id]))
    words = _(
        "%(product)s, lot %(lot)s: %(units)s are set aside for %(orders)s. Take them all the same? The order will be "
        "told.",
        product=line.product.name, units=measured(line.product, units), lot=lot.stock.number, orders=waiting,
    )  # fmt: skip
    about = f"{shelf.place.id}/{lot_id}/{units}/{waiting}"
    if not ask("set_aside", words, about=about, field="quantity", line=number):
        return
    if not why.strip():
        raise Refused(_("Say in the comment why you take what is set aside for an order."), field="comment")
    taking.take(shelf.place.id, lot_id, units, f"{document} {lot.stock.number}".strip(), why.strip())
