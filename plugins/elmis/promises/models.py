"""Orders, the lots set aside for them, their shipments and what was received of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Within
from core.data.db import Model, Money, Quantity, UTCDateTime, utcnow
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.promises.rights import Sides

RETURNING: Any = literal_column("(refused > taken_back + spoilt)")  # asked for in these words, an index serves

if TYPE_CHECKING:  # a promise names the store and the request it is of; both stand above it
    from plugins.elmis.ledger.models import StockLocation
    from plugins.elmis.requisitions.models import Requisition


class Order(Model):
    """What a supplier has to deliver to a facility; the rest of a short delivery becomes an order of its own."""

    __tablename__ = "elmis_order"
    __entity__ = "elmis.order"
    __scope__ = Sides()
    __table_args__ = (
        Index("ix_elmis_order_supplier_state", "supplier_id", "state"),
        Index("ix_elmis_order_facility_state", "facility_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    supplier_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Supplier")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    requisition_id: Mapped[int | None] = mapped_column(
        ForeignKey("elmis_requisition.id"), index=True, info={"label": _("Requisition")}
    )
    rest_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("elmis_order.id"), index=True, info={"label": _("Rest of")}
    )
    state: Mapped[str] = mapped_column(String(20), default="to_prepare", index=True, info={"label": _("State")})
    urgent: Mapped[bool] = mapped_column(default=False, info={"label": _("Emergency order")})
    ordered_on: Mapped[date] = mapped_column(Date, info={"label": _("Ordered on")})
    needed_on: Mapped[date] = mapped_column(Date, index=True, info={"label": _("Needed on")})
    moved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("In this state since")})
    currency: Mapped[str] = mapped_column(String(3), info={"label": _("Currency")})

    supplier: Mapped[Facility] = relationship(foreign_keys=[supplier_id])
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
    requisition: Mapped["Requisition | None"] = relationship()
    rest_of: Mapped["Order | None"] = relationship(remote_side=[id])
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", order_by="OrderLine.position")
    shipments: Mapped[list["Shipment"]] = relationship(back_populates="order", order_by="Shipment.id")


class OrderLine(Model):
    """One product of an order; after the shipment: ordered = shipped + backordered + cancelled."""

    __tablename__ = "elmis_order_line"
    __entity__ = "elmis.order_line"
    __scope__ = Within("order")
    __table_args__ = (
        UniqueConstraint("order_id", "product_id"),
        CheckConstraint(
            "ordered > 0 AND allocated >= 0 AND shipped >= 0 AND cancelled >= 0 AND backordered >= 0", name="positive"
        ),
        CheckConstraint("allocated + shipped + cancelled + backordered <= ordered", name="no_more_than_ordered"),
        CheckConstraint("received >= 0 AND received <= shipped", name="received_of_shipped"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True, info={"label": _("Product")})
    position: Mapped[int] = mapped_column(Integer, info={"label": _("Position")})
    requested: Mapped[int] = mapped_column(Quantity, info={"label": _("Requested")})
    ordered: Mapped[int] = mapped_column(Quantity, info={"label": _("Approved")})
    allocated: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Set aside")})
    shipped: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Shipped")})
    received: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Received")})
    cancelled: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Cancelled")})
    backordered: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("To follow")})
    pack_size: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Pack size")})
    unit_price: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Unit price")})

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
    allocations: Mapped[list["Allocation"]] = relationship(
        back_populates="line", cascade="all, delete-orphan", order_by="Allocation.id"
    )

    @property
    def open(self) -> int:
        """Return what is still to be set aside."""
        return self.ordered - self.allocated - self.shipped - self.cancelled - self.backordered


class Allocation(Model):
    """Units of a lot in a store that are set aside for an order line, until they are shipped or released."""

    __tablename__ = "elmis_allocation"
    __entity__ = "elmis.allocation"
    __scope__ = Within("line")
    __table_args__ = (
        UniqueConstraint("line_id", "location_id", "lot_id"),
        CheckConstraint("quantity > 0", name="positive"),
        Index("ix_elmis_allocation_stock", "location_id", "lot_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey(OrderLine.id))
    location_id: Mapped[int] = mapped_column(ForeignKey("elmis_location.id"), info={"label": _("Store")})
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), info={"label": _("Lot")})
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Quantity")})

    line: Mapped[OrderLine] = relationship(back_populates="allocations")
    location: Mapped["StockLocation"] = relationship()
    lot: Mapped[Lot] = relationship()


class Backorder(Model):
    """What a shipment left owing of a line, and the order that will bring it."""

    __tablename__ = "elmis_backorder"
    __entity__ = "elmis.backorder"
    __scope__ = Within("line")
    __table_args__ = (CheckConstraint("quantity > 0", name="positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey(OrderLine.id), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id), index=True, info={"label": _("Order of the rest")})
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Quantity")})

    line: Mapped[OrderLine] = relationship()
    order: Mapped[Order] = relationship()


class Shipment(Model):
    """Goods that leave one store for another, under a delivery note; without an order it is a transfer."""

    __tablename__ = "elmis_shipment"
    __entity__ = "elmis.shipment"
    __scope__ = Sides()
    __table_args__ = (
        Index("ix_elmis_shipment_supplier_state", "supplier_id", "state"),
        Index("ix_elmis_shipment_facility_state", "facility_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    order_id: Mapped[int | None] = mapped_column(ForeignKey(Order.id), index=True, info={"label": _("Order")})
    supplier_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Supplier")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    store_id: Mapped[int] = mapped_column(ForeignKey("elmis_location.id"), info={"label": _("Receiving store")})
    state: Mapped[str] = mapped_column(String(20), default="packed", index=True, info={"label": _("State")})
    packages: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Packages")})
    seal: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Seal")})
    carrier: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Carrier")})
    driver: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Driver")})
    vehicle: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Vehicle")})
    note: Mapped[str] = mapped_column(String(500), default="", info={"label": _("Remarks")})
    packed_on: Mapped[date] = mapped_column(Date, info={"label": _("Packed on")})
    shipped_on: Mapped[date | None] = mapped_column(Date, index=True, info={"label": _("Shipped on")})
    shipped_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Shipped by")})

    order: Mapped[Order | None] = relationship(back_populates="shipments")
    supplier: Mapped[Facility] = relationship(foreign_keys=[supplier_id])
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
    store: Mapped["StockLocation"] = relationship()
    lines: Mapped[list["ShipmentLine"]] = relationship(back_populates="shipment", order_by="ShipmentLine.position")
    receipts: Mapped[list["Receipt"]] = relationship(back_populates="shipment", order_by="Receipt.id")


class ShipmentLine(Model):
    """Units of one lot in a shipment, and what became of them; the rest is still on the way."""

    __tablename__ = "elmis_shipment_line"
    __entity__ = "elmis.shipment_line"
    __scope__ = Within("shipment")
    __table_args__ = (
        CheckConstraint("quantity > 0", name="positive"),
        CheckConstraint("accepted >= 0 AND missing >= 0 AND damaged >= 0 AND refused >= 0", name="counted"),
        CheckConstraint("accepted + missing + damaged + refused <= quantity", name="no_more_than_shipped"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shipment_id: Mapped[int] = mapped_column(ForeignKey(Shipment.id), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey(OrderLine.id), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True, info={"label": _("Product")})
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), index=True, info={"label": _("Lot")})
    location_id: Mapped[int] = mapped_column(ForeignKey("elmis_location.id"), info={"label": _("Store")})
    position: Mapped[int] = mapped_column(Integer, info={"unshown": True})
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Shipped")})
    accepted: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Accepted")})
    missing: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Missing")})
    damaged: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Damaged")})
    refused: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Refused")})
    pack_size: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Pack size")})
    unit_price: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Unit price")})

    shipment: Mapped[Shipment] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine | None] = relationship()
    product: Mapped[Product] = relationship()
    lot: Mapped[Lot] = relationship()
    location: Mapped["StockLocation"] = relationship()

    @property
    def in_transit(self) -> int:
        """Return what has left and was not yet counted on arrival."""
        return self.quantity - self.accepted - self.missing - self.damaged - self.refused

    @property
    def amount(self) -> Decimal | None:
        """Return what the shipped units cost, or None without a price."""
        return None if self.unit_price is None else self.quantity * self.unit_price


class Receipt(Model):
    """The count of a shipment on arrival; goods that come later are counted in a second one."""

    __tablename__ = "elmis_receipt"
    __entity__ = "elmis.receipt"
    __scope__ = Within("shipment", home="facility_id")  # whoever receives counts

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    shipment_id: Mapped[int] = mapped_column(ForeignKey(Shipment.id), index=True)
    state: Mapped[str] = mapped_column(String(20), default="expected", index=True, info={"label": _("State")})
    expected_on: Mapped[date] = mapped_column(Date, info={"label": _("Expected on")})
    received_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Received on")})
    received_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Received by")})
    commission: Mapped[str] = mapped_column(Text, default="", info={"label": _("Receiving committee")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    turn: Mapped[str] = mapped_column(String(20), default="", info={"label": _("Whose answer is awaited")})

    shipment: Mapped[Shipment] = relationship(back_populates="receipts")
    lines: Mapped[list["ReceiptLine"]] = relationship(back_populates="receipt", order_by="ReceiptLine.id")
    extras: Mapped[list["ReceiptExtra"]] = relationship(back_populates="receipt", order_by="ReceiptExtra.id")

    @property
    def facility(self) -> Facility:
        """Return who receives."""
        return self.shipment.facility

    @property
    def supplier(self) -> Facility:
        """Return who has shipped."""
        return self.shipment.supplier


class ReceiptLine(Model):
    """What was found of one shipped lot, and what became of the differences afterwards."""

    __tablename__ = "elmis_receipt_line"
    __entity__ = "elmis.receipt_line"
    __scope__ = Within("receipt")
    __table_args__ = (
        UniqueConstraint("receipt_id", "shipment_line_id"),
        CheckConstraint("accepted >= 0 AND missing >= 0 AND damaged >= 0 AND refused >= 0", name="counted"),
        CheckConstraint(
            "found >= 0 AND left_behind >= 0 AND taken_over >= 0"
            " AND found + left_behind + taken_over <= missing + damaged",
            name="settled",
        ),
        CheckConstraint("taken_back >= 0 AND spoilt >= 0 AND taken_back + spoilt <= refused", name="returned"),
        Index("ix_elmis_receipt_line_returning", "receipt_id", sqlite_where=RETURNING, postgresql_where=RETURNING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey(Receipt.id))
    shipment_line_id: Mapped[int] = mapped_column(ForeignKey(ShipmentLine.id), index=True)
    expected: Mapped[int] = mapped_column(Quantity, info={"label": _("Delivered")})
    accepted: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Accepted")})
    missing: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Missing")})
    damaged: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Damaged")})
    refused: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Refused")})
    found: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Found later")})
    left_behind: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Had not left the sender")})
    taken_over: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Loss of the receiver")})
    taken_back: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Taken back")})
    spoilt: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Spoilt or not come back")})
    comment: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Remarks")})

    receipt: Mapped[Receipt] = relationship(back_populates="lines")
    shipment_line: Mapped[ShipmentLine] = relationship()

    @property
    def as_noted(self) -> bool:
        """Return whether exactly what the note says came of a line, and nothing beyond it of its lot."""
        beyond = any(extra.lot_id == self.shipment_line.lot_id for extra in self.receipt.extras)
        return self.accepted == self.expected and not beyond

    @property
    def later(self) -> int:
        """Return what was still on its way when the line was counted."""
        return self.expected - self.accepted - self.missing - self.damaged - self.refused

    @property
    def lost(self) -> int:
        """Return what stands in the sender's losses: missing or damaged, and neither found nor taken over."""
        return self.missing + self.damaged - self.found - self.left_behind - self.taken_over

    @property
    def returning(self) -> int:
        """Return what was refused or called back, and the sender has not yet in hand."""
        return self.refused - self.taken_back - self.spoilt


class ReceiptExtra(Model):
    """Goods that came beyond the note, or in place of a lot of it; the sender is to agree that they left him."""

    __tablename__ = "elmis_receipt_extra"
    __entity__ = "elmis.receipt_extra"
    __scope__ = Within("receipt")
    __table_args__ = (CheckConstraint("quantity > 0", name="positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey(Receipt.id), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True, info={"label": _("Product")})
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), index=True, info={"label": _("Lot")})
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Quantity")})
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey(ShipmentLine.id), info={"label": _("In place of")})
    state: Mapped[str] = mapped_column(String(20), default="open", info={"label": _("State")})
    comment: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Remarks")})

    receipt: Mapped[Receipt] = relationship(back_populates="extras")
    product: Mapped[Product] = relationship()
    lot: Mapped[Lot] = relationship()
    instead_of: Mapped[ShipmentLine | None] = relationship()
