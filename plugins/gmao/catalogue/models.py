"""Types of equipment, as the nomenclature has them, and the models that makers sell."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _, label_of
from core.data.access import Everyone
from core.data.codes import key_column
from core.data.db import Model, Money
from plugins.gmao.rights import CATALOGUE

KINDS = {
    "biomedical": _("Biomedical"),
    "cold_chain": _("Cold chain"),
    "infrastructure": _("Infrastructure"),
    "it": _("Information technology"),
    "vehicle": _("Vehicles"),
    "energy": _("Energy"),
}
CLASSES = {"I": _("Class I"), "II": _("Class II"), "internal": _("Internally powered")}  # IEC 60601-1
APPLIED = {"B": "B", "BF": "BF", "CF": "CF"}  # applied parts, IEC 60601-1


class EquipmentType(Model):
    """A type of equipment, whoever makes it: oxygen concentrator, vaccine refrigerator, laptop …

    The three scores are those of Fennigkoh and Smith; codes of other nomenclatures are empty where nobody knows them.
    """

    __tablename__ = "gmao_type"
    __entity__ = "gmao.type"
    __scope__ = Everyone(write=CATALOGUE)
    __table_args__ = (
        CheckConstraint("function_score BETWEEN 2 AND 10", name="function_score"),
        CheckConstraint("risk_score BETWEEN 1 AND 5", name="risk_score"),
        CheckConstraint("maintenance_score BETWEEN 1 AND 5", name="maintenance_score"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Code")})
    code_key: Mapped[str] = key_column("code", 40, unique=True, index=True)
    label_fr: Mapped[str] = mapped_column(String(160), index=True, info={"label": _("French name")})
    label_en: Mapped[str] = mapped_column(String(160), default="", info={"label": _("English name")})
    kind: Mapped[str] = mapped_column(String(20), index=True, info={"label": _("Domain")})
    emdn: Mapped[str] = mapped_column(String(20), default="", info={"label": "EMDN"})
    gmdn: Mapped[str] = mapped_column(String(20), default="", info={"label": "GMDN"})
    umdns: Mapped[str] = mapped_column(String(20), default="", info={"label": "UMDNS"})
    pqs: Mapped[str] = mapped_column(String(20), default="", info={"label": _("PQS category")})
    national: Mapped[str] = mapped_column(String(40), default="", info={"label": _("National code")})
    function_score: Mapped[int] = mapped_column(Integer, default=2, info={"label": _("Function (2–10)")})
    risk_score: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Physical risk (1–5)")})
    maintenance_score: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Maintenance need (1–5)")})
    useful_life: Mapped[int | None] = mapped_column(Integer, info={"label": _("Useful life (years)")})
    interval: Mapped[int | None] = mapped_column(Integer, info={"label": _("Preventive maintenance every (months)")})
    powered: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Needs power")})
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("In use")})

    @property
    def label(self) -> str:
        """Return the name in the language of the page."""
        return label_of(self)

    @property
    def management_score(self) -> int:
        """Return the score of Fennigkoh and Smith, 4 to 20: from 12 on it is in the preventive programme."""
        return self.function_score + self.risk_score + self.maintenance_score


class EquipmentModel(Model):
    """A model of a maker: what stands on the plate beside the serial number."""

    __tablename__ = "gmao_model"
    __entity__ = "gmao.model"
    __scope__ = Everyone(write=CATALOGUE)

    id: Mapped[int] = mapped_column(primary_key=True)
    type_id: Mapped[int] = mapped_column(ForeignKey(EquipmentType.id), index=True, info={"label": _("Type")})
    code: Mapped[str] = mapped_column(String(160), info={"label": _("Maker and model"), "unshown": True})
    code_key: Mapped[str] = key_column("code", 160, unique=True, index=True)
    maker: Mapped[str] = mapped_column(String(80), info={"label": _("Maker")})
    model: Mapped[str] = mapped_column(String(80), info={"label": _("Model")})
    safety_class: Mapped[str | None] = mapped_column(String(10), info={"label": _("Protection class")})
    applied_part: Mapped[str | None] = mapped_column(String(4), info={"label": _("Applied part")})
    power: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Power")})
    useful_life: Mapped[int | None] = mapped_column(Integer, info={"label": _("Useful life (years)")})
    pqs: Mapped[str] = mapped_column(String(20), default="", info={"label": _("PQS code")})
    litres: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Vaccine storage at +5 °C (litres)")})
    freezer_litres: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Storage at −20 °C (litres)")})
    holdover: Mapped[int | None] = mapped_column(Integer, info={"label": _("Holdover without power (hours)")})
    price: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Replacement cost (FBu)")})
    supported_until: Mapped[int | None] = mapped_column(
        Integer, info={"label": _("Maker's support ends (year)"), "year": True}
    )
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("In use")})

    type: Mapped[EquipmentType] = relationship()

    @property
    def life(self) -> int | None:
        """Return how many years it is made for: the model's own word, else that of its type."""
        return self.useful_life or self.type.useful_life


def code_of(maker: Any, model: Any) -> str:
    """Return what a model is called and found by: "DeVilbiss 525KS"."""
    return " ".join(f"{maker or ''} {model or ''}".split())
