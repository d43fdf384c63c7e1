"""The lists of types and models."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.web.tables import Column, Table
from plugins.gmao.catalogue.models import KINDS, EquipmentModel, EquipmentType

SCORE = EquipmentType.function_score + EquipmentType.risk_score + EquipmentType.maintenance_score
USE = Column("active", _("In use"), kind="bool", facet=True, default=False)


class TypeTable(Table):
    """All types of equipment."""

    model = EquipmentType
    columns = [
        Column("label", _("Type"), EquipmentType.label_fr, value=lambda row: row.label, detail=lambda row: row.code),
        Column("kind", _("Domain"), facet=KINDS),
        Column("score", _("Management score"), SCORE, kind="number"),
        Column("interval", _("Preventive maintenance every (months)"), kind="number"),
        Column("useful_life", _("Useful life (years)"), kind="number"),
        Column("powered", _("Needs power"), kind="bool", facet=True, default=False),
        Column("code", _("Code"), kind="code", default=False),
        Column("label_fr", _("French name"), default=False),
        Column("label_en", _("English name"), default=False),
        Column("function_score", _("Function (2–10)"), kind="number", default=False),
        Column("risk_score", _("Physical risk (1–5)"), kind="number", default=False),
        Column("maintenance_score", _("Maintenance need (1–5)"), kind="number", default=False),
        Column("emdn", "EMDN", kind="code"),
        Column("gmdn", "GMDN", kind="code", default=False),
        Column("umdns", "UMDNS", kind="code", default=False),
        Column("pqs", _("PQS category"), kind="code", default=False),
        Column("national", _("National code"), kind="code", default=False),
        USE,
    ]
    search = [EquipmentType.code, EquipmentType.label_fr, EquipmentType.label_en, EquipmentType.emdn]
    default_sort = "label"
    empty = (_("No type yet"), _("Add one, or bring in the nomenclature from a list."))


class ModelTable(Table):
    """All models of makers."""

    model = EquipmentModel
    columns = [
        Column("code", _("Maker and model")),
        Column("type", _("Type"), EquipmentType.label_fr, value=lambda row: row.type.label),
        Column("kind", _("Domain"), EquipmentType.kind, value=lambda row: row.type.kind, facet=KINDS, default=False),
        Column("power", _("Power")),
        Column("useful_life", _("Useful life (years)"), kind="number", default=False),
        Column("price", _("Replacement cost (FBu)"), kind="money"),
        Column("supported_until", _("Maker's support ends (year)"), default=False),
        Column("type_code", _("Type (code)"), EquipmentType.code, value=lambda row: row.type.code, kind="code",
               default=False),
        Column("maker", _("Maker"), facet=True, default=False),
        Column("model", _("Model"), default=False),
        Column("safety_class", _("Protection class"), default=False),
        Column("applied_part", _("Applied part"), default=False),
        Column("pqs", _("PQS code"), kind="code", default=False),
        Column("litres", _("Vaccine storage at +5 °C (litres)"), kind="number", default=False),
        Column("freezer_litres", _("Storage at −20 °C (litres)"), kind="number", default=False),
        Column("holdover", _("Holdover without power (hours)"), kind="number", default=False),
        USE,
    ]  # fmt: skip
    search = [EquipmentModel.code, EquipmentType.label_fr, EquipmentType.label_en]
    default_sort = "code"
    options = [selectinload(EquipmentModel.type)]
    empty = (_("No model yet"), _("Add what makers sell, or bring it in from a list."))

    def query(self) -> Select[Any]:
        """Return the models with their types."""
        return select(EquipmentModel).join(EquipmentType, EquipmentType.id == EquipmentModel.type_id)
