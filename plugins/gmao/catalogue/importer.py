"""Types and models come in from a list."""

from collections.abc import Iterator

from sqlalchemy import select

from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row
from core.imports.rows import codes_of, kind_of, of_rows
from plugins.gmao.catalogue import services
from plugins.gmao.catalogue.models import APPLIED, CLASSES, KINDS, EquipmentModel, EquipmentType, code_of
from plugins.gmao.rights import CATALOGUE

TYPES = of_rows(
    EquipmentType,
    [
        Field("code", _("Code"), parse.text(40), required=True),
        Field("label_fr", _("French name"), parse.text(160, numbers=True), required=True, aliases=["désignation"]),
        Field("label_en", _("English name"), parse.text(160, numbers=True)),
        Field("kind", _("Domain"), parse.text(20), required=True, choices=lambda: KINDS),
        Field("function_score", _("Function (2–10)"), parse.whole(2, 10)),
        Field("risk_score", _("Physical risk (1–5)"), parse.whole(1, 5)),
        Field("maintenance_score", _("Maintenance need (1–5)"), parse.whole(1, 5)),
        Field("interval", _("Preventive maintenance every (months)"), parse.whole(1, 120)),
        Field("useful_life", _("Useful life (years)"), parse.whole(1, 60)),
        Field("powered", _("Needs power"), parse.boolean),
        Field("emdn", "EMDN", parse.text(20)),
        Field("gmdn", "GMDN", parse.text(20)),
        Field("umdns", "UMDNS", parse.text(20)),
        Field("pqs", _("PQS category"), parse.text(20)),
        Field("national", _("National code"), parse.text(40)),
    ],
    key=["code"],
    permission=CATALOGUE,
    add=services.add_type,
    change=services.change_type,
    example={
        "code": "oxygen-concentrator", "label_fr": "Concentrateur d’oxygène", "label_en": "Oxygen concentrator",
        "kind": "biomedical", "function_score": "9", "risk_score": "4", "maintenance_score": "4", "interval": "6",
        "useful_life": "7", "powered": "oui",
    },
)  # fmt: skip
FACTS = (
    "safety_class",
    "applied_part",
    "power",
    "useful_life",
    "price",
    "supported_until",
    "pqs",
    "litres",
    "freezer_litres",
    "holdover",
)


def prepare(rows: Iterator[Row], report: Report) -> dict[str, int]:
    """Return {key of a code: id of a type}; a type that is unknown is refused."""
    types = codes_of(EquipmentType)
    known = {row.code_key: row for row in db.session.scalars(select(EquipmentModel))}
    for row in rows:
        stored = known.get(key_of(code_of(row["maker"], row["model"])))
        if key_of(row["type_code"]) not in types:
            report.refuse(row, "type_code", _("There is no type with this code."))
        elif stored is not None and stored.type_id != types[key_of(row["type_code"])]:
            report.count("changed", row)
        else:
            report.count(kind_of(row, stored, FACTS), row)
    return types


def apply(types: dict[str, int], rows: Iterator[Row], report: Report) -> None:
    """Store the models; an empty cell never erases what is stored."""
    known = {row.code_key: row for row in db.session.scalars(select(EquipmentModel))}
    for row in rows:
        facts = {name: row[name] for name in FACTS if row[name] is not None}
        facts["type_id"] = types[key_of(row["type_code"])]
        stored = known.get(key_of(code_of(row["maker"], row["model"])))
        try:
            if stored is None:
                services.add_model(maker=row["maker"], model=row["model"], **facts)
            else:
                services.change_model(stored, **facts)
        except Refused as error:
            report.refuse(row, error.field or "model", error.message)


MODELS = Importer(
    [
        Field("type_code", _("Type (code)"), parse.text(40), required=True, aliases=["type"]),
        Field("maker", _("Maker"), parse.text(80, numbers=True), required=True, aliases=["fabricant", "marque"]),
        Field("model", _("Model"), parse.text(80), required=True, aliases=["modèle"]),
        Field("safety_class", _("Protection class"), parse.text(10), choices=lambda: CLASSES),
        Field("applied_part", _("Applied part"), parse.text(4), choices=lambda: APPLIED),
        Field("power", _("Power"), parse.text(80, numbers=True), aliases=["alimentation"]),
        Field("useful_life", _("Useful life (years)"), parse.whole(1, 60)),
        Field("price", _("Replacement cost (FBu)"), parse.amount()),
        Field("supported_until", _("Maker's support ends (year)"), parse.whole(1950, 2100)),
        Field("pqs", _("PQS code"), parse.text(20)),
        Field("litres", _("Vaccine storage at +5 °C (litres)"), parse.amount(0, 100_000)),
        Field("freezer_litres", _("Storage at −20 °C (litres)"), parse.amount(0, 100_000)),
        Field("holdover", _("Holdover without power (hours)"), parse.whole(1, 2000)),
    ],
    ["maker", "model"],
    CATALOGUE,
    prepare,
    apply,
    example={
        "type_code": "oxygen-concentrator", "maker": "DeVilbiss", "model": "525KS", "power": "230 V, 50 Hz, 310 W",
        "useful_life": "7", "price": "3500000",
    },
)  # fmt: skip
