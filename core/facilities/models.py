"""Facilities: the tree of the country, its codes, names and parents with validity dates."""

from datetime import date

from sqlalchemy import Date, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Everyone, Place, Within
from core.data.codes import key_column
from core.data.db import Model
from core.data.own import Owned

OPEN, CLOSED, PLANNED = "open", "closed", "planned"
TYPE_KINDS = {
    "area": _("Area"), "office": _("Health office"), "care": _("Place of care"), "depot": _("Depot"),
    "unit": _("Ward or service"),
}  # fmt: skip
STATUSES = {OPEN: _("Operating"), CLOSED: _("Closed"), PLANNED: _("Planned")}


class FacilityType(Model):
    """A kind of facility, as data: country, province, district, hospital, health centre, depot, ward …"""

    __tablename__ = "core_facility_type"
    __entity__ = "core.facility_type"
    __scope__ = Everyone(write="core.facility.edit")

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code"), "unshown": True})
    label_en: Mapped[str] = mapped_column(String(120), info={"label": _("English label")})
    label_fr: Mapped[str] = mapped_column(String(120), info={"label": _("French label")})
    level: Mapped[int] = mapped_column(Integer, info={"label": _("Level")})
    kind: Mapped[str] = mapped_column(String(20), info={"label": _("Kind")})  # area, office, care, depot, unit


class Facility(Owned, Model):
    """A place of the health system; `path` holds the ids from the country down to itself."""

    __tablename__ = "core_facility"
    __entity__ = "core.facility"
    __scope__ = Place(write="core.facility.edit")
    __table_args__ = (Index("ix_core_facility_parent_name", "parent_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, unique=True, index=True)
    name: Mapped[str] = mapped_column(String(200), index=True, info={"label": _("Name")})
    type_id: Mapped[int] = mapped_column(ForeignKey(FacilityType.id), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("core_facility.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), index=True, default="", info={"unshown": True})
    status: Mapped[str] = mapped_column(String(20), default=OPEN, info={"label": _("Status")})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Phone")})
    population: Mapped[int | None] = mapped_column(Integer, info={"label": _("Population")})
    latitude: Mapped[float | None] = mapped_column(Float, info={"label": _("Latitude")})
    longitude: Mapped[float | None] = mapped_column(Float, info={"label": _("Longitude")})
    opened_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Opened on")})
    closed_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Closed on")})

    type: Mapped[FacilityType] = relationship()
    parent: Mapped["Facility | None"] = relationship(remote_side=[id])
    codes: Mapped[list["FacilityCode"]] = relationship(back_populates="facility", order_by="FacilityCode.scheme")
    names: Mapped[list["FacilityName"]] = relationship(back_populates="facility", order_by="FacilityName.valid_from")
    parents: Mapped[list["FacilityParent"]] = relationship(
        back_populates="facility", foreign_keys="FacilityParent.facility_id", order_by="FacilityParent.valid_from"
    )

    @property
    def position(self) -> tuple[float, float] | None:
        """Return its (latitude, longitude), None unless both are known."""
        return None if self.latitude is None or self.longitude is None else (self.latitude, self.longitude)

    @property
    def ancestor_ids(self) -> list[int]:
        """Return the ids from the country down to the parent."""
        return [int(part) for part in self.path.strip("/").split("/")][:-1] if self.path else []


class FacilityCode(Model):
    """A code of another scheme: DHIS2 uid, national register, MEDEXIS …"""

    __tablename__ = "core_facility_code"
    __entity__ = "core.facility_code"
    __scope__ = Within("facility")
    __table_args__ = (UniqueConstraint("scheme", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    scheme: Mapped[str] = mapped_column(String(40), info={"label": _("Scheme")})
    value: Mapped[str] = mapped_column(String(80), info={"label": _("Code")})
    facility: Mapped[Facility] = relationship(back_populates="codes")


class FacilityName(Model):
    """A former name, with the days it was in force."""

    __tablename__ = "core_facility_name"
    __entity__ = "core.facility_name"
    __scope__ = Within("facility")

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    name: Mapped[str] = mapped_column(String(200), info={"label": _("Name")})
    valid_from: Mapped[date | None] = mapped_column(Date, info={"label": _("From")})
    valid_to: Mapped[date | None] = mapped_column(Date, info={"label": _("To")})
    facility: Mapped[Facility] = relationship(back_populates="names")


class FacilityParent(Model):
    """A former parent: the reform of 2025 moved every boundary, reports can be drawn on either map."""

    __tablename__ = "core_facility_parent"
    __entity__ = "core.facility_parent"
    __scope__ = Within("facility")

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), info={"label": _("Former parent")})
    parent_name: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Former parent (name)")})
    valid_from: Mapped[date | None] = mapped_column(Date, info={"label": _("From")})
    valid_to: Mapped[date | None] = mapped_column(Date, info={"label": _("To")})
    facility: Mapped[Facility] = relationship(back_populates="parents", foreign_keys=[facility_id])


class FacilityOutline(Model):
    """The boundary of a place as a WKT MULTIPOLYGON, longitude first, of few points; not loaded with the place."""

    __tablename__ = "core_facility_outline"
    __entity__ = "core.facility_outline"
    __scope__ = Within("facility")

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), unique=True)
    shape: Mapped[str] = mapped_column(Text, info={"label": _("Outline"), "secret": True})  # the trail names it only
    points: Mapped[int] = mapped_column(Integer, info={"label": _("Points of the outline")})
    source: Mapped[str] = mapped_column(String(200), info={"label": _("File of the outline")})
    facility: Mapped[Facility] = relationship()
