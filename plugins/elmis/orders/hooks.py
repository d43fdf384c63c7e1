"""What the orders give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import select

from core.contract.entities import Entity, ref
from core.contract.ports import Card, Fact, MenuItem, Obstacle, Panel, Task
from core.contract.words import _, ngettext
from core.data.access import current
from core.data.db import db, today
from core.facilities.models import Facility
from core.facilities.stranded import under_way
from core.web.pages import number
from plugins.elmis.orders import disputes, notices, stranded, verbs, views, waiting
from plugins.elmis.orders.shipping import ANSWER
from plugins.elmis.orders.tables import (
    AllocationTable,
    BackorderTable,
    OrderTable,
    ReceiptLineTable,
    ReceiptTable,
    ShipmentLineTable,
    ShipmentTable,
)
from plugins.elmis.promises.machines import BEFORE_SHIPPING, EXTRAS, ORDER, RECEIPT, SHIPMENT, TURNS
from plugins.elmis.promises.models import (
    Allocation,
    Backorder,
    Order,
    OrderLine,
    Receipt,
    ReceiptExtra,
    ReceiptLine,
    Shipment,
    ShipmentLine,
)
from plugins.elmis.promises.rights import PREPARE, SEND, VIEW
from plugins.elmis.promises.services import OF_DELIVERIES

ENTITIES = [
    Entity("elmis.order", Order, _("Order"), _("Orders"), "orders.show", VIEW, OrderTable, "file-text", ("number",),
           words={"state": ORDER.states}, machine=ORDER, verbs=[*verbs.ORDERS.values()],
           comments=True, concerned=notices.of_order, index="orders.index"),
    Entity("elmis.order_line", OrderLine, _("Order line"), _("Order lines"), permission=VIEW, named=("product_id",)),
    Entity("elmis.allocation", Allocation, _("Lot set aside"), _("Lots set aside"), None, VIEW, AllocationTable,
           named=("line_id", "lot_id")),
    Entity("elmis.backorder", Backorder, _("Rest of an order"), _("Rests of orders"), None, VIEW, BackorderTable,
           named=("line_id", "order_id")),
    Entity(
        "elmis.shipment", Shipment, _("Delivery"), _("Deliveries"), "orders.shipment", VIEW, ShipmentTable, "truck",
        ("number",), words={"state": SHIPMENT.states}, machine=SHIPMENT, verbs=verbs.OF_SHIPMENT,
    ),
    Entity(
        "elmis.shipment_line", ShipmentLine, _("Delivery line"), _("Delivery lines"), None, VIEW, ShipmentLineTable,
        named=("product_id", "lot_id"),
    ),
    Entity(
        "elmis.receipt", Receipt, _("Receipt"), _("Receipts"), "orders.receipt", VIEW, ReceiptTable, "clipboard-list",
        ("number",), words={"state": RECEIPT.states, "turn": TURNS}, machine=RECEIPT, verbs=verbs.OF_RECEIPT,
        attachments=True, comments=True, concerned=notices.of_receipt, index="orders.receipts",
    ),
    Entity("elmis.receipt_extra", ReceiptExtra, _("Goods beyond the note"), _("Goods beyond the note"), None, VIEW,
           words={"state": EXTRAS}, named=("product_id", "lot_id")),
    Entity("elmis.receipt_line", ReceiptLine, _("Receipt line"), _("Receipt lines"), None, VIEW, ReceiptLineTable,
           named=("shipment_line_id",)),
]  # fmt: skip
SETTINGS = OF_DELIVERIES
VERBS_OF_OTHERS = [verbs.SEND_BACK]
BLUEPRINTS = [views.bp, disputes.bp]
NOTICES = notices.KINDS
FACTS = [
    Fact("elmis.order.created", _("An order was made")),
    Fact("elmis.order.lots_taken", _("Lots set aside for an order were taken for something else")),
    Fact("elmis.order.shipped", _("Goods were sent")),
    Fact("elmis.order.received", _("Goods were received")),
    Fact("elmis.order.cancelled", _("An order was cancelled")),
    Fact("elmis.shipment.called_back", _("A delivery was called back on its way")),
    Fact("elmis.receipt.acknowledge", _("Differences of a receipt were acknowledged")),
    Fact("elmis.receipt.contest", _("Differences of a receipt were contested")),
    Fact("elmis.receipt.answer", _("A contested difference was answered")),
    Fact("elmis.receipt.withdraw", _("A difference of a receipt was withdrawn")),
    Fact("elmis.receipt.find", _("Missing goods were found by the sender")),
    Fact("elmis.receipt.find_here", _("Missing goods were found by the receiver")),
    Fact("elmis.receipt.take_back", _("Refused goods came back to the sender")),
]
SHOWN = 5  # tasks of one kind; of more, one task tells the number


SECTION = _("Health products")
ORDERS, SHIPMENTS = "orders.index", "orders.shipments"
MENU = [
    MenuItem(_("Order preparation"), ORDERS, PREPARE, SECTION, "package", order=135),
    MenuItem(_("Deliveries"), SHIPMENTS, VIEW, SECTION, "truck", order=140),
]


def inbox() -> Iterator[Task]:
    """Yield the goods that come back: whether some do is said by lines, not by the state of a receipt."""
    if not current().can(SEND):
        return
    rows = waiting.coming_back(current(), SHOWN + 1)
    if len(rows) <= SHOWN:
        yield from map(_back_task, rows)
        return
    number = waiting.count(Receipt, waiting.returns(current()))
    title, url = _("Take back the goods of %(number)s receipts", number=number), url_for("orders.receipts", view="back")
    yield Task(title, url, _("Open the list"), icon="truck", menu=SHIPMENTS, count=number)


def _back_task(row: Receipt) -> Task:
    called = _("Take back the goods of %(number)s, called back", number=row.number)
    words = called if row.state == "called_back" else _("Take back the refused goods of %(number)s", number=row.number)
    url, due = url_for("disputes.lines_of", id=row.id, action="take_back"), (row.received_on or today()) + ANSWER
    return Task(words, url, _("Take back"), row.facility.name, due, "truck", ref(row), SHIPMENTS)


def panels(obj: Any) -> Iterator[Panel]:
    """Yield a facility's last deliveries, sent and received."""
    if not isinstance(obj, Facility) or not current().can(VIEW, obj):
        return
    query = select(Shipment).where((Shipment.facility_id == obj.id) | (Shipment.supplier_id == obj.id))
    rows = db.session.scalars(query.order_by(Shipment.id.desc()).limit(5)).all()
    if rows:
        context = {"rows": rows, "states": SHIPMENT.states}
        url = url_for(SHIPMENTS, q=obj.name)
        yield Panel(_("Deliveries"), "elmis/orders/panel.html", context, url, _("All deliveries"), order=40)


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield what lies in a facility's stores, what is on the way to and from it, orders not yet sent, and requests."""
    held = stranded.held(facility)
    if held.units:
        words = _(
            "%(units)s units of %(lots)s lots lie in its stores", units=number(held.units), lots=number(held.lots)
        )
        detail = _("Send them to another facility; they are on the way until that one has counted them.")
        where = {"id": facility.id}
        yield Obstacle(words, detail, "transfers.empty", where, _("Say where they go"))
    there = {"q": facility.name, "view": "underway"}
    receive = _("Receive them, or let the sender call them back.")
    yield from under_way(stranded.coming(facility), COMING, receive, "orders.shipment", SHIPMENTS, there)
    called = _("The receivers have to count them, or they are called back.")
    yield from under_way(stranded.leaving(facility), LEAVING, called, "orders.shipment", SHIPMENTS, there)
    if units := stranded.back(facility):
        detail, values = _("Take them back, then send them elsewhere."), {"view": "disputed", "q": facility.name}
        yield Obstacle(BACK % {"n": number(units)}, detail, SHIPMENTS, values, _("See the deliveries"))
    detail = _("Ship them first, or cancel them with a reason.")
    unsent = {"f.state": list(BEFORE_SHIPPING)}
    yield from under_way(stranded.orders(facility), WAITING, detail, "orders.show", ORDERS, unsent)
    detail, values = _("Cancel them with a reason; one to be approved is returned first."), {"q": facility.code}
    yield from under_way(
        stranded.requests(facility), REQUESTS, detail, "requisitions.show", "requisitions.index", values
    )
    detail, values = _("The two sides have to agree first."), {"view": "disputed", "q": facility.name}
    yield from under_way(stranded.disputes(facility), DISPUTES, detail, "orders.receipt", "orders.receipts", values)


COMING, LEAVING = _("Deliveries on the way to it: %(n)s"), _("Deliveries from it that nobody has received: %(n)s")
BACK, WAITING = _("Refused units on their way back to it: %(n)s"), _("Orders not yet sent, for it or from it: %(n)s")
REQUESTS, DISPUTES = _("Requisitions of it under way: %(n)s"), _("Disputes not settled: %(n)s")


def cards(facility: Facility) -> Iterator[Card]:
    """Yield the orders that should have been there by now, of those this person may see."""
    if current().can(VIEW, facility):
        late, open_ = (waiting.count(Order, waiting.order_views(current())[view]) for view in ("late", "underway"))
        words = ngettext("%(num)d order is on the way", "%(num)d orders are on the way", open_)
        tone = "danger" if late else ""
        yield Card(_("Late orders"), str(late), ORDERS, {"view": "late"}, words, tone=tone, order=30)
