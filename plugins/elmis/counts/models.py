"""A count and its lines."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Within
from core.data.db import Model, Quantity, UTCDateTime, utcnow
from core.data.states import Machine, State, Transition
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import StockLocation

COUNTING, REVIEW, POSTED, CANCELLED = "counting", "review", "posted", "cancelled"
ALL, CHOSEN = "all", "chosen"
WHAT = {
    ALL: _("The whole store"), "tracers": _("The tracer products"), "cold": _("The cold chain"),
    CHOSEN: _("Chosen products"),  # those of its lines
}  # fmt: skip
FLAGS = {"tracers": Product.tracer, "cold": Product.cold}  # the products of a count of some of them
RIGHT = "elmis.count.post"
MACHINE = Machine(
    "elmis.count",
    {
        COUNTING: State(_("Counting"), "info", _("Going on counting")),
        REVIEW: State(_("To check"), "warn", _("End of counting")),
        POSTED: State(_("Posted"), "ok", _("Posting")),
        CANCELLED: State(_("Given up"), "neutral", _("Cancellation")),
    },
    [
        Transition(COUNTING, "review", REVIEW, RIGHT, _("Check the differences"), strong=True),
        Transition(REVIEW, "recount", COUNTING, RIGHT, _("Go on counting")),
        Transition(REVIEW, "post", POSTED, RIGHT, _("Post the differences"), strong=True),
        Transition(COUNTING, "cancel", CANCELLED, RIGHT, _("Cancel the count"), needs_reason=True),
        Transition(REVIEW, "cancel", CANCELLED, RIGHT, _("Cancel the count"), needs_reason=True),
    ],
)


class Count(Model):
    """A physical count of one store; it may span days, and each line says when it was counted."""

    __tablename__ = "elmis_count"
    __entity__ = "elmis.count"
    __scope__ = At("facility_id", read="elmis.stock.view", write=RIGHT)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), info={"label": _("Number")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey(StockLocation.id))
    what: Mapped[str] = mapped_column(String(40), default="all", info={"label": _("What to count")})
    counted_on: Mapped[date] = mapped_column(Date, info={"label": _("Date")})
    state: Mapped[str] = mapped_column(String(20), default=COUNTING, index=True, info={"label": _("State")})
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Opened at")})
    created_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Opened by")})
    comment: Mapped[str] = mapped_column(Text, default="", info={"label": _("Comment")})
    # ",12,15,": the products of which it counted all that lay there, when it is not of everything; this stays as it was
    covers: Mapped[str] = mapped_column(Text, default="", server_default="", info={"unshown": True})

    facility: Mapped[Facility] = relationship()
    location: Mapped[StockLocation] = relationship()
    lines: Mapped[list["CountLine"]] = relationship(
        back_populates="count", cascade="all, delete-orphan", order_by="CountLine.id"
    )


class CountLine(Model):
    """One lot: what was found, when, and why the book differs; `expected` is what the book said, once posted."""

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
    counted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Counted at")})
    comment: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Reason of the difference")})
    posted: Mapped[int | None] = mapped_column(Quantity, info={"label": _("Posted difference")})  # into the ledger

    count: Mapped[Count] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
    lot: Mapped[Lot] = relationship()
