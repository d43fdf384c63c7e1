"""A count and its lines."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Within
from core.data.db import Model, Quantity, UTCDateTime, utcnow
from core.data.states import Machine, State, Transition
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product

COUNTING, REVIEW, POSTED, CANCELLED = "counting", "review", "posted", "cancelled"
RIGHT = "elmis.count.post"
MACHINE = Machine(
    "elmis.count",
    {
        COUNTING: State(_("Counting"), "info"),
        REVIEW: State(_("To check"), "warn"),
        POSTED: State(_("Posted"), "ok"),
        CANCELLED: State(_("Cancelled"), "neutral"),
    },
    [
        Transition(COUNTING, "review", REVIEW, RIGHT, _("Check the differences"), strong=True),
        Transition(REVIEW, "recount", COUNTING, RIGHT, _("Go on counting")),
        Transition(REVIEW, "post", POSTED, RIGHT, _("Post the differences"), strong=True),
        Transition(COUNTING, "cancel", CANCELLED, RIGHT, _("Cancel"), needs_reason=True),
        Transition(REVIEW, "cancel", CANCELLED, RIGHT, _("Cancel"), needs_reason=True),
    ],
)


class Count(Model):
    """A physical count of a store on one day."""

    __tablename__ = "elmis_count"
    __entity__ = "elmis.count"
    __scope__ = At("facility_id", read="elmis.stock.view", write=RIGHT)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), info={"label": _("Number")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    counted_on: Mapped[date] = mapped_column(Date, info={"label": _("Date")})
    state: Mapped[str] = mapped_column(String(20), default=COUNTING, index=True, info={"label": _("State")})
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Opened at")})
    created_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Opened by")})
    comment: Mapped[str] = mapped_column(Text, default="", info={"label": _("Comment")})

    facility: Mapped[Facility] = relationship()
    lines: Mapped[list["CountLine"]] = relationship(
        back_populates="count", cascade="all, delete-orphan", order_by="CountLine.id"
    )


class CountLine(Model):
    """One lot: what the ledger said when it was counted, what was found, and why they differ."""

    __tablename__ = "elmis_count_line"
    __entity__ = "elmis.count_line"
    __scope__ = Within("count")
    __table_args__ = (UniqueConstraint("count_id", "lot_id"), CheckConstraint("counted >= 0", name="counted"))

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey(Count.id), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id))
    expected: Mapped[int] = mapped_column(Quantity, info={"label": _("Expected")})
    counted: Mapped[int | None] = mapped_column(Quantity, info={"label": _("Counted")})
    comment: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Reason of the difference")})
    posted: Mapped[int | None] = mapped_column(Integer, info={"label": _("Posted difference")})  # into the ledger

    count: Mapped[Count] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
    lot: Mapped[Lot] = relationship()

    @property
    def difference(self) -> int | None:
        """Return counted − expected, or None while it is not counted."""
        return None if self.counted is None else self.counted - self.expected
