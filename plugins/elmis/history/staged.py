"""The tables in which a history waits, and what tells a line from the movement or count of the same id."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Index, Integer, String, Text, and_, literal, or_
from sqlalchemy.orm import Mapped, mapped_column

from core.data.access import Internal
from core.data.codes import WIDER
from core.data.db import Model, UTCDateTime
from plugins.elmis.ledger.models import Movement, Observation, paper_key

# new, here before, a count that found less, more, or what the book says, refused
NEW, KNOWN, LESS, MORE, EQUAL, OUT = range(6)


class Staged(Model):
    """A line of a file on its way into the ledger, or the difference by which an older count holds against it."""

    __tablename__ = "elmis_staged"
    __scope__ = Internal()
    __table_args__ = (
        Index("ix_elmis_staged_uuid", "batch", "uuid"), Index("ix_elmis_staged_source", "batch", "source", "lot"),
        Index("ix_elmis_staged_target", "batch", "target", "lot"), {"sqlite_with_rowid": False},
    )  # fmt: skip

    batch: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    uuid: Mapped[str] = mapped_column(String(80))
    own: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[int] = mapped_column(Integer, default=NEW)
    facility_id: Mapped[int] = mapped_column(Integer)
    other_id: Mapped[int] = mapped_column(Integer)
    counterpart_id: Mapped[int] = mapped_column(Integer, default=0)
    product_id: Mapped[int] = mapped_column(Integer)
    lot: Mapped[int] = mapped_column(Integer)
    source: Mapped[int] = mapped_column(Integer)
    target: Mapped[int] = mapped_column(Integer)
    source_physical: Mapped[int] = mapped_column(Integer)
    target_physical: Mapped[int] = mapped_column(Integer)
    outside: Mapped[int] = mapped_column(Integer)
    account: Mapped[int] = mapped_column(Integer, default=0)
    place: Mapped[int] = mapped_column(Integer, default=0)  # the store that the line is about, 0 without one
    quantity: Mapped[int] = mapped_column(BigInteger)
    counted: Mapped[int] = mapped_column(BigInteger, default=0)
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason_id: Mapped[int] = mapped_column(Integer)
    counts: Mapped[int] = mapped_column(Integer, default=0)
    arrives: Mapped[int] = mapped_column(Integer, default=0)
    departs: Mapped[int] = mapped_column(Integer, default=0)
    unusable: Mapped[int] = mapped_column(Integer, default=0)  # flags: what is wrong or unusual about its lot
    observation_id: Mapped[int | None] = mapped_column(Integer)
    document: Mapped[str] = mapped_column(String(60))
    paper_key: Mapped[str] = mapped_column(String(60 * WIDER), default=paper_key)
    document_ref: Mapped[str] = mapped_column(String(80), default="")
    paper: Mapped[str] = mapped_column(String(60), default="", server_default="")
    counterpart: Mapped[str] = mapped_column(String(200))
    comment: Mapped[str] = mapped_column(Text)


class StagedId(Model):
    """The id that a lot or location, which a file names first, got in the ledger."""

    __tablename__ = "elmis_staged_id"
    __scope__ = Internal()

    batch: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    before: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    now: Mapped[int] = mapped_column(Integer)


S, M, SAW = Staged.__table__.c, Movement.__table__.c, Observation.__table__.c
MOVED = ("quantity", "reason", "lot", "date", "facility", "store", "document", "counterpart", "comment",
         "paper")  # fmt: skip
SEEN = ("quantity", "lot", "date", "facility", "store", "document")


def differs(names: Sequence[str]) -> list[Any]:
    """Return the columns that say what is kept of a counterpart, which facility was given, and what differs now."""
    if names is SEEN:
        same: tuple[Any, ...] = (
            SAW.quantity != S.counted, SAW.lot_id != S.lot, SAW.counted_on != S.day, SAW.facility_id != S.facility_id,
            SAW.location_id != S.place, SAW.document != S.document,
        )  # fmt: skip
        return [literal(""), literal(0), *same]
    here = or_(M.source_facility_id == S.facility_id, M.target_facility_id == S.facility_id)
    store = or_(S.place == 0, M.target_id == S.place, M.source_id == S.place)
    ways = (
        M.quantity != S.quantity, M.reason_id != S.reason_id, M.lot_id != S.lot, M.occurred_on != S.day, ~here, ~store,
        M.document != S.document, M.counterpart != S.counterpart, M.comment != S.comment,
        and_(S.paper != "", M.paper != S.paper),  # files of before this column have none
    )  # fmt: skip
    return [M.counterpart, S.counterpart_id, *ways]
