"""A request to give goods to another facility."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Access, At
from core.data.db import Model, Quantity
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.promises.models import Shipment
from plugins.elmis.promises.rights import SEND, VIEW

ASK = "elmis.requisition.approve"  # who decides about the orders of a place may ask others for what it lacks
ASKING, ANSWERING = At("facility_id", read=VIEW, write=ASK), At("supplier_id", read=VIEW, write=SEND)


@dataclass(frozen=True, init=False)
class Asked(At):
    """Rows of two facilities: written by whoever asks for the one or moves the stock of the other."""

    def __init__(self) -> None:
        super().__init__("supplier_id", "facility_id", read=VIEW, write=(ASK, SEND))

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether this person asks for the receiver, or answers for the holder."""
        return ASKING.may_write(obj, access) or ANSWERING.may_write(obj, access)


class TransferRequest(Model):
    """A holder is asked to send some of an article to a facility that lacks it."""

    __tablename__ = "elmis_transfer_request"
    __entity__ = "elmis.transfer_request"
    __scope__ = Asked()
    __table_args__ = (
        CheckConstraint("quantity > 0", name="positive"),
        Index("ix_elmis_transfer_request_supplier_state", "supplier_id", "state"),
        Index("ix_elmis_transfer_request_asker_state", "asked_by_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    supplier_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("From")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("To")})
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True, info={"label": _("Product")})
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), index=True, info={"label": _("Lot")})
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Quantity")})
    reason: Mapped[str] = mapped_column(Text, info={"label": _("Reason")})
    state: Mapped[str] = mapped_column(String(20), default="asked", index=True, info={"label": _("State")})
    asked_on: Mapped[date] = mapped_column(Date, info={"label": _("Asked on")})
    asked_by: Mapped[str] = mapped_column(String(200), info={"label": _("Asked by")})
    asked_by_id: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey(Shipment.id), index=True, info={"label": _("Delivery")})

    supplier: Mapped[Facility] = relationship(foreign_keys=[supplier_id])
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
    product: Mapped[Product] = relationship()
    lot: Mapped[Lot] = relationship()
    shipment: Mapped[Shipment | None] = relationship()

    @property
    def sent(self) -> int | None:
        """Return how much of the article was sent for it, or None while nothing was."""
        if self.shipment is None:
            return None
        return sum(line.quantity for line in self.shipment.lines if line.product_id == self.product_id)
