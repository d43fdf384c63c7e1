"""The lines of orders, deliveries and receipts, as files show them."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from core.contract.words import _
from core.facilities.models import Facility
from core.web.tables import Column, Table
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import StockLocation
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
