"""Goods of a store go to another facility without an order: what was typed becomes lots."""

from collections.abc import Sequence
from datetime import date

from core.data.db import today
from core.data.errors import Gathering
from core.data.work import settle
from core.facilities.models import Facility
from plugins.elmis.counts.meeting import Paper
from plugins.elmis.ledger.days import check_day
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.ledger.moves import store_of
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.orders.shipping import Journey, Sent, refuse_way, send
from plugins.elmis.promises.models import Shipment
from plugins.elmis.store.leaving import picks


def transfer(
    source: Facility, facility: Facility, journey: Journey, lines: Sequence[Line], packages: int = 1, note: str = "",
    store_id: int | None = None,
) -> Shipment:  # fmt: skip
    """Return what a facility sends to another, on the way: the lots that are named, else first expiry first.

    Day, way and lots are checked before anything is asked, and all faults are told at once.
    """
    store, refused, sent = store_of(source, store_id), Gathering(), list[Sent]()
    day = journey.shipped_on or today()
    with refused.step():
        check_day(source, day, "shipped_on")
    with refused.step():
        refuse_way(source, facility)
    with refused.step():
        sent = _lots(store, lines, day, note)
    refused.settle()
    settle()
    return send(source, facility, sent, journey, packages, note, store)


def _lots(store: StockLocation, lines: Sequence[Line], day: date, note: str) -> list[Sent]:
    header = Header(day, "transfer_out", comment=note)
    found = picks(store, header, lines, paper=Paper(day, "shipped_on"))
    return [Sent(lot_id, units) for _number, lot_id, units in found]
