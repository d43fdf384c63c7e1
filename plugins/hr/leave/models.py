"""Leave: its kinds, the dated rules of each with the text that founds them, the ledger beside the rules, and requests.

Why somebody is away may be nobody's business (sickness, maternity): of a confidential kind a request says that he is
away, and no more; the kind and what was said of it stand in a row of their own (`LeaveCause`), which fewer people read.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ColumnElement, Date, ForeignKey, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _, label_of
from core.data.access import Access, Everyone
from core.data.codes import key_column
from core.data.confidence import Confidential
from core.data.db import Model, Money, UTCDateTime, utcnow
from core.facilities.models import Facility
from core.users.interims.models import Interim
from plugins.hr.formulas.leavedays import CALENDAR, WORKING
from plugins.hr.persons.models import SEXES, Person
from plugins.hr.reference.models import Dated
from plugins.hr.rights import ADVISE, ASK, CAUSES, DECIDE, LEAVE, LOG, RULES

__all__ = ["SEXES"]
UNITS = {WORKING: _("Working days"), CALENDAR: _("Calendar days")}
PERIODS = {1: _("Whole, for the year"), 2: _("By the half-year"), 4: _("By the quarter"), 12: _("By the month")}
ROUNDINGS = {
    "none": _("Not rounded"),
    "quarter": _("To a quarter of a day"),
    "half": _("To half a day"),
    "whole": _("To whole days"),
}
ASKED, REFUSED = "ask", "refuse"
BEYOND = {ASKED: _("Asked, and may be allowed"), REFUSED: _("Refused")}
OPENING, EXTRA = "opening", "extra"
ENTRIES = {OPENING: _("Balance at the start"), EXTRA: _("Days given or taken by decision")}


class LeaveType(Model):
    """A kind of leave. Of a confidential one others read only that somebody is away."""

    __tablename__ = "hr_leave_type"
    __entity__ = "hr.leave_type"
    __scope__ = Everyone(write=RULES)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, unique=True, index=True)
    label_fr: Mapped[str] = mapped_column(String(160), info={"label": _("French name")})
    label_en: Mapped[str] = mapped_column(String(160), default="", info={"label": _("English name")})
    confidential: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Confidential")})
    sex: Mapped[str | None] = mapped_column(String(1), info={"label": _("Only for")})
    position: Mapped[int] = mapped_column(Integer, default=100, info={"label": _("Place in lists")})

    @property
    def label(self) -> str:
        """Return the name in the language of the page."""
        return label_of(self)


class LeavePolicy(Dated, Model):
    """The rule of a kind of leave, from a day to a day: how it is counted, earned, carried over and limited.

    Without days a year (`annual`) there is no balance: each leave is limited by itself (`most_each`).
    """

    __tablename__ = "hr_leave_policy"
    __entity__ = "hr.leave_policy"
    __scope__ = Everyone(write=RULES)
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_from IS NULL OR valid_until >= valid_from", name="period"),
        CheckConstraint("year_month BETWEEN 1 AND 12", name="month"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    type_id: Mapped[int] = mapped_column(ForeignKey(LeaveType.id), index=True, info={"label": _("Kind of leave")})
    unit: Mapped[str] = mapped_column(String(10), default=WORKING, info={"label": _("Counted in")})
    annual: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Days a year")})
    periods: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Earned")})
    rounding: Mapped[str] = mapped_column(String(10), default="none", info={"label": _("Rounding")})
    ahead: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("May be taken before it is earned")})
    year_month: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("First month of the leave year")})
    carry_most: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Days carried over at most")})
    carry_months: Mapped[int | None] = mapped_column(Integer, info={"label": _("Months for which they hold")})
    most_each: Mapped[int | None] = mapped_column(Integer, info={"label": _("Days of one leave at most")})
    after_months: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Months of service before it")})
    beyond: Mapped[str] = mapped_column(String(10), default=REFUSED, info={"label": _("Beyond the balance")})

    type: Mapped[LeaveType] = relationship(lazy="joined")


@dataclass(frozen=True, init=False)
class OfPerson(Confidential):
    """Rows about somebody: read by him, by the account of his file as it is now, and by whoever holds `read` there."""

    def _named(self, model: Any, access: Access) -> list[ColumnElement[bool]]:
        if access.own_id is None:
            return []
        table = Person.__table__
        return [model.person_id.in_(select(table.c.id).where(table.c.user_id == access.own_id))]


class LeaveEntry(Model):
    """A line of the ledger beside the rules: with what balance somebody began, days that a decision gave or took."""

    __tablename__ = "hr_leave_entry"
    __entity__ = "hr.leave_entry"
    __append_only__ = True
    __scope__ = OfPerson("facility_id", read=LEAVE, write=DECIDE)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True, info={"label": _("Person")})
    name: Mapped[str] = mapped_column(String(200), info={"label": _("Name")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    type_id: Mapped[int] = mapped_column(ForeignKey(LeaveType.id), info={"label": _("Kind of leave")})
    kind: Mapped[str] = mapped_column(String(10), info={"label": _("Entry")})
    on: Mapped[date] = mapped_column(Date, info={"label": _("Day")})
    days: Mapped[Decimal] = mapped_column(Money, info={"label": _("Days of leave")})
    expires_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Holds until")})
    decision: Mapped[str] = mapped_column(String(200), info={"label": _("Decision")})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    recorded_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recorded by")})

    facility: Mapped[Facility] = relationship()
    type: Mapped[LeaveType] = relationship(lazy="joined")


class LeaveRequest(Model):
    """Somebody is away from a day to a day; of a confidential kind `type` is empty, and `cause` says it to few.

    `days` is how many the leave takes by the calendar that was known when it was counted; `back_on` the first day of
    work after it.
    """

    __tablename__ = "hr_leave"
    __entity__ = "hr.leave"
    __scope__ = OfPerson("facility_id", read=LEAVE, write=(ASK, ADVISE, DECIDE))
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="period"),
        CheckConstraint("days >= 0", name="days"),
        Index("ix_hr_leave_person_first", "person_id", "first_day"),
        Index("ix_hr_leave_facility_last", "facility_id", "last_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), info={"label": _("Person"), "unshown": True})
    name: Mapped[str] = mapped_column(String(250), info={"label": _("Name")})
    user_id: Mapped[int | None] = mapped_column(Integer, index=True, info={"unshown": True})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    type_id: Mapped[int | None] = mapped_column(ForeignKey(LeaveType.id), info={"label": _("Kind of leave")})
    first_day: Mapped[date] = mapped_column(Date, info={"label": _("First day")})
    last_day: Mapped[date] = mapped_column(Date, index=True, info={"label": _("Last day")})
    unit: Mapped[str] = mapped_column(String(10), info={"label": _("Counted in")})
    days: Mapped[int] = mapped_column(Integer, info={"label": _("Days of leave")})
    back_on: Mapped[date] = mapped_column(Date, info={"label": _("Back on")})
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True, info={"label": _("State")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    former: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Former number")})
    asked_on: Mapped[date] = mapped_column(Date, info={"label": _("Asked on")})
    asked_by: Mapped[str] = mapped_column(String(250), info={"label": _("Asked by")})
    advised_by: Mapped[str] = mapped_column(String(250), default="", info={"label": _("Opinion by")})
    decided_by: Mapped[str] = mapped_column(String(250), default="", info={"label": _("Decided by")})
    decided_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Decided on")})
    stand_in_id: Mapped[int | None] = mapped_column(
        ForeignKey(Person.id), index=True, info={"label": _("Interim (file)"), "unshown": True}
    )
    stand_in: Mapped[str] = mapped_column(String(250), default="", info={"label": _("Interim")})
    interim_id: Mapped[int | None] = mapped_column(ForeignKey(Interim.id), info={"label": _("Interim (rights)")})
    resumed_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Resumed service on")})

    facility: Mapped[Facility] = relationship()
    type: Mapped[LeaveType | None] = relationship(lazy="joined")
    cause: Mapped["LeaveCause | None"] = relationship(back_populates="request", uselist=False)

    @property
    def themselves(self) -> list[int]:
        """Return who may neither give the opinion nor decide: the person who asks."""
        return [] if self.user_id is None else [self.user_id]

    @property
    def what(self) -> str:
        """Return the kind as this person may read it: of a confidential one, for most, that somebody is absent."""
        known = self.type or (None if self.cause is None else self.cause.type)
        return str(_("Absent")) if known is None else known.label


class LeaveCause(Model):
    """Why somebody is away, where that is confidential."""

    __tablename__ = "hr_leave_cause"
    __entity__ = "hr.leave_cause"
    __scope__ = OfPerson("facility_id", read=CAUSES, write=(ASK, CAUSES), log=LOG)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey(LeaveRequest.id), unique=True, info={"label": _("Leave")})
    number: Mapped[str] = mapped_column(String(40), info={"label": _("Number")})
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True, info={"unshown": True})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    type_id: Mapped[int] = mapped_column(ForeignKey(LeaveType.id), info={"label": _("Kind of leave")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})

    request: Mapped[LeaveRequest] = relationship(back_populates="cause")
    facility: Mapped[Facility] = relationship()
    type: Mapped[LeaveType] = relationship(lazy="joined")
