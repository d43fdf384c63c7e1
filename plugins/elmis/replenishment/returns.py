"""Goods that came back: they belong to the month, and to the column of the report, of what they return.

Counted where they arrive, a delivery refused in the next month would make that month's consumption negative.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, union_all

from core.data.bulk import read_beside
from core.data.codes import number_key
from plugins.elmis.formulas.cmm import Change
from plugins.elmis.ledger.models import STORE, TRANSIT, Movement, Reason, StockLocation
from plugins.elmis.replenishment.reports import (
    ADJUSTED,
    ALLOWED,
    BACK,
    CONSUMED,
    DISTRIBUTED,
    RECEIVED,
    Pair,
    Stores,
    nature,
)

RECEIPT = "elmis.receipt/"


@dataclass(frozen=True, slots=True)
class Return:
    """Goods that came back on a day, and when they had been sent; `nature` is that of what they return."""

    day: date
    sent: date
    nature: str
    quantity: int


def returns(
    own: Stores, first: date, last: date, products: Collection[int] | None = None
) -> dict[Pair, list[Return]]:  # fmt: skip
    """Return what came back to the stores from `first` to `last`, a reversed return below zero."""
    own = list(own) if isinstance(own, dict) else own
    these = () if products is None else (Movement.product_id.in_(list(products)),)
    came = _moved(own, last, nature() == BACK, Movement.occurred_on >= first, *these)
    leaves = (Reason.from_kind == STORE, Reason.to_kind == TRANSIT)
    sent = _moved(own, last, *leaves, Movement.lot_id.in_({row.lot_id for row in came})) if came else ()
    named = _shipments(row.document_ref for row in came)
    found: dict[Pair, list[Return]] = defaultdict(list)
    for row in came:
        day, kind = _origin(row, sent, named.get(row.document_ref, row.document))
        found[row.facility_id, row.product_id].append(Return(row.day, day, kind, int(row.signed)))
    return found


def _moved(own: Stores, last: date, *conditions: Any) -> Sequence[Any]:
    """Return what came to the stores and left them up to a day, line by line."""
    sides = (
        select(
            StockLocation.facility_id, Movement.product_id, Movement.lot_id, Movement.occurred_on.label("day"),
            Movement.document, Movement.document_ref, Reason.code, (sign * Movement.quantity).label("signed"),
        )
        .join_from(Movement, StockLocation, StockLocation.id == side)
        .join(Reason, Reason.id == Movement.reason_id)
        .where(side.in_(own), Movement.occurred_on <= last, *conditions)
        for side, sign in ((Movement.target_id, 1), (Movement.source_id, -1))
    )  # fmt: skip
    return read_beside(union_all(*sides), ALLOWED).all()


def _shipments(refs: Iterable[str]) -> dict[str, str]:
    """Return {reference of a receipt: number of the shipment that was counted}."""
    from plugins.elmis.promises.models import Receipt, Shipment

    ids = {int(ref.removeprefix(RECEIPT)) for ref in refs if ref.startswith(RECEIPT)}
    query = select(Receipt.id, Shipment.number).join(Shipment, Shipment.id == Receipt.shipment_id)
    rows = read_beside(query.where(Receipt.id.in_(ids)), ALLOWED) if ids else ()
    return {f"{RECEIPT}{id_}": number for id_, number in rows}


def _origin(row: Any, sent: Iterable[Any], document: str) -> tuple[date, str]:
    """Return when goods that came back had been sent, and as what: under the document they name, else the last time
    that their lot left. Of goods that were never sent from here it is a receipt."""
    left = [
        one
        for one in sent
        if (one.facility_id, one.lot_id) == (row.facility_id, row.lot_id) and one.signed < 0 and one.day <= row.day
    ]
    if not left:
        return row.day, RECEIVED
    key = number_key(document)
    under = [one for one in left if key and number_key(one.document) == key]
    last = max(under or left, key=lambda one: one.day)
    return last.day, CONSUMED if last.code in DISTRIBUTED else ADJUSTED


def taken_back(used: Sequence[Change], returned: Iterable[Return]) -> Sequence[Change]:
    """Return what was consumed, less what came back of it: it stands on the day it was sent."""
    return [*used, *((one.sent, -one.quantity) for one in returned if one.nature == CONSUMED)] if returned else used
