"""What the orders give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import g, url_for
from sqlalchemy import select

from core.contract.entities import Entity, ref
from core.contract.ports import Card, MenuItem, Panel, Task
from core.contract.words import _, ngettext
from core.data.access import current
from core.data.db import db, today
from core.facilities.models import Facility
from plugins.elmis.orders import transfers, views, waiting
from plugins.elmis.orders.machines import SHIPMENT
from plugins.elmis.orders.models import (
    Allocation,
    Backorder,
    Order,
    OrderLine,
    Receipt,
    ReceiptLine,
    Shipment,
    ShipmentLine,
)
from plugins.elmis.orders.rights import PREPARE, VIEW
from plugins.elmis.orders.sheets import AllocationTable, BackorderTable, ReceiptLineTable, ShipmentLineTable
from plugins.elmis.orders.shipping import TRAVEL
from plugins.elmis.orders.tables import OrderTable, ReceiptTable, ShipmentTable

ENTITIES = [
    Entity("elmis.order", Order, _("Order"), _("Orders"), "orders.show", VIEW, OrderTable, "file-text", ("number",)),
    Entity("elmis.order_line", OrderLine, _("Order line"), _("Order lines"), permission=VIEW),
    Entity("elmis.allocation", Allocation, _("Lot set aside"), _("Lots set aside"), None, VIEW, AllocationTable),
    Entity("elmis.backorder", Backorder, _("Rest of an order"), _("Rests of orders"), None, VIEW, BackorderTable),
    Entity(
        "elmis.shipment", Shipment, _("Delivery"), _("Deliveries"), "orders.shipment", VIEW, ShipmentTable, "truck",
        ("number",),
    ),
    Entity(
        "elmis.shipment_line", ShipmentLine, _("Delivery line"), _("Delivery lines"), None, VIEW, ShipmentLineTable
    ),
    Entity(
        "elmis.receipt", Receipt, _("Receipt"), _("Receipts"), "orders.receipt", VIEW, ReceiptTable, "clipboard-list",
        ("number",),
    ),
    Entity("elmis.receipt_line", ReceiptLine, _("Receipt line"), _("Receipt lines"), None, VIEW, ReceiptLineTable),
]  # fmt: skip
BLUEPRINTS = [views.bp, transfers.bp]
SHOWN = 5  # tasks of one kind; of more, one task tells the number


def preparing() -> int | None:
    """Return how many orders this person is to prepare, counted once a request."""
    if "orders_to_prepare" not in g:
        g.orders_to_prepare = waiting.count(Order, waiting.order_views(current())["prepare"])
    return g.orders_to_prepare or None


def arriving() -> int | None:
    """Return how many deliveries this person is to receive or to answer for, counted once a request."""
    if "deliveries_waiting" not in g:
        receipts = waiting.receipt_views(current())["receive"] | waiting.answers(current())
        g.deliveries_waiting = waiting.count(Receipt, receipts)
    return g.deliveries_waiting or None


SECTION = _("Health products")
MENU = [
    MenuItem(_("Order preparation"), "orders.index", PREPARE, SECTION, "package", order=135, badge=preparing),
    MenuItem(_("Deliveries"), "orders.shipments", VIEW, SECTION, "truck", order=140, badge=arriving),
]
PREPARED = {
    "to_prepare": (_("Prepare order %(number)s of %(facility)s"), _("Prepare")),
    "allocated": (_("Pick order %(number)s of %(facility)s"), _("Pick")),
    "picked": (_("Pack order %(number)s of %(facility)s"), _("Pack the goods")),
    "packed": (_("Ship order %(number)s of %(facility)s"), _("Ship")),
}


def inbox() -> Iterator[Task]:
    """Yield the orders to prepare, the deliveries to receive and the disputes to answer."""
    orders = waiting.to_prepare(current(), SHOWN + 1) if current().can(PREPARE) else []
    if len(orders) > SHOWN:
        words = _("Prepare %(number)s orders", number=preparing())
        url = url_for("orders.index", view="prepare")
        yield Task(words, url, _("Open the list"), due=orders[0].needed_on, icon="package")
    else:
        yield from map(_order_task, orders)
    yield from map(_receipt_task, waiting.receipts(waiting.receipt_views(current())["receive"], 20))
    yield from map(_dispute_task, waiting.receipts(waiting.answers(current()), 20))


def _order_task(row: Order) -> Task:
    title, action = PREPARED[row.state]
    detail = _("Emergency order") if row.urgent else ""
    title = title % {"number": row.number, "facility": row.facility.name}
    return Task(title, url_for("orders.show", id=row.id), action, detail, row.needed_on, "package", ref(row))


def _receipt_task(row: Receipt) -> Task:
    sent = row.shipment
    words = ngettext(
        "Confirm the receipt of %(number)s (%(num)d package)", "Confirm the receipt of %(number)s (%(num)d packages)",
        sent.packages, number=sent.number,
    )  # fmt: skip
    detail = _("From %(supplier)s.", supplier=sent.supplier.name)
    return Task(words, url_for("orders.count", id=row.id), _("Receive"), detail, row.expected_on, "truck", ref(row))


def _dispute_task(row: Receipt) -> Task:
    words = _("Answer the dispute %(number)s", number=row.number)
    other = row.facility if row.turn == "supplier" else row.supplier
    url, due = url_for("orders.receipt", id=row.id), (row.received_on or today()) + TRAVEL
    return Task(words, url, _("Answer"), other.name, due, "circle-alert", ref(row))


def panels(obj: Any) -> Iterator[Panel]:
    """Yield a facility's last deliveries, sent and received."""
    if not isinstance(obj, Facility) or not current().can(VIEW, obj):
        return
    query = select(Shipment).where((Shipment.facility_id == obj.id) | (Shipment.supplier_id == obj.id))
    rows = db.session.scalars(query.order_by(Shipment.id.desc()).limit(5)).all()
    if rows:
        context = {"rows": rows, "states": SHIPMENT.states}
        url = url_for("orders.shipments", q=obj.name)
        yield Panel(_("Deliveries"), "elmis/orders/panel.html", context, url, _("All deliveries"), order=40)


def cards(facility: Facility) -> Iterator[Card]:
    """Yield the orders that should have been there by now, of those this person may see."""
    if current().can(VIEW, facility):
        late, open_ = (waiting.count(Order, waiting.order_views(current())[view]) for view in ("late", "underway"))
        words = ngettext("%(num)d order is on the way", "%(num)d orders are on the way", open_)
        tone = "danger" if late else ""
        yield Card(_("Late orders"), str(late), "orders.index", {"view": "late"}, words, tone=tone, order=30)
