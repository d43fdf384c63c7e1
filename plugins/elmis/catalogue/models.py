"""Products and what belongs to them."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _, label_of
from core.data.access import Access, Everyone, Internal, each_right
from core.data.codes import key_column
from core.data.db import Model, Money
from core.data.own import Owned
from core.facilities.models import Facility, FacilityType
from plugins.elmis.formulas.lots import ACTIVE, HELD, RECALLED

EDIT = Everyone(write="elmis.catalogue.edit")
MOVE, IMPORT = "elmis.stock.move", "elmis.stock.import"
VEN = {"V": _("Vital"), "E": _("Essential"), "N": _("Non-essential")}
LOT_STATUSES = {ACTIVE: _("Active"), HELD: _("Held"), RECALLED: _("Recalled")}
LEAD_TIME = 14  # days, as the shortest usual minimum covers it
LEAST_DAYS = 15  # in stock within the months of a CMM: with fewer, nobody knows what is used


class Programme(Model):
    """A health programme: malaria, HIV, immunisation …"""

    __tablename__ = "elmis_programme"
    __entity__ = "elmis.programme"
    __scope__ = EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 20, unique=True, index=True)
    label_en: Mapped[str] = mapped_column(String(120), info={"label": _("English label")})
    label_fr: Mapped[str] = mapped_column(String(120), info={"label": _("French label")})


class Product(Owned, Model):
    """A health product. Quantities are kept in its base unit; packs are a way of showing them."""

    __tablename__ = "elmis_product"
    __entity__ = "elmis.product"
    __scope__ = EDIT
    __table_args__ = (CheckConstraint("pack_size > 0", name="pack_size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, unique=True, index=True)
    name_fr: Mapped[str] = mapped_column(String(250), index=True, info={"label": _("French name")})
    name_en: Mapped[str] = mapped_column(String(250), default="", info={"label": _("English name")})
    inn: Mapped[str] = mapped_column(String(200), default="", info={"label": _("INN")})
    form_fr: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Form (French)")})
    form_en: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Form (English)")})
    strength: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Strength")})
    base_unit_fr: Mapped[str] = mapped_column(String(40), info={"label": _("Base unit (French)")})
    base_unit_en: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Base unit (English)")})
    programme_id: Mapped[int | None] = mapped_column(ForeignKey(Programme.id), index=True)
    ven: Mapped[str] = mapped_column(String(1), default="E", info={"label": _("VEN")})
    tracer: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Tracer")})
    cold: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Cold chain")})
    cold_min: Mapped[int | None] = mapped_column(Integer, info={"label": _("Lowest temperature (°C)")})
    cold_max: Mapped[int | None] = mapped_column(Integer, info={"label": _("Highest temperature (°C)")})
    pack_size: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Pack size")})
    pack_label: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Pack")})
    rounding_threshold: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Rounding threshold")})
    unit_price: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Unit price")})
    currency: Mapped[str] = mapped_column(String(3), default="BIF", info={"label": _("Currency")})
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("Active")})
    has_lots: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("Packs carry lot numbers")})

    programme: Mapped[Programme | None] = relationship()
    packs: Mapped[list["Pack"]] = relationship(back_populates="product", cascade="all, delete-orphan")

    @property
    def name(self) -> str:
        """Return the designation in the language of the page."""
        return label_of(self, "name")

    @property
    def unit(self) -> str:
        """Return the base unit in the language of the page."""
        return label_of(self, "base_unit")

    @property
    def unit_apart(self) -> str:
        """Return the unit to stand by the name; "" where the last part of the name says it: "…, comprimé"."""
        said = f"{self.name.rsplit(', ', 1)[-1]} ".casefold()
        return "" if said.startswith(f"{self.unit} ".casefold()) else self.unit


class Pack(Model):
    """A pack that is traded: its content in base units, and its GTIN."""

    __tablename__ = "elmis_pack"
    __entity__ = "elmis.pack"
    __scope__ = EDIT
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True)
    size: Mapped[int] = mapped_column(Integer, info={"label": _("Content")})
    label: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Pack")})
    gtin: Mapped[str | None] = mapped_column(String(14), unique=True, info={"label": _("GTIN")})  # 14 digits

    product: Mapped[Product] = relationship(back_populates="packs")


class Handled(Everyone):
    """Lots: whoever moves stock, brings its past in or keeps the catalogue may name one."""

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether one of these rights is held somewhere."""
        return any(access.can(right) for right in each_right(self.write))


class Lot(Model):
    """A production lot of a product."""

    __tablename__ = "elmis_lot"
    __entity__ = "elmis.lot"
    __steps__ = True  # held, recalled, released
    __scope__ = Handled(write=(MOVE, IMPORT, "elmis.catalogue.edit"))
    __table_args__ = (
        UniqueConstraint("product_id", "number"),
        Index("ix_elmis_lot_product_id_number_key", "product_id", "number_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True)
    number: Mapped[str] = mapped_column(String(60), info={"label": _("Lot number")})
    number_key: Mapped[str] = key_column("number", 60)
    expiry: Mapped[date | None] = mapped_column(Date, index=True, info={"label": _("Expiry")})
    made_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Made on")})
    status: Mapped[str] = mapped_column(String(20), default=ACTIVE, info={"label": _("Status")})
    vvm: Mapped[int | None] = mapped_column(Integer, info={"label": _("VVM stage")})
    donor: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Donor")})
    twin_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("elmis_lot.id"), index=True, info={"label": _("Carries the number of")}
    )

    product: Mapped[Product] = relationship()
    twin_of: Mapped["Lot | None"] = relationship(remote_side=[id])

    @property
    def printed(self) -> str:
        """Return the number as it stands on the packs; of those kept apart, that of the lot they are one of."""
        return self.twin_of.number if self.twin_of else self.number


class LotHold(Model):
    """Days on which a lot was not to be given out by a decision of the catalogue: from `since` on, and again from
    `until`. Written by `catalogue.holds` whenever a lot is held, recalled or released."""

    __tablename__ = "elmis_lot_hold"
    __scope__ = Internal()

    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), primary_key=True)
    since: Mapped[date] = mapped_column(Date, primary_key=True)
    until: Mapped[date | None] = mapped_column(Date)


class Policy(Model):
    """How many months of stock a facility, or a kind of facility, should hold; the narrowest one counts."""

    __tablename__ = "elmis_policy"
    __entity__ = "elmis.policy"
    __scope__ = EDIT
    __table_args__ = (
        UniqueConstraint("facility_type_id", "facility_id", "programme_id", "product_id"),
        CheckConstraint(
            "0 <= emergency_months AND emergency_months <= min_months AND min_months <= max_months", name="levels"
        ),
        CheckConstraint("least_days >= 0 AND lead_time_days >= 0", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_type_id: Mapped[int | None] = mapped_column(ForeignKey(FacilityType.id))
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), index=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey(Programme.id))
    product_id: Mapped[int | None] = mapped_column(ForeignKey(Product.id))
    min_months: Mapped[Decimal] = mapped_column(Money, info={"label": _("Minimum (months)")})
    max_months: Mapped[Decimal] = mapped_column(Money, info={"label": _("Maximum (months)")})
    emergency_months: Mapped[Decimal] = mapped_column(Money, info={"label": _("Emergency point (months)")})
    lead_time_days: Mapped[int] = mapped_column(Integer, default=LEAD_TIME, info={"label": _("Lead time (days)")})
    least_days: Mapped[int] = mapped_column(
        Integer, default=LEAST_DAYS, server_default=str(LEAST_DAYS), info={"label": _("Least days in stock for a CMM")}
    )

    facility_type: Mapped[FacilityType | None] = relationship()
    facility: Mapped[Facility | None] = relationship()
    programme: Mapped[Programme | None] = relationship()
    product: Mapped[Product | None] = relationship()
