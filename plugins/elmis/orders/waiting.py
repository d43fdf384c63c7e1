"""What waits for a person: orders to prepare, deliveries to receive, disputes to answer."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from core.data.access import Access
from core.data.db import db, today
from core.data.kept import per_rights
from plugins.elmis.promises.machines import BEFORE_SHIPPING, UNDERWAY
from plugins.elmis.promises.models import RETURNING, Order, Receipt, ReceiptLine, Shipment
from plugins.elmis.promises.rights import PREPARE, RECEIVE, SEND

Views = dict[str, ColumnElement[bool]]


def order_views(access: Access) -> Views:
    """Return the conditions of the ready-made views of orders."""
    waits = Order.state.in_(BEFORE_SHIPPING)
    return {
        "prepare": and_(waits, Order.supplier_id.in_(access.facility_ids(PREPARE))),
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


def receipt_views(access: Access) -> Views:
    """Return the conditions of the ready-made views of receipts; the query has joined the shipment."""
    own = Shipment.facility_id.in_(access.facility_ids(RECEIVE))
    return {
        "receive": and_(Receipt.state == "expected", own),
        "disputed": Receipt.state == "disputed",
        "back": returns(access),
    }


def answers(access: Access) -> ColumnElement[bool]:
    """Return the condition on disputed receipts that wait for this person's answer."""
    return and_(
        Receipt.state == "disputed",
        or_(
            and_(Receipt.turn == "supplier", Shipment.supplier_id.in_(access.facility_ids(SEND))),
            and_(Receipt.turn == "facility", Shipment.facility_id.in_(access.facility_ids(RECEIVE))),
        ),
    )


def returns(access: Access) -> ColumnElement[bool]:
    """Return the condition on receipts of which goods are on their way back to this person's store."""
    back = select(ReceiptLine.__table__.c.receipt_id).where(RETURNING)
    return and_(Receipt.id.in_(back), Shipment.supplier_id.in_(access.facility_ids(SEND)))


def to_prepare(access: Access, limit: int) -> Sequence[Order]:
    """Return the orders that this person is to prepare or ship, the most urgent first."""
    return db.session.scalars(_orders(access, limit)).all()


@per_rights
def _orders(access: Access, limit: int) -> Select[Any]:
    query = select(Order).where(order_views(access)["prepare"]).options(joinedload(Order.facility))
    return query.order_by(Order.needed_on, Order.id).limit(limit)


def turns(access: Access) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on receipts to receive here, to answer, and to take back the goods of."""
    answer = answers(access)
    return receipt_views(access)["receive"], answer, and_(returns(access), not_(answer))


def receipts(access: Access, limit: int) -> Sequence[Receipt]:
    """Return receipts that wait for this person, those that wait longest first."""
    return db.session.scalars(_receipts(access, limit)).all()


@per_rights
def _receipts(access: Access, limit: int) -> Select[Any]:
    whole = selectinload(Receipt.shipment)  # scoped; the places are not, and may be joined
    query = select(Receipt).join(Shipment, Shipment.id == Receipt.shipment_id).where(or_(*turns(access)))
    query = query.options(whole.joinedload(Shipment.supplier), whole.joinedload(Shipment.facility))
    return query.order_by(Receipt.expected_on, Receipt.id).limit(limit)


def count(model: Any, condition: ColumnElement[bool]) -> int:
    """Return how many rows wait."""
    query = select(func.count(model.id)).where(condition)
    query = query.join(Shipment, Shipment.id == Receipt.shipment_id) if model is Receipt else query
    return int(db.session.scalar(query) or 0)
