"""A stock history comes in: movements and physical counts, of any length, all or nothing.

The lines wait in a table of their own (`staging`); only codes, lots and stores are held in memory. Each line is held
to what the page of its reason asks of the same person: the right, the rule, the comment.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select, tuple_

from core.contract.words import _, label_of
from core.data.access import current
from core.data.db import db, learn, make_room, upsert, utcnow
from core.data.poured import trail_of
from core.data.work import perform
from core.facilities.models import FacilityName
from core.imports import parse
from core.imports.importer import Field, Importer, Refusal, Report, Row, Stale, batches
from plugins.elmis.catalogue.importers import FOREIGN, held_elsewhere
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.services import EDIT
from plugins.elmis.ledger import balances, free, rules, staging, turns
from plugins.elmis.ledger.models import (
    PHYSICAL,
    STORE,
    SUPPLIER,
    TRANSIT,
    Movement,
    Observation,
    Reason,
    StockLocation,
)
from plugins.elmis.ledger.naming import Known, Names, Place, as_numbered, key_of, names
from plugins.elmis.ledger.rules import USES
from plugins.elmis.rights import PERMISSIONS

COUNT, PREFIX = "count", staging.PREFIX
SAMPLE = 50
# reasons that a history may hold; the others are steps of documents, and taken on their pages
PAST = frozenset(
    {
        "receipt", "delivery", "shipment", "issue_ward", "dispensed", "transfer_out", "transfer_in", "facility_return",
        "return_out", "missing_transit", "damaged_transit", "expired", "damaged", "lost", "stolen", "open_vial",
        "cold_chain", "quarantine", "release", "destroyed", "count_excess", "count_shortage", "adjust_up",
        "adjust_down", "initial_count", "kit_unpacked_out", "kit_unpacked_in",
    }
)  # fmt: skip
COMMON = ("id", "uuid", "quantity", "product_id", "lot_id", "document")  # what the trail says of a line
TRAIL = (*COMMON, "source_id", "target_id", "reason_id", "occurred_on")
SEEN = (*COMMON, "location_id", "counted_on")
UNFIT = {
    "note": _("This is a delivery note of this system: receive it on the page Receipts."),
    "unusable": _("This lot was expired that day, or may not be given out."),
}


def prepare(rows: Iterator[Row], report: Report) -> Names:
    """Return the names; the lines are staged, what was imported before is marked, counts are settled."""
    staging.forget_old()
    found = names()
    try:
        _stage(rows, found, report)
    except BaseException:
        forget(found)
        raise
    return found


def forget(found: Names) -> None:
    """Clear the staged lines away."""
    db.session.rollback()
    found.stage.forget()
    if found.written:
        perform(learn)


def _stage(rows: Iterator[Row], found: Names, report: Report) -> None:
    stage = found.stage
    first: list[Row] = []
    for batch in batches(rows, staging.BATCH):
        first += batch[: SAMPLE - len(first)]
        stage.keep([line for row in batch if (line := _staged(row, found, report)) is not None])
    stage.tell_twins_apart()
    stage.know_own()
    _refuse_repeats(found, report)
    _refuse_unfit(found, report)
    stage.join_transits()
    found.rests_on = stage.rests_on()
    if not report.refused:
        _refuse_negatives(found, report)
    _tell(first, found, report)


def _tell(first: list[Row], found: Names, report: Report) -> None:
    """Put the numbers and the first lines of each kind into the report."""
    known, refused = found.stage.known_among([row.line for row in first]), {each.line for each in report.refusals}
    for row in (row for row in first if row.line not in refused):
        report.count("same" if row.line in known else "counted" if row["reason"] == COUNT else "new", row)
    report.counts.clear()
    report.counts.update(found.stage.counts())


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
    own, lot = row["id"] is not None, found.lots[product, key_of(row["lot"])]
    other = found.places.get(key_of(row["counterpart"]))
    return {
        "line": row.line, "uuid": f"{PREFIX}{row['id'] if own else _digest(row, place, product)}", "own": int(own),
        "facility_id": place.id, "product_id": product, "lot": lot.id, "unusable": int(_unusable(row, lot)),
        "quantity": row["quantity"], "day": row["date"], "document": as_numbered(row["document"] or ""),
        "counterpart": other.name if other else row["counterpart"] or "", "counterpart_id": other.id if other else 0,
        "comment": row["comment"] or "", **_sides(row, place, other, found),
    }  # fmt: skip


def _unusable(row: Row, lot: Known) -> bool:
    """Return whether a line gives out a lot that may not be given out, or was expired that day."""
    return row["reason"] in USES and (not lot.usable or bool(lot.expiry and lot.expiry < row["date"]))


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
    return found.beyond(row, place)


def _learn_lot(row: Row, product: int, found: Names) -> Any | None:
    """Take down a lot and its expiry; return why it cannot be when the expiry contradicts what is known."""
    key, given = (product, key_of(row["lot"])), row["expiry"]
    lot = found.lots.get(key) or Known(-1 - len(found.numbers), None)
    if lot.id < 0:
        found.numbers.setdefault(key, row["lot"])
    if given is not None and lot.expiry is not None and given != lot.expiry:
        return _("This lot is known with the expiry %(day)s.", day=f"{lot.expiry:%d/%m/%Y}")
    if lot.expiry is None and given is not None and lot.id > 0:
        found.learnt[lot.id] = (given, row.line)
    if key not in found.lots or (given and not lot.expiry):
        found.lots[key] = Known(lot.id, lot.expiry or given, lot.usable)
    return None


def _sides(row: Row, place: Place, other: Place | None, found: Names) -> dict[str, Any]:
    """Return where a line goes from and to; what arrives comes from the transit of whoever sent it."""
    store = found.location(place.id, STORE, row["store"] or "")
    if row["reason"] == COUNT:
        account = found.account(place.id)
        return {
            "source": account, "target": store, "source_physical": 0, "target_physical": 1, "outside": account,
            "other_id": place.id, "reason_id": 0, "counts": 1, "arrives": 0, "departs": 0, "account": account,
            "place": store, "counted": row["quantity"],
        }  # fmt: skip
    reason = found.reasons[row["reason"]]
    arrives = reason.from_kind == TRANSIT
    sender = other if arrives and other else place
    source, target = (
        store if kind == STORE else found.location(at.id, kind)
        for at, kind in ((sender, reason.from_kind), (place, reason.to_kind))
    )
    return {
        "source": source, "target": target, "source_physical": int(reason.from_kind in PHYSICAL),
        "target_physical": int(reason.to_kind in PHYSICAL), "outside": found.location(place.id, SUPPLIER),
        "other_id": sender.id, "reason_id": reason.id, "counts": 0, "arrives": int(arrives),
        "departs": int(reason.to_kind == TRANSIT), "account": 0, "counted": 0,
        "place": store if STORE in (reason.from_kind, reason.to_kind) else 0,
    }  # fmt: skip


def _digest(row: Row, place: Place, product: int) -> str:
    """Return what tells a line without an own id from another, however its codes are written."""
    names = ("quantity", "reason", "date", "document", "counterpart")
    said = [place.code, product, *(key_of(row[name]) for name in ("store", "lot")), *(row[name] for name in names)]
    return hashlib.sha256("\x1f".join("" if each is None else str(each) for each in said).encode()).hexdigest()[:40]


def _refuse_repeats(found: Names, report: Report) -> None:
    """Refuse an own id that stands twice in the file, or was imported with other contents."""
    for line, first in found.stage.repeated_ids():
        report.add(Refusal(line, "id", "", _("Line %(line)s has the same key already.", line=first)))
    for line, name, kept, given in found.stage.mark_old():
        if name != "counterpart" or not _was_called(given, kept):
            words = _(
                "A movement with this id was imported before, with other contents: %(field)s.", field=LABELS[name]
            )
            report.add(Refusal(line, "id", "", words))


def _was_called(facility_id: int, name: str) -> bool:
    """Return whether a facility bore a name once: what was imported under it is still the same."""
    former = select(FacilityName.id).where(FacilityName.facility_id == facility_id, FacilityName.name == name)
    return db.session.connection().execute(former).first() is not None


def _refuse_unfit(found: Names, report: Report) -> None:
    """Refuse new lines that the page of their reason would not take from this person."""
    for line, name, why in found.stage.refused():
        report.add(Refusal(line, name, "", UNFIT[why]))
    by_id = {row.id: row for row in found.reasons.values()}
    places = {place.id: place for place in found.places.values()}
    for facility_id, reason_id, counts, commented in found.stage.kinds():
        wrong = _unfit(by_id.get(reason_id), places[facility_id], bool(commented))
        if wrong is not None:
            name, words = wrong
            for line in found.stage.lines_of(facility_id, reason_id, counts, commented):
                report.add(Refusal(line, name, "", words))
    _refuse_foreign_lots(found, report)


def _unfit(reason: Any | None, place: Place, commented: bool) -> tuple[str, Any] | None:
    """Return (field, why) when this person may not bring in lines of a reason at a place; no reason is a count."""
    right = rules.right_of(reason) if reason is not None else rules.RIGHTS["count_excess"]
    if not current().can(right, place):
        said = {"right": name_of_right(right), "facility": place.name}
        return "reason", _("This needs the right “%(right)s” at %(facility)s.", **said)
    if reason is not None and (reason.code not in PAST or not reason.active):
        return "reason", _("“%(reason)s” is recorded on its own page, not by an import.", reason=label_of(reason))
    if reason is not None and reason.needs_comment and not commented:
        return "comment", _("“%(reason)s” needs a comment.", reason=label_of(reason))
    return None


def name_of_right(code: str) -> Any:
    """Return what a right is called."""
    return next((each.label for each in PERMISSIONS if each.name == code), code)


def _refuse_foreign_lots(found: Names, report: Report) -> None:
    """Refuse an expiry for a lot that others hold as well, from whoever does not keep the catalogue."""
    if not current().can(EDIT):
        for lot in held_elsewhere(list(found.learnt)):
            expiry, line = found.learnt[lot]
            report.add(Refusal(line, "expiry", f"{expiry:%d/%m/%Y}", FOREIGN))


def _refuse_negatives(found: Names, report: Report) -> None:
    """Settle the counts, and refuse the lines after which a lot would be below zero."""
    negatives = found.stage.settle(found.account)
    if not negatives:
        return
    lots = {found.lots[key].id: number for key, number in found.numbers.items()} | found.lot_numbers
    products = {lot.id: found.codes[product] for (product, _number), lot in found.lots.items()}
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
    """Write what was staged, in one go: lots and stores, the movements and what was counted, balances, the trail."""
    make_room()
    _refuse_stale(found)
    _make_lots(found)
    _make_locations(found)
    access, reasons, run = current(), found.reasons, int(report.facts["run"])
    shared = {"recorded_at": utcnow(), "user_id": access.user_id, "user_label": access.label, "import_run": run}
    M = Movement.__table__.c
    first = int(db.session.connection().execute(select(func.max(M.id))).scalar() or 0)
    found.stage.pour(shared, reasons["count_excess"].id, reasons["count_shortage"].id)
    legs = staging.poured(first, run)
    balances.add(legs)
    free.guard_poured(legs)
    turns.catch_up(legs)
    found.written = True
    which = (M.id > first, M.import_run == run)
    trail_of("elmis.movement", M.target_facility_id, [M[name] for name in TRAIL], *which, run=run)
    seen = Observation.__table__.c
    trail_of("elmis.observation", seen.facility_id, [seen[name] for name in SEEN], seen.import_run == run, run=run)


def _refuse_stale(found: Names) -> None:
    """Raise Stale when somebody recorded at these places, or made one of these lots, since the file was looked at."""
    if found.stage.rests_on() != found.rests_on:
        raise Stale
    new = list(found.numbers)
    for start in range(0, len(new), 500):
        wanted = tuple_(Lot.product_id, Lot.number_key).in_(new[start : start + 500])
        if db.session.connection().execute(select(Lot.id).where(wanted).limit(1)).first():
            raise Stale


def _make_lots(found: Names) -> None:
    """Store the new lots, and the expiries that stored ones lacked; each leaves its line in the trail."""
    made = {
        found.lots[key].id: Lot(product_id=key[0], number=number, expiry=found.lots[key].expiry)
        for key, number in found.numbers.items()
    }
    db.session.add_all(made.values())
    for id_, (expiry, _line) in found.learnt.items():
        lot = db.session.get_one(Lot, id_)
        lot.expiry = lot.expiry or expiry
    db.session.flush()
    found.stage.made(staging.LOT, {before: lot.id for before, lot in made.items()})


def _make_locations(found: Names) -> None:
    """Store the new locations, unless somebody was faster."""
    run, made = db.session.connection().execute, {}
    for (facility, kind, key), id_ in found.locations.items():
        if id_ < 0:
            title = found.titles[facility, kind, key]
            run(
                upsert(StockLocation)
                .values(facility_id=facility, kind=kind, name=title, name_key=key)
                .on_conflict_do_nothing()
            )
            here = (StockLocation.facility_id == facility, StockLocation.kind == kind, StockLocation.name_key == key)
            made[id_] = int(run(select(StockLocation.id).where(*here)).scalar_one())
    found.stage.made(staging.PLACE, made)


def reasons() -> Mapping[str, Any]:
    """Return {code: label} of the reasons, and of the count."""
    known = {row.code: label_of(row) for row in db.session.scalars(select(Reason).order_by(Reason.id))}
    return {**known, COUNT: _("Physical count (the quantity is what was found)")}


MOVEMENTS = Importer(
    fields=[
        Field(
            "id",
            _("Own id"),
            parse.text(60),
            aliases=["own id", "movement id", "numéro", "identifiant"],
            help=_("The number of the movement in the other system: the file can then be repeated and corrected."),
        ),
        Field(
            "facility",
            _("Facility code"),
            parse.text(40),
            required=True,
            aliases=["structure", "code structure", "facility"],
        ),
        Field("store", _("Store"), parse.text(120), aliases=["magasin", "dépôt"]),
        Field(
            "product", _("Product code"), parse.text(40), required=True, aliases=["code produit", "article", "product"]
        ),
        Field("lot", _("Lot number"), parse.text(60), required=True, aliases=["lot", "n° de lot", "batch"]),
        Field("expiry", _("Expiry"), parse.expiry, aliases=["péremption", "expiration date"]),
        Field("quantity", _("Quantity"), parse.whole(0), required=True, aliases=["quantité", "qty"]),
        Field("reason", _("Reason"), parse.text(60), required=True, choices=reasons, aliases=["motif", "type"]),
        Field("date", _("Date"), parse.day, required=True, aliases=["occurred on", "jour"]),
        Field(
            "counterpart", _("From / to"), parse.text(200), aliases=["origine", "destination", "origine/destination"]
        ),
        Field("document", _("Document"), parse.text(60), aliases=["pièce", "n° de pièce", "bon"]),
        Field("comment", _("Comment"), parse.text(500, lines=True), aliases=["observation", "commentaire"]),
    ],
    key=[],
    permission=rules.MOVE,
    prepare=prepare,
    apply=apply,
    example={
        "id": "2025-0001",
        "facility": "CDS-001",
        "store": "",
        "product": "AMX250",
        "lot": "B1234",
        "expiry": "2027-12-31",
        "quantity": "1000",
        "reason": "receipt",
        "date": "2025-03-31",
        "counterpart": "CAMEBU",
        "document": "BL-118",
        "comment": "",
    },
    outcomes={"counted": _("Counts that set a balance"), "held": _("Earlier counts that stand: differences added")},
    lasting=True,
    forget=forget,
)
LABELS = {field.name: field.label for field in MOVEMENTS.fields}  # fmt: skip
