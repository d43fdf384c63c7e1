"""Ready-made views of orders and deliveries, and the goods that are on their way back to a person's store."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import selectinload

from core.data import clocks
from core.data.access import Access
from core.data.bulk import read_beside
from core.data.db import db, today
from core.data.kept import per_rights, per_rights_beside
from plugins.elmis.promises.machines import BEFORE_SHIPPING, UNDERWAY
from plugins.elmis.promises.models import RETURNING, Order, Receipt, ReceiptLine, Shipment
from plugins.elmis.promises.rights import RECEIVE, SEND

Views = dict[str, ColumnElement[bool]]


def order_views(access: Access) -> Views:
    """Return the conditions of the ready-made views of orders."""
    waits = Order.state.in_(BEFORE_SHIPPING)
    return {
        "prepare": clocks.waits(Order, "prepare", access),
        "underway": Order.state.in_(UNDERWAY),
        "late": and_(or_(waits, Order.state.in_(UNDERWAY)), Order.needed_on < today()),
        "done": Order.state.in_(("received", "closed", "cancelled")),
    }


def shipment_views(access: Access) -> Views:
    """Return the conditions of the ready-made views of deliveries."""
    moving, own = Shipment.state.in_(UNDERWAY), Shipment.facility_id.in_(access.facility_ids(RECEIVE))
    disputed = select(Receipt.shipment_id).where(Receipt.state == "disputed")
    late = select(Receipt.shipment_id).where(Receipt.state == "expected", Receipt.expected_on < today())
    return {
        "receive": and_(moving, own),
        "underway": moving,
        "disputed": Shipment.id.in_(disputed),
        "late": and_(moving, Shipment.id.in_(late)),
    }


def returns(access: Access) -> ColumnElement[bool]:
    """Return the condition on receipts of which goods are on their way back to this person's store."""
    back = select(ReceiptLine.__table__.c.receipt_id).where(RETURNING)
    return and_(Receipt.id.in_(back), Shipment.supplier_id.in_(access.facility_ids(SEND)))


def coming_back(access: Access, limit: int) -> Sequence[Receipt]:
    """Return receipts of which goods come back to this person's store, but for those whose dispute waits for him."""
    if read_beside(_any_back(access), "whether there is one at all: rights narrow what is shown").first() is None:
        return ()
    return db.session.scalars(_coming_back(access, limit)).all()


@per_rights_beside
def _any_back(access: Access) -> Select[Any]:
    """Return the select of one of them: each page asks, mostly there is none, and rows of a model cost five times as
    much to ask for."""
    return _back(select(Receipt.id), access).limit(1)


@per_rights
def _coming_back(access: Access, limit: int) -> Select[Any]:
    whole = selectinload(Receipt.shipment)  # scoped; the places are not, and may be joined
    query = _back(select(Receipt), access)
    query = query.options(whole.joinedload(Shipment.supplier), whole.joinedload(Shipment.facility))
    return query.order_by(Receipt.expected_on, Receipt.id).limit(limit)


def _back(query: Select[Any], access: Access) -> Select[Any]:
    query = query.join(Shipment, Shipment.id == Receipt.shipment_id)
    return query.where(returns(access), not_(clocks.waits(Receipt, "answer", access)))


def count(model: Any, condition: ColumnElement[bool]) -> int:
    """Return how many rows wait."""
    query = select(func.count(model.id)).where(condition)
    query = query.join(Shipment, Shipment.id == Receipt.shipment_id) if model is Receipt else query
    return int(db.session.scalar(query) or 0)
