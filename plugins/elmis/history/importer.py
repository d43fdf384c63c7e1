"""A stock history comes in: movements and physical counts, of any length, all or nothing.

The lines wait in a table of their own (`staging`); only codes, lots and stores are held in memory. Each line is held
to what the page of its reason asks of the same person: the right, the rule, the comment.
"""

from collections.abc import Iterator

from sqlalchemy import func, select, tuple_

from core.contract.words import _
from core.data.access import current
from core.data.bulk import beside, read_beside
from core.data.db import db, learn, make_room, upsert, utcnow
from core.data.poured import trail_of
from core.data.work import perform
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, Stale, batches
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.history import closed_lines, doubts, known, refusals, same_day, staging, ward_lines
from plugins.elmis.history.lines import Lines
from plugins.elmis.history.naming import Names, names
from plugins.elmis.history.staged import OUT, Staged
from plugins.elmis.ledger import balances, guard, months, rules, turns
from plugins.elmis.ledger.models import (
    BOOK,
    Movement,
    Observation,
    StockLocation,
)
from plugins.elmis.ledger.reports import COUNT, reasons

SAMPLE = 50
POURED = ("elmis_movement", "elmis_observation", "elmis_balance", "elmis_turn", "elmis_lot")
COMMON = ("id", "uuid", "quantity", "product_id", "lot_id", "document")  # what the trail says of a line
TRAIL = (*COMMON, "source_id", "target_id", "reason_id", "occurred_on")
SEEN = (*COMMON, "location_id", "counted_on")


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
        perform(_learn)


def _learn() -> None:
    for name in POURED:
        learn(name)


def _stage(rows: Iterator[Row], found: Names, report: Report) -> None:
    stage, lines = found.stage, Lines(found)
    first: list[Row] = []
    for batch in batches(rows, staging.BATCH):
        first += batch[: SAMPLE - len(first)]
        stage.keep([line for row in batch if (line := lines.staged(row, report)) is not None])
    perform(lambda: learn(Staged.__tablename__))  # or the lines of this batch are found by reading all, line by line
    known.tell_twins_apart(stage)
    known.know_own(stage)
    refusals.refuse_repeats(found, report, LABELS)
    refusals.refuse_unfit(found, report)
    ward_lines.refuse(found, report)
    stage.join_transits()
    refusals.refuse_underway(found, report)
    closed_lines.judge(found, report)
    found.rests_on = stage.rests_on()
    waits = not report.refused and same_day.place(found, report)
    if not report.refused and not waits:
        refusals.refuse_negatives(found, report)
    if not report.refused:
        doubts.ask(found, report)
        found.sums = stage.sums()
    _tell(first, found, report)


def _tell(first: list[Row], found: Names, report: Report) -> None:
    """Put the numbers and the first lines of each kind into the report."""
    here, refused = found.stage.known_among([row.line for row in first]), {each.line for each in report.refusals}
    for row in (row for row in first if row.line not in refused):
        report.count("same" if row.line in here else "counted" if row["reason"] == COUNT else "new", row)
    found.stage.change(list(report.refused_lines), state=OUT)
    report.counts.clear()
    report.counts.update(found.stage.counts())


def apply(found: Names, rows: Iterator[Row], report: Report) -> None:
    """Write what was staged, in one go: lots and stores, the movements and what was counted, balances, the trail."""
    make_room()
    _refuse_stale(found)
    lots, places = _make_lots(found), _make_locations(found)
    access, reasons, run = current(), found.reasons, int(report.facts["run"])
    shared = {"recorded_at": utcnow(), "user_id": access.user_id, "user_label": access.signed, "import_run": run}
    M = Movement.__table__.c
    first = int(read_beside(select(func.max(M.id)), BOOK).scalar() or 0)
    found.stage.pour(shared, reasons["count_excess"].id, reasons["count_shortage"].id)
    sums = [one._replace(place=places.get(one.place, one.place), lot=lots.get(one.lot, one.lot)) for one in found.sums]
    balances.add(sums)
    guard.check_poured(staging.poured(first, run))
    turns.catch_up((one.place, one.product) for one in sums)
    found.written = True
    which = (M.id > first, M.import_run == run)
    trail_of("elmis.movement", M.target_facility_id, [M[name] for name in TRAIL], *which, run=run)
    seen = Observation.__table__.c
    trail_of("elmis.observation", seen.facility_id, [seen[name] for name in SEEN], seen.import_run == run, run=run)


def _refuse_stale(found: Names) -> None:
    """Raise Stale when, since the file was looked at, somebody recorded at these places, made one of these lots, or
    closed a month."""
    if found.stage.rests_on() != found.rests_on or months.closed(found.past) != found.shut:
        raise Stale
    new = list(found.numbers)
    for start in range(0, len(new), 500):
        wanted = tuple_(Lot.product_id, Lot.number_key).in_(new[start : start + 500])
        if db.session.execute(select(Lot.id).where(wanted).limit(1)).first():
            raise Stale


def _make_lots(found: Names) -> dict[int, int]:
    """Store the new lots, and the expiries that stored ones lacked; each leaves its line in the trail. Return the ids
    of the new ones, by those they had in the file."""
    made = {
        found.lots[key].id: Lot(product_id=key[0], number=number, expiry=found.lots[key].expiry)
        for key, number in found.numbers.items()
    }
    db.session.add_all(made.values())
    for id_, (expiry, _line) in found.learnt.items():
        lot = db.session.get_one(Lot, id_)
        lot.expiry = lot.expiry or expiry
    db.session.flush()
    ids = {before: lot.id for before, lot in made.items()}
    found.stage.made(staging.LOT, ids)
    return ids


def _make_locations(found: Names) -> dict[int, int]:
    """Store the new locations, unless somebody was faster; return their ids, by those they had in the file."""
    made = {}
    for (facility, kind, key), id_ in found.locations.items():
        if id_ < 0:
            title = found.titles[facility, kind, key]
            new = upsert(StockLocation).values(facility_id=facility, kind=kind, name=title, name_key=key)
            db.session.connection().execute(
                beside(new.on_conflict_do_nothing(), "a place is made with its first movement")
            )
            here = (StockLocation.facility_id == facility, StockLocation.kind == kind, StockLocation.name_key == key)
            made[id_] = int(db.session.execute(select(StockLocation.id).where(*here)).scalar_one())
    found.stage.made(staging.PLACE, made)
    return made


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
        Field(
            "lot",
            _("Lot number"),
            parse.text(60),
            aliases=["lot", "n° de lot", "batch"],
            help=_("May stay empty for products whose packs carry no lot number."),
        ),
        Field("expiry", _("Expiry"), parse.expiry, aliases=["péremption", "expiration date"]),
        Field("quantity", _("Quantity"), parse.whole(0), required=True, aliases=["quantité", "qty"]),
        Field("reason", _("Reason"), parse.text(60), required=True, choices=reasons, aliases=["motif", "type"]),
        Field("date", _("Date"), parse.day, required=True, aliases=["occurred on", "jour"]),
        Field(
            "counterpart", _("From / to"), parse.text(200), aliases=["origine", "destination", "origine/destination"]
        ),
        Field(
            "document",
            _("Document"),
            parse.text(60),
            aliases=["pièce", "n° de pièce", "n° de la pièce", "number of the paper", "bon"],
        ),
        Field(
            "paper",
            _("Number of the supplier's paper"),
            parse.text(60),
            aliases=["supplier's paper", "pièce du fournisseur", "bordereau du fournisseur"],
            help=_("Where the document is a slip of one's own: what stands on the paper that came with the goods."),
        ),
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
        "paper": "",
        "comment": "",
    },
    outcomes={"counted": _("Counts that set a balance"), "held": _("Earlier counts that stand: differences added")},
    lasting=True,
    forget=forget,
)
LABELS = {field.name: field.label for field in MOVEMENTS.fields}  # fmt: skip
