"""What is unusual about a history: it resembles one of before, opens stores, meets counts that stand, or goods that
are on the road here anyway. Each is asked; nothing is written before the person has said yes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all

from core.contract.words import _
from core.data.db import local
from core.facilities.models import Facility
from core.imports.importer import Report
from core.imports.models import ImportRun
from plugins.elmis.catalogue.arriving import FIELDS, YEARS_AGO, Arrival, unusual
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.recalls import PROPOSED, Recall
from plugins.elmis.catalogue.twins import FIRST
from plugins.elmis.history import unfound, ward_lines
from plugins.elmis.history.naming import Known, Names
from plugins.elmis.history.staged import KNOWN, S, Staged
from plugins.elmis.history.staging import FLAGS, flagged, same_number
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.models import STORE, Movement, Observation, Reason
from plugins.elmis.ledger.received import (
    BY_HAND,
    COMES,
    NONE,
    OF_A_NOTE,
    SENT,
    TOLD,
    doubt,
    lines,
    named,
    notes,
    same_goods,
    same_note,
    same_paper,
    some,
)
from plugins.elmis.ledger.rules import USES
from plugins.elmis.promises.machines import UNDERWAY
from plugins.elmis.promises.models import Shipment, ShipmentLine
from plugins.elmis.promises.sums import MOVING

M, SAW, R = Movement.__table__.c, Observation.__table__.c, Reason.__table__.c


def ask(found: Names, report: Report) -> None:
    """Put the questions that the staged lines raise into the report."""
    _ask_received(found, report, _ask_twins(found, report))
    _ask_stores(found, report)
    _ask_underway(found, report)
    _ask_unusual(found, report)
    ward_lines.ask(found, report)
    _ask_proposed(found, report)
    unfound.ask(found, report)
    _ask_counts(found, report)
    _ask_gaps(found, report)


# A file that resembles one of before


def _ask_twins(found: Names, report: Report) -> set[int]:
    """Ask about new lines without an own id beside others that came in before, or in the place of such a line; return
    these."""
    mine = and_(found.stage.mine, S.own == 0, S.line <= found.stage.last)
    new = list(read(select(S.line).where(mine, S.state != KNOWN).order_by(S.line)))
    before = [
        select(S.line, table.c.import_run).join(table, table.c.uuid == S.uuid).where(mine, S.state == KNOWN)
        for table in (Movement.__table__, Observation.__table__)
    ]
    same, runs = 0, set()
    for _line, run in read(union_all(*before)):
        same += 1
        runs.add(run)
    changed = _changed(mine)
    if not new or not (same or changed):
        return set()
    runs |= {row.run for row in changed}
    said = {
        "files": _files(runs), "same": same, "new": len(new),
        "changes": some(_change(row) for row in changed) or some(_("line %(line)s", line=row.line) for row in new),
    }  # fmt: skip
    words = _(
        "This file resembles %(files)s. Lines that are the same, and change nothing: %(same)s. Other lines, which "
        "would be added: %(new)s (%(changes)s). Say yes when these are further movements. Where one corrects a line "
        "that was imported, take it out of the file: reverse the wrong line on the stock card, then enter the right "
        "one.",
        **said,
    )
    report.ask("twins", words, about=f"{same}/{[row.line for row in new]}/{sorted(map(str, runs))}")
    return {row.line for row in changed}


def _changed(mine: ColumnElement[bool]) -> list[Any]:
    """Return (line, run, quantity, day, lot, and the same of before) of new lines that stand where an imported line
    stood which the file no longer has: the same movement but for its quantity, day or lot."""
    here, again = Staged.__table__, Staged.__table__.alias("again")
    kept = select(again.c.line).where(again.c.batch == S.batch)
    day, lot, paper = M.occurred_on == S.day, M.lot_id == S.lot, same_number()
    moved = (
        select(S.line, M.import_run.label("run"), S.quantity, S.day, S.lot, M.quantity.label("units"),
               M.occurred_on.label("on"), M.lot_id.label("of"))
        .join_from(here, Movement.__table__, and_(
            M.target_id == S.target, M.source_id == S.source, M.product_id == S.product_id, M.reason_id == S.reason_id,
            M.paper_key == S.paper_key, or_(and_(day, lot), and_(paper, or_(day, lot))),
        ))
        .where(mine, S.counts == 0, S.state != KNOWN, M.import_run.is_not(None),
               ~kept.where(again.c.uuid == M.uuid).exists())
    )  # fmt: skip
    seen = (
        select(S.line, SAW.import_run, S.counted, S.day, S.lot, SAW.quantity, SAW.counted_on, SAW.lot_id)
        .join_from(here, Observation.__table__, and_(
            SAW.location_id == S.place, SAW.lot_id == S.lot, SAW.counted_on == S.day,
        ))
        .where(mine, S.counts == 1, S.state != KNOWN, SAW.import_run.is_not(None),
               ~kept.where(again.c.uuid == SAW.uuid).exists())
    )  # fmt: skip
    first: dict[int, Any] = {}
    for row in read(union_all(moved, seen)):
        first.setdefault(row.line, row)
    return [first[line] for line in sorted(first)]


def _change(row: Any) -> Any:
    """Return what a line says otherwise than the one of before."""
    if row.quantity != row.units:
        return _("line %(line)s: %(now)s instead of %(before)s", line=row.line, now=row.quantity, before=row.units)
    if row.day != row.on:
        days = {"now": f"{row.day:%d/%m/%Y}", "before": f"{row.on:%d/%m/%Y}"}
        return _("line %(line)s: %(now)s instead of %(before)s", line=row.line, **days)
    if row.lot != row.of:
        return _("line %(line)s: another lot", line=row.line)
    return _("line %(line)s: written otherwise", line=row.line)


def _files(runs: set[int | None]) -> str:
    """Return which files came in before, when, and by whom."""
    run = ImportRun.__table__.c
    rows = read(select(run.file_name, run.done_at, run.user_label).where(run.id.in_(runs)).order_by(run.id.desc()))
    return some(
        _("“%(file)s”, imported on %(day)s by %(person)s", file=row.file_name, person=row.user_label,
          day=f"{local(row.done_at):%d/%m/%Y}" if row.done_at else "–")
        for row in rows
    ) or str(_("a file that was imported before"))  # fmt: skip


# Goods that were received before


def _ask_received(found: Names, report: Report, asked: set[int]) -> None:
    """Ask about new lines, of which nothing was `asked` yet, whose paper was received here before, or whose goods
    were by hand. Lines of the file that are here already are told apart from them by the file itself."""
    again = Staged.__table__.alias("again")
    kept = select(again.c.line).where(again.c.batch == found.stage.batch, again.c.uuid == M.uuid).exists()
    ways = [
        same_paper(S.facility_id, S.paper_key),
        and_(same_goods(S.facility_id, S.lot, S.day), M.quantity == S.quantity, BY_HAND),
    ]
    numbered = and_(SENT.c.paper_key != NONE, SENT.c.paper_key == S.paper_key, OF_A_NOTE)
    if read(select(S.line).join(SENT, numbered).where(found.stage.new).limit(1)).scalar() is not None:
        ways.insert(1, same_note(S.facility_id, S.paper_key))
    before = [select(M.id).where(way, ~kept).correlate(Staged.__table__).limit(1).scalar_subquery() for way in ways]
    mine = select(S.line, func.coalesce(*before).label("of")).where(found.stage.new, S.reason_id.in_(COMES)).subquery()
    rows = read(select(mine).where(mine.c.of.is_not(None)).order_by(mine.c.line)).all()
    rows = [row for row in rows if row.line not in asked]
    if rows:
        stands = {row.id: row for row in lines(M.id.in_({row.of for row in rows[:TOLD]}))}
        said = [_("line %(line)s: %(before)s", line=row.line, before=named(stands[row.of])) for row in rows[:TOLD]]
        words = _(
            "These goods seem to be received already (%(lines)s). Say yes when they came another time. Else take the "
            "lines out of the file.",
            lines=some(said, len(rows)),
        )
        report.ask("received", words, about=str([tuple(row) for row in rows]), field="document")


# Stores that are not known


def _ask_stores(found: Names, report: Report) -> None:
    """Ask whether a store that a file names first is to be opened, beside those that are there."""
    names = {place.id: place.name for place in found.places.values()}
    new = [key for key, id_ in found.locations.items() if id_ < 0 and key[1] == STORE and key[2]]
    firsts = dict(
        read(select(S.place, S.line).where(found.stage.mine, S.place < 0).order_by(S.place, S.line.desc())).all()
    )
    for key in [key for key in new if found.locations[key] in firsts]:
        facility, line = key[0], firsts[found.locations[key]]
        known = [found.stores.get((facility, name), "") for (at, kind, name), id_ in found.locations.items()
                 if at == facility and kind == STORE and id_ > 0]  # fmt: skip
        facts = {"store": found.titles[key], "facility": names[facility], "line": line}
        words = _(
            "Line %(line)s: %(facility)s has no store “%(store)s”. Known here: %(stores)s. It would be opened.",
            stores=", ".join(name or str(_("Main store")) for name in sorted(known)), **facts,
        ) if known else _(
            "Line %(line)s: %(facility)s has no store yet. “%(store)s” would be opened as its first one.", **facts
        )  # fmt: skip
        report.ask("store", words, about=f"{facility}/{key[2]}", field="store")


# Goods that are on the road here


def underway(found: Names, *which: ColumnElement[bool]) -> Sequence[Any]:
    """Return (line, document, number of the note) of new lines that bring in what this system has on the road here:
    its lot, or its number."""
    here = and_(Shipment.facility_id == S.facility_id, Shipment.state.in_(UNDERWAY))
    new = and_(found.stage.new, S.reason_id.in_(COMES), S.source_physical == 0, *which)
    columns = (S.line, S.document, Shipment.number)
    by_lot = (
        select(*columns)
        .join_from(Staged.__table__, ShipmentLine.__table__, and_(ShipmentLine.lot_id == S.lot, MOVING > 0))
        .join(Shipment.__table__, and_(Shipment.id == ShipmentLine.shipment_id, here))
        .where(new, Shipment.shipped_on <= S.day)
    )
    numbered = Shipment.number.in_(notes(S.paper_key).correlate(Staged.__table__))
    by_number = select(*columns).join_from(Staged.__table__, Shipment.__table__, and_(here, numbered)).where(new)
    rows: Sequence[Any] = read(by_lot.union(by_number).order_by("line")).all()
    return rows


def _ask_underway(found: Names, report: Report) -> None:
    rows = underway(found)
    if rows:
        said = some(_("line %(line)s, %(note)s", line=row.line, note=row.number) for row in rows)
        words = _(
            "This lot is on the road to you already (%(lines)s). Say yes when these are other goods. Else take the "
            "line out of the file, and receive the note on the page Receipts.",
            lines=said,
        )
        report.ask("underway", words, about=str([tuple(row) for row in rows]), field="document")


# Goods that come in, and are unusual


def _ask_unusual(found: Names, report: Report) -> None:
    """Ask about new lines that bring in what the page of a receipt asks about: each kind once."""
    lots: dict[int, Known] = {}
    for code in (code for code in FLAGS if code != YEARS_AGO):
        mine = (found.stage.new, flagged(FLAGS[code]))
        number = int(read(select(func.count()).where(*mine)).scalar_one())
        if not number:
            continue
        lots, written = lots or {lot.id: lot for lot in found.lots.values()}, found.written_lots()
        query = select(S.line, S.lot, S.day, R.code).join(Reason.__table__, R.id == S.reason_id).where(*mine)
        rows, said, fresh = read(query.order_by(S.line).limit(TOLD)).all(), [], code in ("no_expiry", "far_expiry")
        for row in rows:
            lot = lots[row.lot]
            one = Arrival(written.get(lot.id, ""), lot.expiry, row.day, row.code, lot.status, fresh, retired=True)
            said.append((row.line, unusual(one, found.expiry_years).get(code, "")))
        report.ask(code, doubt(said, number), about=f"{number}/{[tuple(row) for row in rows]}", field=FIELDS[code])


# Lots whose recall is proposed


def _ask_proposed(found: Names, report: Report) -> None:
    """Ask about new lines that give out a lot on a day on which its recall was proposed already."""
    uses = [row.id for row in found.reasons.values() if row.code in USES]
    query = (
        select(S.line, Recall.number, Lot.number.label("lot"))
        .join_from(Staged.__table__, Lot.__table__, Lot.id == S.lot)
        .join(Recall.__table__, and_(Recall.lot_id == FIRST, Recall.issued_on <= S.day))
        .where(found.stage.new, S.reason_id.in_(uses), Recall.state == PROPOSED)
    )
    rows = read(query.order_by(S.line)).all()
    if rows:
        said = some(_("line %(line)s: lot %(lot)s, %(number)s", **row._mapping) for row in rows)
        words = _(
            "A recall of these lots was proposed when they were given out, and is not decided yet (%(lines)s). Say "
            "yes when they were given out all the same, and say why in the comment of the line.",
            lines=said,
        )
        report.ask("recall_proposed", words, about=str([tuple(row) for row in rows]), field="lot")


# Counts that stand


def _ask_counts(found: Names, report: Report) -> None:
    """Ask about lines that come late for a count: it stands, and a difference is added to it."""
    held = [one for one in found.stage.held if one[2] not in found.placed]  # of those it was asked already
    if not held:
        return
    units = {of: gap for of, gap, _line in held}
    query = (
        select(SAW.id, SAW.document, SAW.counted_on, SAW.quantity, Lot.number, Product.code, Facility.name)
        .join_from(Observation.__table__, Lot.__table__, Lot.id == SAW.lot_id)
        .join(Product.__table__, Product.id == SAW.product_id)
        .join(Facility.__table__, Facility.id == SAW.facility_id)
        .where(SAW.id.in_(list(units)[: TOLD]))
        .order_by(SAW.id)
    )  # fmt: skip
    said = [
        _("%(count)s of %(day)s at %(facility)s: %(counted)s of %(product)s, lot %(lot)s, were there; with this file "
          "the book would have said %(book)s",
          count=row.document or _("count"), day=f"{row.counted_on:%d/%m/%Y}", facility=row.name, counted=row.quantity,
          product=row.code, lot=row.number, book=row.quantity - units[row.id])
        for row in read(query)
    ]  # fmt: skip
    words = _(
        "These lines lie before counts that were made since. The counts stand: the difference is added to each as a "
        "count excess or shortage. (%(counts)s.) Say yes when the counts were right; else count these lots again.",
        counts=some(said, len(units)),
    )
    report.ask("counts", words, about=str(sorted(units.items())))


def _ask_gaps(found: Names, report: Report) -> None:
    """Ask about counts that are many times the book, or the book many times them: like a digit too many."""
    gaps = found.stage.gaps
    if gaps:
        said = some(
            _("line %(line)s: %(counted)s counted, %(book)s in the book", line=line, counted=counted, book=book)
            for line, counted, book in gaps
        )
        words = _(
            "These counts are very far from the book (%(lines)s). Say yes when this was really found.", lines=said
        )
        report.ask("count_gap", words, about=str(gaps), field="quantity")
