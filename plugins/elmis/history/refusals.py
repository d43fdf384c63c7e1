"""Lines of a history that are not taken: told at the line, and at its field, with what the person can do."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from core.contract.words import _, label_of
from core.data.access import current, lacking
from core.data.db import db
from core.facilities.models import FacilityName
from core.imports.importer import Refusal, Report
from plugins.elmis.catalogue.arriving import YEARS_AGO
from plugins.elmis.catalogue.services import EDIT
from plugins.elmis.history import doubts, known, staging
from plugins.elmis.history.naming import Names, Place
from plugins.elmis.ledger import rules
from plugins.elmis.lots.importer import FOREIGN, held_elsewhere

# reasons that a history may hold; the others are steps of documents, and taken on their pages
PAST = frozenset(
    {
        "receipt", "delivery", "shipment", "issue_ward", "dispensed", "transfer_out", "transfer_in", "facility_return",
        "return_out", "missing_transit", "damaged_transit", "expired", "damaged", "lost", "stolen", "open_vial",
        "cold_chain", "quarantine", "release", "destroyed", "count_excess", "count_shortage", "adjust_up",
        "adjust_down", "initial_count", "kit_unpacked_out", "kit_unpacked_in",
    }
)  # fmt: skip
UNFIT = {
    "note": _("This is a delivery note of this system: receive it on the page Receipts."),
    "unusable": _("This lot was expired that day, or may not be given out."),
    YEARS_AGO: _("These goods would have expired years before they came. Check the year."),
}


def refuse_repeats(found: Names, report: Report, labels: Mapping[str, Any]) -> None:
    """Refuse an own id that stands twice in the file, or was imported with other contents."""
    for line, own, first in known.repeated_ids(found.stage):
        report.add(Refusal(line, "id", own, _("Line %(line)s has the same key already.", line=first)))
    for one in known.mark_old(found.stage):
        if one.field != "counterpart" or not _was_called(one.given, one.kept):
            report.add(Refusal(one.line, "id", one.id, _altered(one, labels[one.field])))


def _altered(one: known.Altered, label: Any) -> Any:
    """Return what to do about a line that says otherwise than what was imported under its id."""
    facts = {"field": label, "paper": one.paper or "–", "day": f"{one.day:%d/%m/%Y}"}
    if one.counts:
        return _(
            "A count with this id stands already, with other contents: %(field)s (document %(paper)s, %(day)s). It "
            "stays as it is: give this line a new id, or count the lot again.",
            **facts,
        )
    return _(
        "A movement with this id stands already, with other contents: %(field)s (document %(paper)s, %(day)s). To "
        "correct it, reverse it on its page, then send this line with a new id.",
        **facts,
    )


def _was_called(facility_id: int, name: str) -> bool:
    """Return whether a facility bore a name once: what was imported under it is still the same."""
    former = select(FacilityName.id).where(FacilityName.facility_id == facility_id, FacilityName.name == name)
    return db.session.execute(former).first() is not None


def refuse_unfit(found: Names, report: Report) -> None:
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


def refuse_underway(found: Names, report: Report) -> None:
    """Refuse a delivery without a paper of goods that this system has on the road to the same place."""
    for row in doubts.underway(found, staging.S.arrives == 1, staging.S.document == ""):
        words = _(
            "This lot is on the road to you with %(note)s: receive that on the page Receipts. If these are other "
            "goods, give the number of the paper they came with.",
            note=row.number,
        )
        report.add(Refusal(row.line, "document", "", words))


def _unfit(reason: Any | None, place: Place, commented: bool) -> tuple[str, Any] | None:
    """Return (field, why) when this person may not bring in lines of a reason at a place; no reason is a count."""
    right = rules.right_of(reason) if reason is not None else rules.RIGHTS["count_excess"]
    if not current().can(right, place):
        return "reason", lacking(current(), right, place)
    if reason is not None and (reason.code not in PAST or not reason.active):
        return "reason", _("“%(reason)s” is recorded on its own page, not by an import.", reason=label_of(reason))
    if reason is not None and reason.needs_comment and not commented:
        return "comment", _("“%(reason)s” needs a comment.", reason=label_of(reason))
    return None


def _refuse_foreign_lots(found: Names, report: Report) -> None:
    """Refuse an expiry for a lot that others hold as well, from whoever does not keep the catalogue."""
    if not current().can(EDIT):
        for lot in held_elsewhere(list(found.learnt)):
            expiry, line = found.learnt[lot]
            report.add(Refusal(line, "expiry", f"{expiry:%d/%m/%Y}", FOREIGN))


def refuse_negatives(found: Names, report: Report) -> None:
    """Settle the counts, and refuse the lines after which a lot would be below zero."""
    negatives = found.stage.settle(found.account, found.count_times)
    if not negatives:
        return
    lots = found.written_lots()
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
