"""Posts, which a place has whoever holds them, and assignments: who holds one, in what way, from when to when.

Who works where is known at the place (`STAFF`); the rest of a file is not.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Access, At
from core.data.codes import key_column
from core.data.db import Model, today
from core.data.states import State
from core.facilities.models import Facility
from plugins.hr.persons.models import Person
from plugins.hr.reference.models import Cadre, Grade
from plugins.hr.rights import CAREER, POSTS, STAFF

VACANT, OCCUPIED, FORESEEN, CLOSED = "vacant", "occupied", "foreseen", "closed"
STATES = {
    OCCUPIED: State(_("Filled"), "ok"),
    VACANT: State(_("Vacant"), "warn"),
    FORESEEN: State(_("Foreseen"), "info"),
    CLOSED: State(_("Closed"), "neutral"),
}
TITULAR, INTERIM, DETACHED, VOLUNTEER = "titular", "interim", "detached", "volunteer"
KINDS = {
    TITULAR: _("Titular"),
    INTERIM: _("Interim"),
    DETACHED: _("Detached"),
    VOLUNTEER: _("Volunteer"),
}
FUNDINGS = {
    "state": _("State budget"),
    "donor": _("Donor or project"),
    "community": _("Community"),
    "own": _("The facility's own means"),
    "ngo": _("Non-governmental organisation"),
    "other": _("Other"),
}


class Post(Model):
    """A post of a facility: what it is for, who pays it, from when to when; a post is not a person."""

    __tablename__ = "hr_post"
    __entity__ = "hr.post"
    __scope__ = At("facility_id", read=STAFF, write=POSTS)
    __table_args__ = (
        UniqueConstraint("facility_id", "code"),
        CheckConstraint("closes_on IS NULL OR opens_on IS NULL OR closes_on >= opens_on", name="period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    code: Mapped[str] = mapped_column(String(40), info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, index=True)
    title: Mapped[str] = mapped_column(String(160), info={"label": _("Post")})
    service: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Unit or service")})
    heads: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Heads the unit")})
    cadre_id: Mapped[int] = mapped_column(ForeignKey(Cadre.id), index=True, info={"label": _("Cadre")})
    lowest_id: Mapped[int | None] = mapped_column(ForeignKey(Grade.id), info={"label": _("Lowest grade")})
    highest_id: Mapped[int | None] = mapped_column(ForeignKey(Grade.id), info={"label": _("Highest grade")})
    budget_line: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Budget line")})
    funding: Mapped[str | None] = mapped_column(String(20), info={"label": _("Paid by")})
    opens_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Open from")})
    closes_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Last day")})
    note: Mapped[str] = mapped_column(String(1000), default="", info={"label": _("Remarks")})

    facility: Mapped[Facility] = relationship()
    cadre: Mapped[Cadre] = relationship()
    lowest: Mapped[Grade | None] = relationship(foreign_keys=[lowest_id])
    highest: Mapped[Grade | None] = relationship(foreign_keys=[highest_id])
    assignments: Mapped[list["Assignment"]] = relationship(viewonly=True, order_by="Assignment.first")

    @property
    def cadre_code(self) -> str:
        """Return the code of the cadre, by which a list names it."""
        return self.cadre.code

    @property
    def lowest_code(self) -> str | None:
        """Return the code of the lowest grade."""
        return None if self.lowest is None else self.lowest.code

    @property
    def highest_code(self) -> str | None:
        """Return the code of the highest grade."""
        return None if self.highest is None else self.highest.code

    def on(self, day: date | None = None) -> str:
        """Return what the post is on a day (today): foreseen, vacant, occupied or closed, as its days and assignments
        say."""
        day = day or today()
        if self.closes_on is not None and self.closes_on < day:
            return CLOSED
        if self.opens_on is not None and self.opens_on > day:
            return FORESEEN
        return OCCUPIED if any(one.covers(day) for one in self.assignments) else VACANT


@dataclass(frozen=True, init=False)
class Known(At):
    """Assignments: read where they are (`read`), and with the file of their person."""

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: known at the place, or of a file that this person reads."""
        here, file = super().criteria(model, access), Person.__scope__.criteria(Person, access)
        if here is None or file is None:
            return None
        return or_(here, model.person_id.in_(select(Person.__table__.c.id).where(file)))


class Assignment(Model):
    """Somebody holds a post, or works at a place without one, in some way, for some share of the time."""

    __tablename__ = "hr_assignment"
    __entity__ = "hr.assignment"
    __scope__ = Known("facility_id", read=STAFF, write=CAREER)
    __table_args__ = (
        Index("ix_hr_assignment_person_first", "person_id", "first"),
        CheckConstraint("last IS NULL OR last >= first", name="period"),
        CheckConstraint("share BETWEEN 1 AND 100", name="share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), info={"label": _("Person")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    post_id: Mapped[int | None] = mapped_column(ForeignKey(Post.id), index=True, info={"label": _("Post")})
    kind: Mapped[str] = mapped_column(String(20), default=TITULAR, info={"label": _("Kind")})
    share: Mapped[int] = mapped_column(Integer, default=100, info={"label": _("Working time, in percent")})
    first: Mapped[date] = mapped_column(Date, info={"label": _("First day")})
    last: Mapped[date | None] = mapped_column(Date, info={"label": _("Last day")})
    decision: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Decision")})

    person: Mapped[Person] = relationship()
    facility: Mapped[Facility] = relationship()
    post: Mapped[Post | None] = relationship()

    who = number = job = ""  # the name, the file's number and the post, as `posts.directory.named` has put them there

    @property
    def way(self) -> Any:
        """Return its kind, in words."""
        return KINDS[self.kind]

    def covers(self, day: date) -> bool:
        """Return whether it holds on a day."""
        return self.first <= day and (self.last is None or self.last >= day)
