"""A person of the workforce, and the numbers by which offices know him.

The file is confidential: its person reads it, and whoever keeps files where it is kept (`facility`). That place is a
column of its own, so that rights are asked of one column: whoever assigns the person elsewhere moves it in the same
transaction (`posts.services`); nobody else does.
"""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from core.contract.words import _
from core.data.access import Within
from core.data.codes import key_of
from core.data.confidence import Confidential
from core.data.db import Model
from core.data.own import Owned
from core.facilities.models import Facility
from core.users.accounts.models import User
from plugins.hr.persons.names import name_key
from plugins.hr.rights import CAREER, EDIT, LOG, MERGE, VIEW

SEXES = {"F": _("Female"), "M": _("Male")}
PRECISIONS = {"day": _("To the day"), "month": _("To the month"), "year": _("To the year")}
SCHEMES = {
    "matricule": _("Staff number"),
    "national": _("National identity number"),
    "inss": _("Social security number"),
    "mutual": _("Health insurance number"),
    "payroll": _("Payroll number"),
    "passport": _("Passport"),
}


class Person(Owned, Model):
    """A person: names in any letters, compared by `name_key`; `facility` is where the file is kept."""

    __tablename__ = "hr_person"
    __entity__ = "hr.person"
    __scope__ = Confidential(
        "facility_id", read=VIEW, write=(EDIT, CAREER, MERGE), people=("user_id",), log=LOG
    )  # fmt: skip
    __table_args__ = (Index("ix_hr_person_surname", "surname", "given"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("File no.")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("File kept at")})
    surname: Mapped[str] = mapped_column(String(120), info={"label": _("Surname")})
    given: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Given names")})
    other_name: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Other name")})
    name_key: Mapped[str] = mapped_column(String(480), default="", index=True, info={"unshown": True})
    sex: Mapped[str | None] = mapped_column(String(1), info={"label": _("Sex")})
    born_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Date of birth")})
    born_precision: Mapped[str] = mapped_column(String(10), default="day", info={"label": _("Birth known")})
    birthplace: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Place of birth")})
    nationality: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Nationality")})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Phone")})
    email: Mapped[str] = mapped_column(String(200), default="", info={"label": _("E-mail")})
    address: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Address")})
    note: Mapped[str] = mapped_column(String(2000), default="", info={"label": _("Remarks")})
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey(User.id), unique=True, info={"label": _("Account"), "unshown": True}
    )
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("hr_person.id"), index=True, info={"label": _("Merged into")}
    )

    facility: Mapped[Facility] = relationship()
    identifiers: Mapped[list["Identifier"]] = relationship(back_populates="person", order_by="Identifier.id")

    @validates("surname", "given")
    def _follow(self, name: str, value: Any) -> Any:
        """Keep the key by which names are compared."""
        said = {"surname": self.surname, "given": self.given, name: value}
        self.name_key = name_key(said["surname"], said["given"])
        return value

    @property
    def name(self) -> str:
        """Return the names as they are read: the given ones, then the surname."""
        return " ".join(filter(None, (self.given, self.surname)))

    @property
    def matricule(self) -> str:
        """Return the present staff number, or ""."""
        return self.number_of("matricule")

    @property
    def national(self) -> str:
        """Return the present national identity number, or ""."""
        return self.number_of("national")

    @property
    def inss(self) -> str:
        """Return the present number of social security, or ""."""
        return self.number_of("inss")

    def number_of(self, scheme: str) -> str:
        """Return the present number of a scheme, the latest where there are several, or ""."""
        return next((one.value for one in reversed(self.identifiers) if one.scheme == scheme and one.holds), "")


class Identifier(Model):
    """A number of a person in a scheme, and the days between which it held."""

    __tablename__ = "hr_identifier"
    __entity__ = "hr.identifier"
    __scope__ = Within("person")
    __table_args__ = (
        UniqueConstraint("scheme", "value_key"),
        CheckConstraint("valid_until IS NULL OR valid_from IS NULL OR valid_until >= valid_from", name="period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True, info={"label": _("Person")})
    scheme: Mapped[str] = mapped_column(String(20), info={"label": _("Kind of number")})
    value: Mapped[str] = mapped_column(String(60), info={"label": _("Number")})
    value_key: Mapped[str] = mapped_column(String(180), info={"unshown": True})
    valid_from: Mapped[date | None] = mapped_column(Date, info={"label": _("Valid from")})
    valid_until: Mapped[date | None] = mapped_column(Date, info={"label": _("Valid until")})

    person: Mapped[Person] = relationship(back_populates="identifiers")

    @validates("value")
    def _follow(self, _name: str, value: Any) -> Any:
        """Keep the key by which numbers are compared: letters and figures alone."""
        self.value_key = number_key_of(value)
        return value

    @property
    def holds(self) -> bool:
        """Return whether the number has not ended."""
        return self.valid_until is None


def number_key_of(value: Any) -> str:
    """Return what a number is compared by: its letters and figures, "12.345/6" as "123456"."""
    return "".join(filter(str.isalnum, key_of(value)))
