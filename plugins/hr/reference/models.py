"""Cadres, grades, steps and positions: rules of the law, so each row says from when to when, and by which text."""

from datetime import date

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _, label_of
from core.data.access import Everyone
from core.data.codes import key_column
from core.data.db import Model, today
from plugins.hr.rights import REFERENCE

GROUPS = {
    "medical": _("Medical"),
    "nursing": _("Nursing and midwifery"),
    "technical": _("Medical technology"),
    "pharmacy": _("Pharmacy"),
    "public_health": _("Public health"),
    "support": _("Support and administration"),
}
ISCO = {"ISCO-08": "ISCO-08", "ISCO-88": "ISCO-88"}  # 2221 is a nurse in the one and a doctor in the other


class Dated:
    """Gives a model the days between which a row holds, and the text that founds it."""

    valid_from: Mapped[date | None] = mapped_column(Date, info={"label": _("Valid from")})
    valid_until: Mapped[date | None] = mapped_column(Date, info={"label": _("Valid until")})
    source: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Founded on")})

    def holds(self, day: date | None = None) -> bool:
        """Return whether the row is valid on a day, today where none is given."""
        on = day or today()
        return (self.valid_from or on) <= on <= (self.valid_until or on)


class Cadre(Dated, Model):
    """A cadre, the profession in which somebody is employed, with its code in the classification of occupations."""

    __tablename__ = "hr_cadre"
    __entity__ = "hr.cadre"
    __scope__ = Everyone(write=REFERENCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, unique=True, index=True)
    label_fr: Mapped[str] = mapped_column(String(160), index=True, info={"label": _("French name")})
    label_en: Mapped[str] = mapped_column(String(160), default="", info={"label": _("English name")})
    family: Mapped[str] = mapped_column(String(20), index=True, info={"label": _("Family")})
    isco: Mapped[str] = mapped_column(String(10), default="", info={"label": _("Occupation (code)")})
    isco_scheme: Mapped[str | None] = mapped_column(String(10), info={"label": _("Classification")})

    @property
    def label(self) -> str:
        """Return the name in the language of the page."""
        return label_of(self)


class Grade(Dated, Model):
    """A grade of the scale: `rank` orders them, the lowest first."""

    __tablename__ = "hr_grade"
    __entity__ = "hr.grade"
    __scope__ = Everyone(write=REFERENCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, unique=True, index=True)
    label_fr: Mapped[str] = mapped_column(String(160), info={"label": _("French name")})
    label_en: Mapped[str] = mapped_column(String(160), default="", info={"label": _("English name")})
    rank: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Rank")})

    @property
    def label(self) -> str:
        """Return the name in the language of the page."""
        return label_of(self)


class Step(Dated, Model):
    """A step of a grade, and its index of pay; another index from another day on is another row."""

    __tablename__ = "hr_step"
    __entity__ = "hr.step"
    __scope__ = Everyone(write=REFERENCE)
    __table_args__ = (
        UniqueConstraint("grade_id", "number", "valid_from"),
        CheckConstraint("number BETWEEN 1 AND 40", name="number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    grade_id: Mapped[int] = mapped_column(ForeignKey(Grade.id), index=True, info={"label": _("Grade")})
    number: Mapped[int] = mapped_column(Integer, info={"label": _("Step")})
    pay_index: Mapped[int | None] = mapped_column(Integer, info={"label": _("Index")})

    grade: Mapped[Grade] = relationship()


class Position(Dated, Model):
    """An administrative position: in activity, detached, suspended … `active` says that the person works."""

    __tablename__ = "hr_position"
    __entity__ = "hr.position"
    __scope__ = Everyone(write=REFERENCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, unique=True, index=True)
    label_fr: Mapped[str] = mapped_column(String(160), info={"label": _("French name")})
    label_en: Mapped[str] = mapped_column(String(160), default="", info={"label": _("English name")})
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("At work")})
    counts: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("Counts for seniority")})

    @property
    def label(self) -> str:
        """Return the name in the language of the page."""
        return label_of(self)
