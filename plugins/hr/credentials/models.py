"""What people have learned and may do. A licence that is renewed is a new row: what held before stays known."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from core.contract.words import _
from core.data.access import Within
from core.data.db import Model, today
from core.data.states import State
from plugins.hr.persons.models import Person, number_key_of
from plugins.hr.persons.scopes import Part
from plugins.hr.rights import HEALTH

VALID, LAPSING, LAPSED, WITHDRAWN, TO_COME = "valid", "lapsing", "lapsed", "withdrawn", "to_come"
STANDINGS = {
    VALID: State(_("Valid"), "ok"),
    LAPSING: State(_("Lapses soon"), "warn"),
    LAPSED: State(_("Lapsed"), "danger"),
    WITHDRAWN: State(_("Withdrawn"), "danger"),
    TO_COME: State(_("To come"), "info"),
}
LEVELS = {
    "certificate": _("Certificate"), "a3": "A3", "a2": "A2", "a1": "A1", "bachelor": _("Bachelor"),
    "master": _("Master"), "doctor": _("Doctorate"), "specialist": _("Specialisation"), "training": _("Training"),
}  # fmt: skip
FIT = {"fit": _("Fit"), "limits": _("Fit within limits"), "unfit": _("Unfit")}
GRADES = {"5": _("Excellent"), "4": _("Very good"), "3": _("Good"), "2": _("Fair"), "1": _("Insufficient")}


class Qualification(Model):
    """A diploma, or what somebody was trained for: `skill` is the code by which other plugins ask for it."""

    __tablename__ = "hr_qualification"
    __entity__ = "hr.qualification"
    __scope__ = Within("person")
    __table_args__ = (CheckConstraint("valid_until IS NULL OR valid_until >= obtained_on", name="period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True, info={"label": _("Person")})
    title: Mapped[str] = mapped_column(String(160), info={"label": _("Qualification")})
    level: Mapped[str | None] = mapped_column(String(20), info={"label": _("Level")})
    skill: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Skill (code)")})
    skill_key: Mapped[str] = mapped_column(String(180), default="", index=True, info={"unshown": True})
    institution: Mapped[str] = mapped_column(String(160), default="", info={"label": _("Institution")})
    country: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Country")})
    obtained_on: Mapped[date] = mapped_column(Date, info={"label": _("Obtained on")})
    valid_until: Mapped[date | None] = mapped_column(Date, info={"label": _("Valid until")})
    credits: Mapped[int | None] = mapped_column(Integer, info={"label": _("Credits")})

    person: Mapped[Person] = relationship()

    @validates("skill")
    def _follow(self, _name: str, value: str) -> str:
        """Keep the key by which skills are compared."""
        self.skill_key = number_key_of(value)
        return value


class Licence(Model):
    """The licence of a professional body, from its first day to its last; `withdrawn_on` ends it before."""

    __tablename__ = "hr_licence"
    __entity__ = "hr.licence"
    __scope__ = Within("person")
    __table_args__ = (
        CheckConstraint("last >= first", name="period"), Index("ix_hr_licence_person_last", "person_id", "last"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), info={"label": _("Person")})
    body: Mapped[str] = mapped_column(String(120), info={"label": _("Professional body")})
    number: Mapped[str] = mapped_column(String(60), info={"label": _("Licence no.")})
    first: Mapped[date] = mapped_column(Date, info={"label": _("First day")})
    last: Mapped[date] = mapped_column(Date, index=True, info={"label": _("Last day")})
    withdrawn_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Withdrawn on")})
    because: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Reason")})
    warned: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})  # days before its end, told last

    person: Mapped[Person] = relationship()

    def covers(self, day: date) -> bool:
        """Return whether it holds on a day."""
        return self.first <= day <= self.last and (self.withdrawn_on is None or day < self.withdrawn_on)

    def on(self, soon: int, day: date | None = None) -> str:
        """Return how it stands on a day (today); `soon` are the days before its end that warn."""
        at = day or today()
        if self.withdrawn_on is not None and self.withdrawn_on <= at:
            return WITHDRAWN
        if at < self.first:
            return TO_COME
        if at > self.last:
            return LAPSED
        return LAPSING if (self.last - at).days <= soon else VALID


class Appraisal(Model):
    """How the work of somebody in a year was judged, and by whom; the person reads it."""

    __tablename__ = "hr_appraisal"
    __entity__ = "hr.appraisal"
    __scope__ = Within("person")
    __table_args__ = (Index("uq_hr_appraisal_person_year", "person_id", "year", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), info={"label": _("Person")})
    year: Mapped[int] = mapped_column(Integer, info={"label": _("Year"), "year": True})
    mark: Mapped[str] = mapped_column(String(2), info={"label": _("Appraisal")})
    comment: Mapped[str] = mapped_column(String(2000), default="", info={"label": _("Remarks")})
    judged_by: Mapped[str] = mapped_column(String(200), info={"label": _("Judged by")})
    judged_on: Mapped[date] = mapped_column(Date, info={"label": _("Judged on")})

    person: Mapped[Person] = relationship()


class Fitness(Model):
    """Whether somebody is fit for the work, as a doctor has said: read by few, and by the person himself."""

    __tablename__ = "hr_fitness"
    __entity__ = "hr.fitness"
    __scope__ = Part("person", right=HEALTH)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True, info={"label": _("Person")})
    examined_on: Mapped[date] = mapped_column(Date, info={"label": _("Examined on")})
    outcome: Mapped[str] = mapped_column(String(20), info={"label": _("Fitness for work")})
    limits: Mapped[str] = mapped_column(String(1000), default="", info={"label": _("Limits and remarks")})
    valid_until: Mapped[date | None] = mapped_column(Date, info={"label": _("Valid until")})
    recorded_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recorded by")})

    person: Mapped[Person] = relationship()
