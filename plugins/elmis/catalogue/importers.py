"""Lots and stock policies come in from a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.contract.words import _, label_of
from core.data.access import current
from core.data.bulk import read_beside
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.facilities.models import Facility, FacilityType
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row
from plugins.elmis.catalogue.importer import programmes
from plugins.elmis.catalogue.listed import LotDoubts
from plugins.elmis.catalogue.models import IMPORT, LOT_STATUSES, Lot, Policy, Product, Programme
from plugins.elmis.catalogue.services import EDIT, SUBJECTS, check_levels
from plugins.elmis.ledger.models import Movement

ELSEWHERE = "a lot that moved elsewhere is not changed from here, seen or not"
LOT_FACTS = ("expiry", "made_on", "vvm", "donor")
FOREIGN = _("Other facilities hold this lot too. Only those who keep the catalogue may say more of it.")
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


def _codes(model: Any) -> dict[str, int]:
    return {key_of(code): id_ for code, id_ in db.session.execute(select(model.code, model.id))}


def _lots_stored() -> Plan:
    plan = Plan(products=_codes(Product))
    plan.rows = {(lot.product_id, lot.number_key): lot for lot in db.session.scalars(select(Lot))}
    return plan


def _lot_key(row: Row, plan: Plan) -> Key:
    return plan.products[key_of(row["product"])], key_of(row["number"])


def prepare_lots(rows: Iterator[Row], report: Report) -> Plan:
    """Return the plan of an import of lots; unknown products and impossible dates are refused."""
    plan, keeper = _lots_stored(), current().can(EDIT)
    doubts = LotDoubts()
    completed: list[tuple[Row, int, str]] = []
    for row in rows:
        if key_of(row["product"]) not in plan.products:
            report.refuse(row, "product", _("There is no product with this code."))
            continue
        known = plan.rows.get(_lot_key(row, plan))
        if (wrong := doubts.wrong(row, known)) is not None:
            report.refuse(row, *wrong)
        elif not keeper and (name := _contradicted(row, known)):
            words = _("The catalogue says something else. Only those who keep the catalogue change it.")
            report.refuse(row, name, words)
        elif not keeper and known is not None and (name := _completed(row, known)):
            completed.append((row, known.id, name))
        else:
            report.count(_kind(row, known, LOT_FACTS), row)
    foreign = held_elsewhere([lot for _row, lot, _name in completed])
    for row, lot, name in completed:
        if lot in foreign:
            report.refuse(row, name, FOREIGN)
        else:
            report.count("changed", row)
    doubts.ask(report)
    return plan


def held_elsewhere(lots: Sequence[int]) -> set[int]:
    """Return which of some lots were handled at facilities whose past this person may not bring in."""
    moved, found = Movement.__table__.c, set()
    outside = ~current().covers(IMPORT, Facility.__table__.c.path)
    sides = Facility.id.in_((moved.source_facility_id, moved.target_facility_id))
    for start in range(0, len(lots), 500):
        query = select(moved.lot_id).join(Facility, sides).where(moved.lot_id.in_(lots[start : start + 500]), outside)
        found |= set(read_beside(query.distinct(), ELSEWHERE).scalars())
    return found


def _completed(row: Row, known: Lot) -> str:
    """Return the first field that a line adds to what is known of a lot."""
    return next((name for name in LOT_FACTS if row[name] is not None and row[name] != getattr(known, name)), "")


def _contradicted(row: Row, known: Lot | None) -> str:
    """Return the field in which a line would change what is known of a lot; completing it is none."""
    stored = {name: getattr(known, name) for name in LOT_FACTS} if known else {}
    given = {name: row[name] for name in LOT_FACTS if row[name] is not None}
    return next((name for name, value in given.items() if stored.get(name) and value != stored[name]), "")


def _kind(row: Row, known: Any, names: tuple[str, ...]) -> str:
    if known is None:
        return "new"
    differs = any(row[name] is not None and row[name] != getattr(known, name) for name in names)
    return "changed" if differs else "same"


def apply_lots(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the lots of all lines; an empty cell never erases what is stored."""
    for row in rows:
        key = _lot_key(row, plan)
        if key not in plan.rows:
            plan.rows[key] = Lot(product_id=key[0], number=row["number"])
            db.session.add(plan.rows[key])
        for name in LOT_FACTS:
            if row[name] is not None:
                setattr(plan.rows[key], name, row[name])
    db.session.flush()


LOTS = Importer(
    fields=[
        Field("product", _("Product code"), parse.text(40), required=True, aliases=["code produit", "product", "code"]),
        Field("number", _("Lot number"), parse.text(60), required=True, aliases=["lot", "n° de lot", "batch"]),
        Field("expiry", _("Expiry"), parse.expiry, aliases=["péremption", "expiration date", "expiry date"]),
        Field("made_on", _("Made on"), parse.day, aliases=["fabrication"]),
        Field("status", _("Status"), parse.text(20), choices=lambda: LOT_STATUSES),
        Field("vvm", _("VVM stage"), parse.whole(1, 4), aliases=["pcv"]),
        Field("donor", _("Donor"), parse.text(120), aliases=["bailleur"]),
    ],
    key=["product", "number"],
    permission=IMPORT,
    prepare=prepare_lots,
    apply=apply_lots,
    example={
        "product": "AMX250",
        "number": "B1234",
        "expiry": "2027-12-31",
        "made_on": "2025-01-15",
        "status": "",
        "vvm": "",
        "donor": "",
    },
    known=[{"Product code": "product", "Lot number": "number", "Expiration date": "expiry"}],
)


def prepare_policies(rows: Iterator[Row], report: Report) -> Plan:
    """Return the plan of an import of policies; unknown codes, levels that do not rise and doubles are refused."""
    plan = Plan(
        products=_codes(Product), facilities=_codes(Facility), types=_codes(FacilityType), programmes=_codes(Programme)
    )
    plan.rows = {tuple(getattr(row, name) for name in SUBJECTS): row for row in db.session.scalars(select(Policy))}
    seen: dict[Key, int] = {}
    for row in rows:
        if _policy_sound(row, plan, report):
            first = seen.setdefault(_subject(row, plan), row.line)
            if first != row.line:
                report.refuse(row, "facility", _("Line %(line)s has the same key already.", line=first))
            else:
                report.count(_kind(row, plan.rows.get(_subject(row, plan)), LEVELS), row)
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
