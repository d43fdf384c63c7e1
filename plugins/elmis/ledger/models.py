"""Locations, reasons, movements, balances, and the months that were reported and closed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _, label_of
from core.data.access import Access, At, Everyone, Open, Within
from core.data.codes import WIDER, key_column, number_key
from core.data.db import Model, Quantity, UTCDateTime, utcnow
from core.data.states import Machine, State, Transition
from core.data.waits import Wait
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.units import measured

BOOK = "the book of a place is counted whole: whoever calls has judged who may see the place"
STORE, SUPPLIER, TRANSIT, CONSUMPTION = "store", "supplier", "in_transit", "consumption"
LOSS, ADJUSTMENT, QUARANTINE, DESTRUCTION, DISCREPANCY = (
    "loss", "adjustment", "quarantine", "destruction", "discrepancy",
)  # fmt: skip
RETURNING = "returning"  # refused or called back: the sender's goods, until he has them in hand
KINDS = {
    STORE: _("Store"), SUPPLIER: _("Suppliers"), TRANSIT: _("In transit"), CONSUMPTION: _("Consumption"),
    LOSS: _("Losses"), ADJUSTMENT: _("Adjustments"), QUARANTINE: _("Quarantine"), DESTRUCTION: _("Destruction"),
    DISCREPANCY: _("Discrepancies"), RETURNING: _("On the way back"),
}  # fmt: skip
PHYSICAL = frozenset({STORE, TRANSIT, QUARANTINE, RETURNING})  # where goods really are: never below zero
PREFIX = "import:"  # the mark of movements and counts that came in from another system
UNSHOWN = {"unshown": True}  # of no use on a page, or said by the line of the trail already
OPEN, JUSTIFIED = "open", "justified"
DECLARED, DECLARE, CLOSE = "elmis.requisition.view", "elmis.requisition.edit", "elmis.catalogue.edit"  # a month
HELD: Any = literal_column("(elmis_balance.physical AND elmis_balance.quantity > 0)")  # in these words an index serves
LEFT = "physical AND quantity > 0"
BOUND = "bound_for_id IS NOT NULL"
GIVEN = "paper <> ''"
WITH_PAPER: Any = literal_column("(elmis_movement.paper <> '')")  # asked for in these words, its index serves
NUMBERED = "paper_key <> ''"
SUMMED = ("reason_id", "lot_id", "quantity")
OF_A_COUNT: Any = literal_column("(observation_id IS NOT NULL)")  # few movements are
JUSTIFY = "elmis.stock.move"  # whoever keeps the store knows; its head is told
TO_JUSTIFY = Wait(
    _("Missing: %(movement.product)s"), _("Justify"), JUSTIFY,
    detail=_("%(facility)s: %(measured)s, lot %(movement.lot.number)s %(source)s"),
    many=_("Differences to justify: %(number)s"),
)  # fmt: skip
SHORTFALL = Machine(
    "elmis.discrepancy",
    {
        OPEN: State(_("To justify"), "danger", _("Discovery"), [TO_JUSTIFY]),
        JUSTIFIED: State(_("Justified"), "ok", _("Justification")),
    },
    [Transition(OPEN, "justify", JUSTIFIED, JUSTIFY, _("Justify"), strong=True)],
    "stock.index",
    {"open": _("Found missing"), "justify": _("Justified")},
)


def paper_key(context: Any) -> str:
    """Return by what the paper of a row is found: the number it came with, else that of the document."""
    row = context.get_current_parameters()
    return number_key(row.get("paper") or row.get("document"))


class Reason(Model):
    """Why goods move: from and to which kind of location, and whether it counts as consumption."""

    __tablename__ = "elmis_reason"
    __entity__ = "elmis.reason"
    __scope__ = Everyone(write="elmis.catalogue.edit")

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code"), **UNSHOWN})
    label_en: Mapped[str] = mapped_column(String(120), info={"label": _("English label")})
    label_fr: Mapped[str] = mapped_column(String(120), info={"label": _("French label")})
    from_kind: Mapped[str] = mapped_column(String(20), info={"label": _("Goes from")})
    to_kind: Mapped[str] = mapped_column(String(20), info={"label": _("Goes to")})
    counts_as_consumption: Mapped[bool] = mapped_column(
        Boolean, default=False, info={"label": _("Counts as consumption")}
    )
    needs_comment: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Needs a comment")})
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("In use")})  # offered to people

    @property
    def label(self) -> str:
        """Return the label in the language of the page."""
        return label_of(self)


class StockLocation(Model):
    """A side of a movement: a store, or one of the facility's counterparts (supplier, transit, loss …)."""

    __tablename__ = "elmis_location"
    __entity__ = "elmis.location"
    __scope__ = Open("facility_id", write="elmis.stock.move")
    __table_args__ = (
        UniqueConstraint("facility_id", "kind", "name"),
        Index("ix_elmis_location_facility_id_kind_name_key", "facility_id", "kind", "name_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    kind: Mapped[str] = mapped_column(String(20), info={"label": _("Kind")})
    name: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Name")})
    name_key: Mapped[str] = key_column("name", 120)

    facility: Mapped[Facility] = relationship()

    @property
    def title(self) -> str:
        """Return the name of a store within its facility, as people read it."""
        return self.name or str(_("Main store"))

    @property
    def physical(self) -> bool:
        """Return whether goods really lie here."""
        return self.kind in PHYSICAL


class Movement(Model):
    """A quantity of a lot that went from one location to another. It is never changed: a mistake is reversed."""

    __tablename__ = "elmis_movement"
    __entity__ = "elmis.movement"
    __append_only__ = True
    __scope__ = At("target_facility_id", "source_facility_id", read="elmis.stock.view", write="elmis.stock.move")
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("source_id <> target_id", name="sides"),
        # what went out of and into a store is summed up from these alone, without the rows
        Index("ix_elmis_movement_source", "source_id", "product_id", "occurred_on", *SUMMED, "target_id"),
        Index("ix_elmis_movement_target", "target_id", "product_id", "occurred_on", *SUMMED, "source_id"),
        Index(
            "ix_elmis_movement_observation_id", "observation_id", sqlite_where=OF_A_COUNT, postgresql_where=OF_A_COUNT
        ),
        # few movements have one: what is on the way by an import is found among them alone
        Index("ix_elmis_movement_bound", "bound_for_id", sqlite_where=text(BOUND), postgresql_where=text(BOUND)),
        Index("ix_elmis_movement_paper", "paper", sqlite_where=text(GIVEN), postgresql_where=text(GIVEN)),
        Index(
            "ix_elmis_movement_paper_key",
            "paper_key",
            "target_facility_id",
            sqlite_where=text(NUMBERED),
            postgresql_where=text(NUMBERED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(80), unique=True, info=UNSHOWN)  # made by the client, or "import:<own id>"
    source_id: Mapped[int] = mapped_column(ForeignKey(StockLocation.id), info={"label": _("From")})
    target_id: Mapped[int] = mapped_column(ForeignKey(StockLocation.id), info={"label": _("To")})
    source_facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info=UNSHOWN)  # of its sides
    target_facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info=UNSHOWN)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), index=True)
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Quantity")})
    occurred_on: Mapped[date] = mapped_column(Date, info={"label": _("Date")})
    # its place among the counts of its day, where that is known; else it happened when it was recorded
    happened_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Moment")})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info=UNSHOWN)
    user_id: Mapped[int | None] = mapped_column(Integer, info=UNSHOWN)
    user_label: Mapped[str] = mapped_column(String(200), default="", info=UNSHOWN)
    reason_id: Mapped[int] = mapped_column(ForeignKey(Reason.id))
    comment: Mapped[str] = mapped_column(Text, default="", info={"label": _("Comment")})
    document: Mapped[str] = mapped_column(String(60), default="", index=True, info={"label": _("Document")})
    document_ref: Mapped[str] = mapped_column(String(80), default="", info=UNSHOWN)
    # the number on the paper that came with the goods, where `document` is that of our own slip
    paper: Mapped[str] = mapped_column(
        String(60), default="", server_default="", info={"label": _("Number of the paper")}
    )
    # what `paper`, or else `document`, is compared by
    paper_key: Mapped[str] = mapped_column(
        String(60 * WIDER), default=paper_key, server_default="", info={"derived": True, **UNSHOWN}
    )
    counterpart: Mapped[str] = mapped_column(String(200), default="", info={"label": _("From / to")})
    device: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Device")})
    reverses_id: Mapped[int | None] = mapped_column(
        ForeignKey("elmis_movement.id"), unique=True, info={"label": _("Reverses")}
    )
    observation_id: Mapped[int | None] = mapped_column(ForeignKey("elmis_observation.id"))  # a count's difference
    import_run: Mapped[int | None] = mapped_column(Integer, info={"entity": "core.import"})
    # the facility that imported goods on the way are for
    bound_for_id: Mapped[int | None] = mapped_column(Integer, info={"label": _("Bound for"), "entity": "core.facility"})

    source: Mapped[StockLocation] = relationship(foreign_keys=[source_id], viewonly=True)
    target: Mapped[StockLocation] = relationship(foreign_keys=[target_id], viewonly=True)
    product: Mapped[Product] = relationship(viewonly=True)
    lot: Mapped[Lot] = relationship(viewonly=True)
    reason: Mapped[Reason] = relationship(viewonly=True)
    observation: Mapped["Observation | None"] = relationship(viewonly=True)
    reverses: Mapped["Movement | None"] = relationship(remote_side=[id], viewonly=True)


class Placing(Model):
    """Where a movement stands among the counts of its day, as somebody said later who knew: it moves, and no more."""

    __tablename__ = "elmis_placing"
    __entity__ = "elmis.placing"
    __scope__ = Within("movement")

    movement_id: Mapped[int] = mapped_column(ForeignKey(Movement.id), primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, info={"label": _("Happened at")})

    movement: Mapped[Movement] = relationship()


class Observation(Model):
    """What was seen of a lot in a store at one moment, by a count: the book says the same there, whatever comes later.

    It stands in its day (`counted_on`) after all that happened up to `counted_at`. It is kept also when count and
    book agreed, and never changed.
    """

    __tablename__ = "elmis_observation"
    __entity__ = "elmis.observation"
    __append_only__ = True
    __scope__ = At("facility_id", read="elmis.stock.view", write="elmis.count.post")
    __table_args__ = (
        UniqueConstraint("location_id", "lot_id", "counted_on", "counted_at"),
        CheckConstraint("quantity >= 0", name="quantity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(String(80), unique=True, info=UNSHOWN)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey(StockLocation.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), index=True)
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Counted")})
    counted_on: Mapped[date] = mapped_column(Date, info={"label": _("Date")})
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime, info={"label": _("Counted at")})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info=UNSHOWN)
    user_id: Mapped[int | None] = mapped_column(Integer, info=UNSHOWN)
    user_label: Mapped[str] = mapped_column(String(200), default="", info=UNSHOWN)
    comment: Mapped[str] = mapped_column(Text, default="", info={"label": _("Comment")})
    document: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Document")})
    document_ref: Mapped[str] = mapped_column(String(80), default="", info=UNSHOWN)
    import_run: Mapped[int | None] = mapped_column(Integer, info={"entity": "core.import"})

    location: Mapped[StockLocation] = relationship()
    product: Mapped[Product] = relationship()
    lot: Mapped[Lot] = relationship()


class StockBalance(Model):
    """What lies at a location now; kept in the same transaction as the movements, below zero only where
    nothing physical lies. It changes by the guarded statements of `post`, never as an object."""

    __tablename__ = "elmis_balance"
    __entity__ = "elmis.balance"
    __scope__ = At("facility_id", read="elmis.stock.view", write="elmis.stock.move")
    __table_args__ = (
        CheckConstraint("quantity >= 0 OR NOT physical", name="not_negative"),
        # most rows are lots used up long ago: who holds a lot, and what expires, look at the others only
        Index("ix_elmis_balance_held", "lot_id", sqlite_where=text(LEFT), postgresql_where=text(LEFT)),
    )

    location_id: Mapped[int] = mapped_column(ForeignKey(StockLocation.id), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    physical: Mapped[bool] = mapped_column(Boolean, info=UNSHOWN)
    quantity: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Quantity")})

    location: Mapped[StockLocation] = relationship()
    lot: Mapped[Lot] = relationship()
    product: Mapped[Product] = relationship()
    facility: Mapped[Facility] = relationship()


class Discrepancy(Model):
    """A fact from a device that found too little stock: what was missing, and who explains it."""

    __tablename__ = "elmis_discrepancy"
    __entity__ = "elmis.discrepancy"
    __scope__ = At("facility_id", read="elmis.stock.view", write="elmis.stock.move")

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    movement_id: Mapped[int] = mapped_column(ForeignKey(Movement.id))
    quantity: Mapped[int] = mapped_column(Quantity, info={"label": _("Quantity")})
    state: Mapped[str] = mapped_column(String(20), default=OPEN, index=True, info={"label": _("State")})
    explanation: Mapped[str] = mapped_column(Text, default="", info={"label": _("Explanation")})
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Opened at")})

    facility: Mapped[Facility] = relationship()
    movement: Mapped[Movement] = relationship()

    @property
    def measured(self) -> str:
        """Return how much was missing, with the unit of the product."""
        return measured(self.movement.product, self.quantity)

    @property
    def source(self) -> str:
        """Return in brackets the paper that showed it, and who is on the other side of it."""
        said = " · ".join(filter(None, (self.movement.document, self.movement.counterpart)))
        return f"({said})" if said else ""


class Calendar(Everyone):
    """Months: whoever proposes an order begins one; closing and opening it again is a setting."""

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the month is new, or may be changed."""
        return access.can(DECLARE) if obj.id is None and not obj.closed else access.can_everywhere(CLOSE)


class Period(Model):
    """A calendar month of the country; a closed one takes no more orders and reports."""

    __tablename__ = "elmis_period"
    __entity__ = "elmis.period"
    __scope__ = Calendar(write=(DECLARE, CLOSE))

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(Date, unique=True, info={"label": _("Month")})
    closed: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Closed")})


class StockReport(Model):
    """A facility's word that its records of a month are complete: without it nothing issued means unknown, not zero."""

    __tablename__ = "elmis_stock_report"
    __entity__ = "elmis.stock_report"
    __scope__ = At("facility_id", read=DECLARED, write=DECLARE)
    __table_args__ = (UniqueConstraint("facility_id", "month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    month: Mapped[date] = mapped_column(Date, info={"label": _("Month")})
    reported_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Reported at")})

    facility: Mapped[Facility] = relationship()
