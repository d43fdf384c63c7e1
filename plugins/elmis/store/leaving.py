"""Which lots the lines of a document take out of a store; issues, losses, moves and transfers alike."""

from collections.abc import Sequence

from core.contract.words import _
from core.data.codes import key_of
from core.data.db import today
from core.data.errors import Refused
from core.data.work import ask
from plugins.elmis.counts.meeting import BEFORE, refuse_unplaced
from plugins.elmis.ledger.free import Held, Shelf, asides, named
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.orders import taking
from plugins.elmis.store.lines import Header, Line

Pick = tuple[int, int, int]  # line (from 0), lot id, base units


def picks(source: StockLocation, header: Header, lines: Sequence[Line], document: str = "") -> list[Pick]:
    """Return what each line takes: the lot it names, else first expiry first of what the named ones leave.

    Raises Refused at its line. Taking what is set aside for an order is asked, needs a comment, and tells the order.
    """
    shelf, found = Shelf(source, header.occurred_on, before=header.counted == BEFORE), []
    numbered = sorted(enumerate(lines), key=lambda pair: not pair[1].lot.strip())
    for number, line in numbered:
        try:
            taken = _named(shelf, line, header, number, document) if line.lot.strip() else _free(shelf, line, header)
        except Refused as refusal:
            if header.may_say and not header.counted:
                refuse_unplaced(source.id, line.product, header.occurred_on)
            raise Refused(refusal.message, field=refusal.field, line=number) from refusal
        found += [(number, lot_id, units) for lot_id, units in taken]
    return sorted(found, key=lambda pick: pick[0])


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
        raise Refused(words if late else _("This lot is not in the store."), field="lot")
    if line.quantity > lot.there:
        words = _("Only %(there)s of this lot are there; %(wanted)s were asked.", there=lot.there, wanted=line.quantity)
        raise Refused(words, field="quantity")
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
