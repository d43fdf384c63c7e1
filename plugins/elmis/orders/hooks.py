"""What the orders give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.words import _
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
from plugins.elmis.orders.rights import VIEW

ENTITIES = [
    Entity("elmis.order", Order, _("Order"), _("Orders"), permission=VIEW, icon="file-text"),
    Entity("elmis.order_line", OrderLine, _("Order line"), _("Order lines"), permission=VIEW),
    Entity("elmis.allocation", Allocation, _("Lot set aside"), _("Lots set aside"), permission=VIEW),
    Entity("elmis.backorder", Backorder, _("Rest of an order"), _("Rests of orders"), permission=VIEW),
    Entity("elmis.shipment", Shipment, _("Delivery"), _("Deliveries"), permission=VIEW, icon="truck"),
    Entity("elmis.shipment_line", ShipmentLine, _("Delivery line"), _("Delivery lines"), permission=VIEW),
    Entity("elmis.receipt", Receipt, _("Receipt"), _("Receipts"), permission=VIEW, icon="file-text"),
    Entity("elmis.receipt_line", ReceiptLine, _("Receipt line"), _("Receipt lines"), permission=VIEW),
]
