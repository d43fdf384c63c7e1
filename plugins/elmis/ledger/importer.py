"""A stock history comes in: movements and physical counts, of any length, all or nothing.

The lines wait in a temporary table (`staging`); only codes, lots and stores are held in memory.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from core.contract.words import _, label_of
from core.data import audit
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, learn, today, utcnow
from core.facilities.models import CLOSED, Facility, FacilityCode
from core.imports import parse
from core.imports.importer import Field, Importer, Refusal, Report, Row, batches
from plugins.elmis.catalogue.models import IMPORT, Lot, Product
from plugins.elmis.ledger import balances, staging, turns
from plugins.elmis.ledger.models import ADJUSTMENT, PHYSICAL, STORE, SUPPLIER, TRANSIT, Reason, StockLocation

COUNT, PREFIX = "count", staging.PREFIX
SAMPLE = 50
Named = tuple[int, str, str]  # facility id, kind of location, name of the store


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked of a facility."""

    id: int
    code: str
    path: str
    name: str
    closed_on: date | None


@dataclass
class Names:
    """Ids of what a file may name; new lots and locations get ids below zero until they are made."""

    places: dict[str, Place] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, Any] = field(default_factory=dict)
    lots: dict[tuple[int, str], tuple[int, date | None]] = field(default_factory=dict)
    numbers: dict[tuple[int, str], str] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)  # of products, as they are written
    lot_numbers: dict[int, str] = field(default_factory=dict)  # of stored lots, as they are written
    learnt: dict[int, date] = field(default_factory=dict)  # expiries of stored lots that had none
    locations: dict[Named, int] = field(default_factory=dict)
    titles: dict[Named, str] = field(default_factory=dict)  # of new locations, as they were written first
    allowed: dict[int, bool] = field(default_factory=dict)
    today: date = field(default_factory=today)

    def location(self, facility_id: int, kind: str, name: str = "") -> int:
        """Return the id of a location, below zero when it has to be made."""
        key = (facility_id, kind, key_of(name))
        self.titles.setdefault(key, name)
        return self.locations.setdefault(key, -1 - len(self.locations))

    def may_import(self, place: Place) -> bool:
        """Return whether this person may bring in the past of that facility."""
        if place.id not in self.allowed:
            self.allowed[place.id] = current().can(IMPORT, place)
        return self.allowed[place.id]


def names() -> Names:
    """Return what is stored now, by code."""
    run = db.session.connection().execute
    found = Names()
    columns = (Facility.id, Facility.code, Facility.path, Facility.name, Facility.status, Facility.closed_on)
    by_id = {}
    for id_, code, path, name, status, closed in run(select(*columns)):
        by_id[id_] = Place(id_, code, path, name, (closed or date.min) if status == CLOSED else None)
    for value, id_ in run(select(FacilityCode.value, FacilityCode.facility_id)):
        found.places[key_of(value)] = by_id[id_]
    found.places |= {key_of(place.code): place for place in by_id.values()}
    found.codes = {id_: code for code, id_ in run(select(Product.code, Product.id))}
    found.products = {key_of(code): id_ for id_, code in found.codes.items()}
    found.reasons = {row.code: row for row in run(select(Reason.__table__))}
    for id_, product, number, expiry in run(select(Lot.id, Lot.product_id, Lot.number, Lot.expiry)):
        found.lots[product, key_of(number)] = (id_, expiry)
        found.lot_numbers[id_] = number
    places = select(StockLocation.facility_id, StockLocation.kind, StockLocation.name_key, StockLocation.id)
    found.locations = {(facility, kind, name): id_ for facility, kind, name, id_ in run(places)}
    return found


def prepare(rows: Iterator[Row], report: Report) -> Names:
    """Return the names; the lines are staged, what was imported before is marked, counts are settled."""
    found = names()
    first: list[Row] = []
    staging.open_table()
    for batch in batches(rows, staging.BATCH):
        first += batch[: SAMPLE - len(first)]
        staging.keep([line for row in batch if (line := _staged(row, found, report)) is not None])
    staging.tell_twins_apart()
    staging.know_own()
    _refuse_repeats(report)
    staging.join_transits()
    if not report.refused:
        _refuse_negatives(found, report)
    _tell(first, report)
    return found


def _tell(first: list[Row], report: Report) -> None:
    """Put the numbers and the first lines of each kind into the report."""
    known = staging.known_among([row.line for row in first])
    for row in first:
        report.count("same" if row.line in known else "counted" if row["reason"] == COUNT else "new", row)
    report.counts.clear()
    report.counts.update(staging.counts())


def _staged(row: Row, found: Names, report: Report) -> dict[str, Any] | None:
    """Return the line as it is staged, or None when it is refused."""
    wrong = _fault(row, found)
    if wrong is not None:
        report.refuse(row, *wrong)
        return None
    place, product = found.places[key_of(row["facility"])], found.products[key_of(row["product"])]
    wrong = _learn_lot(row, product, found)
    if wrong is not None:
        report.refuse(row, "expiry", wrong)
        return None
    own = row["id"] is not None
    return {
        "line": row.line, "uuid": f"{PREFIX}{row['id'] if own else _digest(row)}", "own": int(own),
        "facility_id": place.id, "product_id": product, "lot": found.lots[product, key_of(row["lot"])][0],
        "quantity": row["quantity"], "day": row["date"], "document": row["document"] or "",
        "counterpart": _shown(row["counterpart"], found), "comment": row["comment"] or "",
        **_sides(row, place, found),
    }  # fmt: skip


def _fault(row: Row, found: Names) -> tuple[str, Any] | None:
    """Return (field, why) when a line cannot be taken."""
    place = found.places.get(key_of(row["facility"]))
    if place is None:
        return "facility", _("There is no facility with this code.")
    if not found.may_import(place):
        return "facility", _("You may not import movements of %(facility)s.", facility=place.name)
    if key_of(row["product"]) not in found.products:
        return "product", _("There is no product with this code.")
    if row["quantity"] == 0 and row["reason"] != COUNT:
        return "quantity", _("Only a count may be zero.")
    if row["date"] > found.today:
        return "date", _("The date lies in the future.")
    if place.closed_on is not None and place.closed_on <= row["date"]:
        return "date", _("%(facility)s is closed.", facility=place.name)
    return None


def _learn_lot(row: Row, product: int, found: Names) -> Any | None:
    """Take down a lot and its expiry; return why it cannot be when the expiry contradicts what is known."""
    key = (product, key_of(row["lot"]))
    id_, expiry = found.lots.get(key) or (-1 - len(found.numbers), None)
    if id_ < 0:
        found.numbers.setdefault(key, row["lot"])
    if row["expiry"] is not None and expiry is not None and row["expiry"] != expiry:
        return _("This lot is known with the expiry %(day)s.", day=f"{expiry:%d/%m/%Y}")
    if expiry is None and row["expiry"] is not None and id_ > 0:
        found.learnt[id_] = row["expiry"]
    found.lots[key] = (id_, expiry or row["expiry"])
    return None


def _sides(row: Row, place: Place, found: Names) -> dict[str, Any]:
    """Return where a line goes from and to; what arrives comes from the transit of whoever sent it."""
    store = row["store"] or ""
    if row["reason"] == COUNT:
        account = found.location(place.id, ADJUSTMENT)
        here = found.location(place.id, STORE, store)
        return {
            "source": account, "target": here, "source_physical": 0, "target_physical": 1, "outside": account,
            "other_id": place.id, "reason_id": 0, "counts": 1, "arrives": 0, "departs": 0, "account": account,
            "bound": None,
        }  # fmt: skip
    reason = found.reasons[row["reason"]]
    arrives = reason.from_kind == TRANSIT
    sender = found.places.get(key_of(row["counterpart"]), place) if arrives else place
    source, target = (
        found.location(at.id, kind, store if kind == STORE else "")
        for at, kind in ((sender, reason.from_kind), (place, reason.to_kind))
    )
    bound = found.places.get((row["counterpart"] or "").lower()) if reason.to_kind == TRANSIT else None
    return {
        "source": source, "target": target, "source_physical": int(reason.from_kind in PHYSICAL),
        "target_physical": int(reason.to_kind in PHYSICAL), "outside": found.location(place.id, SUPPLIER),
        "other_id": sender.id, "reason_id": reason.id, "counts": 0, "arrives": int(arrives),
        "departs": int(reason.to_kind == TRANSIT), "account": 0, "bound": bound.id if bound else None,
    }  # fmt: skip


def _shown(counterpart: str | None, found: Names) -> str:
    """Return the name of a facility that was given by its code, else what was written."""
    known = found.places.get(key_of(counterpart))
    return known.name if known else counterpart or ""


def _digest(row: Row) -> str:
    """Return what tells a line without an own id from another."""
    names = ("facility", "store", "product", "lot", "quantity", "reason", "date", "document", "counterpart")
    said = "\x1f".join("" if row[name] is None else str(row[name]) for name in names)
    return hashlib.sha256(said.encode()).hexdigest()[:40]


def _refuse_repeats(report: Report) -> None:
    """Refuse an own id that stands twice in the file, or was imported with other contents."""
    for line, first in staging.repeated_ids():
        report.add(Refusal(line, "id", "", _("Line %(line)s has the same key already.", line=first)))
    for line in staging.mark_old():
        report.add(Refusal(line, "id", "", _("A movement with this id was imported before, with other contents.")))


def _refuse_negatives(found: Names, report: Report) -> None:
    """Settle the counts, and refuse the lines after which a lot would be below zero."""
    negatives = staging.settle()
    if not negatives:
        return
    lots = {found.lots[key][0]: number for key, number in found.numbers.items()} | found.lot_numbers
    products = {id_: found.codes[product] for (product, _number), (id_, _expiry) in found.lots.items()}
    owners = {place.id: place.name for place in found.places.values()}
    where = {id_: owners[facility] for (facility, _kind, _name), id_ in found.locations.items()}
    for one in negatives:
        facts = {
            "day": f"{one.day:%d/%m/%Y}", "missing": one.missing, "lot": lots[one.lot], "facility": where[one.place],
            "product": products[one.lot],
        }  # fmt: skip
        words = _("On %(day)s, %(missing)s of lot %(lot)s of %(product)s would be missing at %(facility)s.", **facts)
        report.add(Refusal(one.line, "quantity", "", words))


def apply(found: Names, rows: Iterator[Row], report: Report) -> None:
    """Write what was staged: lots and stores first, then the movements, then the balances."""
    _make_lots(found)
    _make_locations(found)
    access, reasons = current(), found.reasons
    shared = {
        "recorded_at": utcnow(), "user_id": access.user_id, "user_label": access.label,
        "import_run": report.facts.get("run"),
    }  # fmt: skip
    written = staging.pour(shared, reasons["count_excess"].id, reasons["count_shortage"].id)
    balances.add(staging.poured())
    turns.catch_up(staging.poured())
    turns.follow_lots(found.learnt)
    staging.close_table()
    learn()
    audit.bulk("elmis.movement", "import", written, **report.facts)


def _make_lots(found: Names) -> None:
    """Store the new lots, and the expiries that stored ones lacked."""
    facts = [
        {"product_id": key[0], "number": number, "expiry": found.lots[key][1], "status": "active", "donor": ""}
        for key, number in found.numbers.items()
    ]
    run = db.session.connection().execute
    made: dict[int, int] = {}
    if facts:
        added = run(insert(Lot).returning(Lot.id, Lot.product_id, Lot.number), facts)
        made = {found.lots[product, key_of(number)][0]: id_ for id_, product, number in added}
        audit.bulk("elmis.lot", "import", len(facts))
    for id_, expiry in found.learnt.items():
        run(update(Lot).where(Lot.id == id_).values(expiry=expiry))
    staging.rename("lot", made)


def _make_locations(found: Names) -> None:
    """Store the new locations."""
    new = {key: id_ for key, id_ in found.locations.items() if id_ < 0}
    run = db.session.connection().execute
    made: dict[int, int] = {}
    for (facility, kind, key), id_ in new.items():
        row = insert(StockLocation).values(facility_id=facility, kind=kind, name=found.titles[facility, kind, key])
        made[id_] = run(row.returning(StockLocation.id)).scalar_one()
    for column in ("source", "target"):
        staging.rename(column, made)


def reasons() -> Mapping[str, Any]:
    """Return {code: label} of the reasons, and of the count."""
    known = {row.code: label_of(row) for row in db.session.scalars(select(Reason).order_by(Reason.id))}
    return {**known, COUNT: _("Physical count (the quantity is what was found)")}


MOVEMENTS = Importer(
    fields=[
        Field("id", _("Own id"), parse.text(60), aliases=["own id", "movement id", "numéro", "identifiant"],
              help=_("The number of the movement in the other system: the file can then be repeated and corrected.")),
        Field("facility", _("Facility code"), parse.text(40), required=True,
              aliases=["structure", "code structure", "facility"]),
        Field("store", _("Store"), parse.text(120), aliases=["magasin", "dépôt"]),
        Field("product", _("Product code"), parse.text(40), required=True,
              aliases=["code produit", "article", "product"]),
        Field("lot", _("Lot number"), parse.text(60), required=True, aliases=["lot", "n° de lot", "batch"]),
        Field("expiry", _("Expiry"), parse.expiry, aliases=["péremption", "expiration date"]),
        Field("quantity", _("Quantity"), parse.whole(0), required=True, aliases=["quantité", "qty"]),
        Field("reason", _("Reason"), parse.text(60), required=True, choices=reasons, aliases=["motif", "type"]),
        Field("date", _("Date"), parse.day, required=True, aliases=["occurred on", "jour"]),
        Field("counterpart", _("From / to"), parse.text(200),
              aliases=["origine", "destination", "origine/destination"]),
        Field("document", _("Document"), parse.text(60), aliases=["pièce", "n° de pièce", "bon"]),
        Field("comment", _("Comment"), parse.text(500), aliases=["observation", "commentaire"]),
    ],
    key=[],
    permission=IMPORT,
    prepare=prepare,
    apply=apply,
    example={
        "id": "2025-0001", "facility": "CDS-001", "store": "", "product": "AMX250", "lot": "B1234",
        "expiry": "2027-12-31", "quantity": "1000", "reason": "receipt", "date": "2025-03-31",
        "counterpart": "CAMEBU", "document": "BL-118", "comment": "",
    },
    outcomes={"counted": _("Counts that set a balance")},
)  # fmt: skip
