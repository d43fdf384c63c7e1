"""The reference rows of maintenance, inserted idempotently, and the equipment of the demonstration."""

from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.data.codes import key_of
from core.data.db import db
from core.web.console import progress
from plugins.gmao import demo, reference
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType, code_of
from plugins.gmao.plans.models import ChecklistStep

WHOLE = ("function_score", "risk_score", "maintenance_score", "useful_life", "interval")


def seed(kind: str, size: str) -> None:
    """Insert what `amagara seed` asks for."""
    if kind == "reference":
        types()
        models()
        checklists()
    if kind == "demo":
        progress("Demonstration: equipment …")
        demo.load(size)


def types() -> None:
    """Insert the types of equipment that are not there; one that was changed by hand stays as it is."""
    known = set(db.session.scalars(select(EquipmentType.code)))
    for row in reference.rows("types"):
        if row["code"] not in known:
            typed: dict[str, Any] = {name: int(row[name]) if row[name] else None for name in WHOLE}
            db.session.add(EquipmentType(**{**row, **typed, "powered": row["powered"] == "1"}))
    db.session.flush()


def models() -> None:
    """Insert the models that are not there: prequalified appliances of the cold chain, as WHO's list has them."""
    types = dict(db.session.execute(select(EquipmentType.code, EquipmentType.id)).all())
    known = set(db.session.scalars(select(EquipmentModel.code_key)))
    for row in reference.rows("models"):
        code = code_of(row["maker"], row["model"])
        if row["type"] in types and key_of(code) not in known:
            litres = {name: Decimal(row[name]) if row[name] else None for name in ("litres", "freezer_litres")}
            holdover = int(row["holdover"]) if row["holdover"] else None
            facts = {name: row[name] for name in ("maker", "model", "pqs", "power")}
            db.session.add(
                EquipmentModel(type_id=types[row["type"]], code=code, holdover=holdover, **facts, **litres)
            )  # fmt: skip
    db.session.flush()


def checklists() -> None:
    """Insert the points of checklists that are not there; those of a type that has some stay as they are."""
    types = dict(db.session.execute(select(EquipmentType.code, EquipmentType.id)).all())
    known = set(db.session.scalars(select(ChecklistStep.type_id)))
    for row in reference.rows("checklists"):
        kind = types.get(row["type"])
        if kind is not None and kind not in known:
            limits = {name: Decimal(row[name]) if row[name] else None for name in ("least", "most")}
            facts = {name: row[name] for name in ("label_fr", "label_en", "answer", "unit")}
            db.session.add(ChecklistStep(type_id=kind, position=int(row["position"]), **facts, **limits))
    db.session.flush()
