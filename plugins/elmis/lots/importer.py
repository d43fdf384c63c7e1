"""Lots come in from a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.codes import key_of
from core.data.db import db
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row
from core.imports.rows import codes_of, kind_of
from plugins.elmis.catalogue.models import IMPORT, LOT_STATUSES, Lot, Product
from plugins.elmis.catalogue.services import EDIT
from plugins.elmis.ledger.models import Movement
from plugins.elmis.lots.listed import LotDoubts

ELSEWHERE = "a lot that moved elsewhere is not changed from here, seen or not"
LOT_FACTS = ("expiry", "made_on", "vvm", "donor")
FOREIGN = _("Other facilities hold this lot too. Only those who keep the catalogue may say more of it.")
Key = tuple[int, str]


@dataclass
class Plan:
    """What is stored, and the ids of the products that a file may name."""

    rows: dict[Key, Lot] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)


def _lots_stored() -> Plan:
    plan = Plan(products=codes_of(Product))
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
            report.count(kind_of(row, known, LOT_FACTS), row)
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
