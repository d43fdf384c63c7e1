"""Stock policies come in from a list."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.contract.words import _, label_of
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.facilities.models import Facility, FacilityType
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row
from core.imports.rows import codes_of, kind_of
from plugins.elmis.catalogue.models import Policy, Product, Programme
from plugins.elmis.catalogue.product_importer import programmes
from plugins.elmis.catalogue.services import EDIT, SUBJECTS, check_levels

LEVELS = ("min_months", "max_months", "emergency_months", "lead_time_days", "least_days")
Key = tuple[Any, ...]


@dataclass
class Plan:
    """What is stored, and the ids of the codes that a file may name."""

    rows: dict[Key, Any] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    facilities: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    programmes: dict[str, int] = field(default_factory=dict)


def prepare_policies(rows: Iterator[Row], report: Report) -> Plan:
    """Return the plan of an import of policies; unknown codes, levels that do not rise and doubles are refused."""
    plan = Plan(
        products=codes_of(Product),
        facilities=codes_of(Facility),
        types=codes_of(FacilityType),
        programmes=codes_of(Programme),
    )
    plan.rows = {tuple(getattr(row, name) for name in SUBJECTS): row for row in db.session.scalars(select(Policy))}
    seen: dict[Key, int] = {}
    for row in rows:
        if _policy_sound(row, plan, report):
            first = seen.setdefault(_subject(row, plan), row.line)
            if first != row.line:
                report.refuse(row, "facility", _("Line %(line)s has the same key already.", line=first))
            else:
                report.count(kind_of(row, plan.rows.get(_subject(row, plan)), LEVELS), row)
    return plan


def _policy_sound(row: Row, plan: Plan, report: Report) -> bool:
    for name, known in (("facility", plan.facilities), ("product", plan.products)):
        if row[name] and key_of(row[name]) not in known:
            report.refuse(row, name, _("This code is not known here."))
            return False
    for one, other, words in (
        ("facility", "facility_type", _("Choose a facility or a type of facility, not both.")),
        ("product", "programme", _("Choose a product or a programme, not both.")),
    ):
        if row[one] and row[other]:
            report.refuse(row, other, words)
            return False
    stored = getattr(plan.rows.get(_subject(row, plan)), "emergency_months", None)
    emergency = row["emergency_months"] if row["emergency_months"] is not None else stored
    try:
        check_levels(row["min_months"], row["max_months"], emergency or Decimal(0))
    except Refused as refusal:
        report.refuse(row, refusal.field or "", refusal.message)
        return False
    return True


def _subject(row: Row, plan: Plan) -> Key:
    named = (
        ("facility", plan.facilities), ("facility_type", plan.types), ("programme", plan.programmes),
        ("product", plan.products),
    )  # fmt: skip
    return tuple(known[key_of(row[name])] if row[name] else None for name, known in named)


def apply_policies(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the policies of all lines."""
    for row in rows:
        key = _subject(row, plan)
        if key not in plan.rows:
            plan.rows[key] = Policy(**dict(zip(SUBJECTS, key, strict=True)), emergency_months=0)
            db.session.add(plan.rows[key])
        for name in LEVELS:
            if row[name] is not None:
                setattr(plan.rows[key], name, row[name])
    db.session.flush()


def types() -> dict[str, str]:
    """Return {code: label} of the types of facilities."""
    return {row.code: label_of(row) for row in db.session.scalars(select(FacilityType).order_by(FacilityType.level))}


POLICIES = Importer(
    fields=[
        Field("facility", _("Facility code"), parse.text(40), aliases=["code structure"]),
        Field("facility_type", _("Facility type"), parse.text(40), choices=types, aliases=["type"]),
        Field("programme", _("Programme"), parse.text(20), choices=programmes),
        Field("product", _("Product code"), parse.text(40), aliases=["code produit"]),
        Field("min_months", _("Minimum (months)"), parse.amount(0, 60), required=True, aliases=["min"]),
        Field("max_months", _("Maximum (months)"), parse.amount(0, 60), required=True, aliases=["max"]),
        Field(
            "emergency_months",
            _("Emergency point (months)"),
            parse.amount(0, 60),
            aliases=["seuil d’urgence", "point de commande d’urgence", "emergency order point"],
        ),
        Field("lead_time_days", _("Lead time (days)"), parse.whole(0, 730), aliases=["délai"]),
        Field("least_days", _("Least days in stock for a CMM"), parse.whole(0, 92), aliases=["jours en stock"]),
    ],
    key=[],
    permission=EDIT,
    prepare=prepare_policies,
    apply=apply_policies,
    example={
        "facility": "",
        "facility_type": "cds",
        "programme": "",
        "product": "AMX250",
        "min_months": "1",
        "max_months": "2",
        "emergency_months": "0",
        "lead_time_days": "14",
        "least_days": "15",
    },
)
