"""The lists of orders, deliveries and receipts, with what waits as ready-made views; and their lines, for files."""

from typing import Any

from flask import request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _
from core.data.access import current
from core.facilities.models import Facility
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.orders import waiting
from plugins.elmis.promises.machines import ORDER, RECEIPT, SHIPMENT
from plugins.elmis.promises.models import (
    Allocation,
    Backorder,
    Order,
    OrderLine,
    Receipt,
    ReceiptLine,
    Shipment,
    ShipmentLine,
)
from plugins.elmis.requisitions.models import Requisition

Depot, Place = aliased(Facility), aliased(Facility)
Before = aliased(Order)
CODES = (
    Column("facility_code", _("Receiver (code)"), Place.code, default=False),
    Column("supplier_code", _("Supplier (code)"), Depot.code, default=False),
)


def _narrowed(query: Select[Any], turns: Any) -> Select[Any]:
    view = request.args.get("view", "")
    if view == "overdue":
        return in_view(query, Order, view)
    turn = turns(current()).get(view)
    return query if turn is None else query.where(turn)


class OrderTable(Table):
    """The orders this person may see, as supplier or as receiver."""

    model = Order
    columns = [
        Column("number", _("Number"), kind="code", link=lambda row: url_for("orders.show", id=row.id)),
        Column("facility", _("For"), Place.name),
        Column("supplier", _("Supplier"), Depot.name, facet=True),
        Column("state", _("State"), facet=ORDER.states),
        Column("ordered_on", _("Ordered on"), kind="date", default=False),
        Column("needed_on", _("Needed on"), kind="date"),
        Column("urgent", _("Emergency order"), kind="bool", facet=True, default=False),
        Column("requisition", _("Requisition"), Requisition.number, default=False),
        Column("rest_of", _("Rest of"), Before.number, default=False),
        *CODES,
        Column("moved_at", _("In this state since"), kind="datetime"),
    ]
    search = [Order.number, Place.name, Place.code]
    default_sort = "needed_on"
    options = [selectinload(Order.facility), selectinload(Order.supplier)]
    views = [
        ("all", _("All"), {}),
        ("prepare", _("To prepare"), {"view": "prepare"}),
        ("underway", _("On the way"), {"view": "underway"}),
        ("late", _("Late"), {"view": "late"}),
        ("done", _("Done"), {"view": "done"}),
        OVERDUE,
    ]
    empty = (_("No order yet"), _("An approved requisition becomes an order that is prepared here."))

    def query(self) -> Select[Any]:
        """Return the orders, those of a ready-made view alone when one is chosen."""
        query = select(Order).join(Place, Place.id == Order.facility_id).join(Depot, Depot.id == Order.supplier_id)
        query = query.outerjoin(Requisition, Requisition.id == Order.requisition_id)
        query = query.outerjoin(Before, Before.id == Order.rest_of_id)
        return _narrowed(query, waiting.order_views)


class ShipmentTable(Table):
    """The deliveries this person may see."""

    model = Shipment
    columns = [
        Column("number", _("Number"), kind="code", link=lambda row: url_for("orders.shipment", id=row.id)),
        Column("supplier", _("From"), Depot.name, facet=True),
        Column("facility", _("To"), Place.name),
        Column("state", _("State"), facet=SHIPMENT.states),
        Column("packages", _("Packages"), kind="number"),
        Column("shipped_on", _("Shipped on"), kind="date"),
        Column("order", _("Order"), Order.number, default=False),
        Column("packed_on", _("Packed on"), kind="date", default=False),
        Column("shipped_by", _("Shipped by"), default=False),
        Column("seal", _("Seal"), default=False),
        Column("carrier", _("Carrier"), default=False),
        Column("driver", _("Driver"), default=False),
        Column("vehicle", _("Vehicle"), default=False),
        Column("note", _("Remarks"), default=False),
        *CODES,
    ]
    search = [Shipment.number, Place.name, Depot.name]
    default_sort = "-shipped_on"
    options = [selectinload(Shipment.facility), selectinload(Shipment.supplier)]
    views = [
        ("all", _("All"), {}),
        ("receive", _("To receive"), {"view": "receive"}),
        ("underway", _("On the way"), {"view": "underway"}),
        ("disputed", _("Disputed"), {"view": "disputed"}),
        ("late", _("Late"), {"view": "late"}),
    ]
    empty = (_("No delivery yet"), _("What a depot sends, and what is sent to you, stands here."))

    def query(self) -> Select[Any]:
        """Return the deliveries, those of a ready-made view alone when one is chosen."""
        query = select(Shipment).join(Place, Place.id == Shipment.facility_id)
        query = query.outerjoin(Order, Order.id == Shipment.order_id)
        return _narrowed(query.join(Depot, Depot.id == Shipment.supplier_id), waiting.shipment_views)


class ReceiptTable(Table):
    """The receipts this person may see."""

    model = Receipt
    columns = [
        Column("number", _("Number"), kind="code", link=lambda row: url_for("orders.receipt", id=row.id)),
        Column("shipment", _("Delivery note"), Shipment.number),
        Column("supplier", _("From"), Depot.name, facet=True),
        Column("facility", _("To"), Place.name),
        Column("state", _("State"), facet=RECEIPT.states),
        Column("expected_on", _("Expected on"), kind="date"),
        Column("received_on", _("Received on"), kind="date"),
        due_column(Receipt, default=False),
        Column("received_by", _("Received by"), default=False),
        Column("commission", _("Receiving committee"), default=False),
        Column("note", _("Remarks"), default=False),
        *CODES,
    ]
    search = [Receipt.number, Shipment.number, Place.name]
    default_sort = "-expected_on"
    options = [selectinload(Receipt.shipment)]
    views = [
        ("all", _("All"), {}),
        ("receive", _("To receive"), {"view": "receive"}),
        ("answer", _("To answer"), {"view": "answer"}),
        ("disputed", _("Disputed"), {"view": "disputed"}),
        ("back", _("On the way back"), {"view": "back"}),
        OVERDUE,
    ]
    empty = (_("No receipt yet"), _("Every delivery is counted on arrival; the notes of it stand here."))

    def query(self) -> Select[Any]:
        """Return the receipts, those of a ready-made view alone when one is chosen."""
        query = select(Receipt).join(Shipment, Shipment.id == Receipt.shipment_id)
        query = query.join(Place, Place.id == Shipment.facility_id).join(Depot, Depot.id == Shipment.supplier_id)
        view = request.args.get("view", "all")
        if view in ("all", "disputed"):
            return query.where(Receipt.state == view) if view != "all" else query
        return query.where(waiting.returns(current())) if view == "back" else in_view(query, Receipt, view)


# The lines of orders, deliveries and receipts, as files show them

Rest = aliased(Order)
GOODS = (
    Column("product", _("Product code"), Product.code),
    Column("product_name", _("Product"), Product.name_fr),
)
LOTS = (*GOODS, Column("lot", _("Lot number"), Lot.number), Column("expiry", _("Expiry"), Lot.expiry, kind="date"))
FOUND = (
    Column("accepted", _("Accepted"), kind="number"),
    Column("missing", _("Missing"), kind="number"),
    Column("damaged", _("Damaged"), kind="number"),
    Column("refused", _("Refused"), kind="number"),
)


class AllocationTable(Table):
    """Which lots are set aside for which orders."""

    model = Allocation
    columns = [
        Column("order", _("Order"), Order.number),
        *LOTS,
        Column("facility", _("Supplier (code)"), Facility.code),
        Column("store", _("Store"), StockLocation.name),
        Column("quantity", _("Quantity"), kind="number"),
    ]

    def query(self) -> Select[Any]:
        """Return the lots with their orders and stores."""
        query = select(Allocation).join(OrderLine, OrderLine.id == Allocation.line_id)
        query = query.join(Order, Order.id == OrderLine.order_id).join(Product, Product.id == OrderLine.product_id)
        query = query.join(StockLocation, StockLocation.id == Allocation.location_id)
        return query.join(Facility, Facility.id == StockLocation.facility_id).join(Lot, Lot.id == Allocation.lot_id)


class BackorderTable(Table):
    """What deliveries left owing, and the orders that will bring it."""

    model = Backorder
    columns = [
        Column("order", _("Order"), Order.number),
        *GOODS,
        Column("quantity", _("Quantity"), kind="number"),
        Column("rest", _("Order of the rest"), Rest.number),
    ]

    def query(self) -> Select[Any]:
        """Return the rests with both orders."""
        query = select(Backorder).join(OrderLine, OrderLine.id == Backorder.line_id)
        query = query.join(Order, Order.id == OrderLine.order_id).join(Rest, Rest.id == Backorder.order_id)
        return query.join(Product, Product.id == OrderLine.product_id)


class ShipmentLineTable(Table):
    """Which lots were shipped, and what became of them."""

    model = ShipmentLine
    columns = [
        Column("shipment", _("Delivery note"), Shipment.number),
        Column("position", _("Position"), kind="number"),
        *LOTS,
        Column("quantity", _("Shipped"), kind="number"),
        *FOUND,
        Column("pack_size", _("Pack size"), kind="number"),
        Column("unit_price", _("Unit price"), kind="money"),
    ]

    def query(self) -> Select[Any]:
        """Return the lines with their deliveries."""
        query = select(ShipmentLine).join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        return query.join(Product, Product.id == ShipmentLine.product_id).join(Lot, Lot.id == ShipmentLine.lot_id)


class ReceiptLineTable(Table):
    """What was found of each shipped lot."""

    model = ReceiptLine
    columns = [
        Column("receipt", _("Receipt"), Receipt.number),
        Column("shipment", _("Delivery note"), Shipment.number),
        *LOTS,
        Column("expected", _("Delivered"), kind="number"),
        *FOUND,
        Column("comment", _("Remarks")),
    ]

    def query(self) -> Select[Any]:
        """Return the lines with their receipts and lots."""
        query = select(ReceiptLine).join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        query = query.join(ShipmentLine, ShipmentLine.id == ReceiptLine.shipment_line_id)
        query = query.join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        return query.join(Product, Product.id == ShipmentLine.product_id).join(Lot, Lot.id == ShipmentLine.lot_id)
