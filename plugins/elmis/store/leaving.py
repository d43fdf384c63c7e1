"""Which lots the lines of a document take out of a store; issues, losses, moves and transfers alike."""

from collections.abc import Sequence

from core.contract.words import _
from core.data.codes import key_of
from core.data.db import today
from core.data.errors import Gathering, Refused
from core.data.work import ask
from plugins.elmis.counts.meeting import BEFORE, Paper, unplaced
from plugins.elmis.ledger.free import Held, Shelf, asides, elsewhere, named
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.ledger.moves import title_of
from plugins.elmis.ledger.rules import USES
from plugins.elmis.orders import taking
from plugins.elmis.recalls.questions import ask_proposed
from plugins.elmis.store.lines import Header, Line

Pick = tuple[int, int, int]  # line (from 0), lot id, base units


def picks(
    source: StockLocation, header: Header, lines: Sequence[Line], document: str = "", paper: Paper | None = None
) -> list[Pick]:  # fmt: skip
    """Return what each line takes: the lot it names, else first expiry first of what the named ones leave.

    Raises what is refused of all lines, each at its own. Taking what is set aside for an order is asked, needs a
    comment, and tells the order.
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
                if not said and _was_there(earlier, line) and unplaced(source.id, line.product, paper):
                    continue  # whether it may leave depends on the answer
                raise _with_way(refusal, source, line) from refusal
            found += [(number, lot_id, units) for lot_id, units in taken]
    refused.settle()
    found.sort(key=lambda pick: pick[0])
    if header.reason in USES:
        lots = {lot_id: number for number, lot_id, _units in reversed(found)}
        ask_proposed(lots, source.facility, header.occurred_on, "product")
    return found


def _taken(shelf: Shelf, line: Line, header: Header, number: int, document: str) -> list[tuple[int, int]]:
    return _named(shelf, line, header, number, document) if line.lot.strip() else _free(shelf, line, header)


def _was_there(shelf: Shelf, line: Line) -> bool:
    """Return whether a shelf has what a line asks for."""
    wanted = key_of(line.lot)
    lots = [one for one in shelf.lots(line.product) if not wanted or key_of(one.stock.number) == wanted]
    return sum(one.there for one in lots) >= line.quantity


def _with_way(refusal: Refused, source: StockLocation, line: Line) -> Refused:
    """Return the refusal; where other stores of the facility have what is missing, it names them (`elsewhere`)."""
    others = elsewhere(source, line.product, line.lot.strip()) if refusal.facts.get("short") else []
    if not others:
        return refusal
    there = ", ".join(f"{title_of(store)} ({units})" for store, units in others)
    words = _(
        "%(why)s In other stores here: %(stores)s. Move it to this store first.", why=refusal.message, stores=there
    )
    way = {"from": others[0][0].id, "store": title_of(others[0][0]), "to": source.id, "product": line.product,
           "lot": line.lot.strip(), "quantity": min(line.quantity, others[0][1])}  # fmt: skip
    return Refused(words, field=refusal.field, **{**refusal.facts, "elsewhere": way})


def _free(shelf: Shelf, line: Line, header: Header) -> list[tuple[int, int]]:
    if header.reason == "expired":
        raise Refused(_("Enter the lot number."), field="lot")
    return shelf.first_expiry_first(line.product, line.quantity)


def _named(shelf: Shelf, line: Line, header: Header, number: int, document: str) -> list[tuple[int, int]]:
    """Return the lot that a line names; more than lies there on that day is Refused."""
    lot = next((one for one in shelf.lots(line.product) if key_of(one.stock.number) == key_of(line.lot)), None)
    if lot is None:
        late = header.occurred_on < today()
        words = _("This lot was not in the store on %(day)s.", day=f"{header.occurred_on:%d/%m/%Y}")
        raise Refused(words if late else _("This lot is not in the store."), field="lot", short=True)
    if line.quantity > lot.there:
        words = _("Only %(there)s of this lot are there; %(wanted)s were asked.", there=lot.there, wanted=line.quantity)
        raise Refused(words, field="quantity", short=True)
    over = line.quantity - lot.stock.quantity
    if over > 0:
        _take_aside(shelf, lot, over, line.comment or header.comment, number, document)
    shelf.take(line.product, int(lot.stock.lot_id), line.quantity)
    return [(int(lot.stock.lot_id), line.quantity)]


def _take_aside(shelf: Shelf, lot: Held, units: int, why: str, number: int, document: str) -> None:
    """Take what is set aside, when the person says yes and why."""
    lot_id = int(lot.stock.lot_id)
    waiting = named(asides([shelf.place.id], [lot_id]))
    words = _(
        "%(units)s of lot %(lot)s are set aside for %(orders)s. Take them all the same? The order will be told.",
        units=units, lot=lot.stock.number, orders=waiting,
    )  # fmt: skip
    about = f"{shelf.place.id}/{lot_id}/{units}/{waiting}"
    if not ask("set_aside", words, about=about, field="quantity", line=number):
        return
    if not why.strip():
        raise Refused(_("Say in the comment why you take what is set aside for an order."), field="comment")
    taking.take(shelf.place.id, lot_id, units, " ".join(filter(None, (document, f"{lot.stock.number}:", why.strip()))))
