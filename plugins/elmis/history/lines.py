"""How a line of a history is judged, and what is staged of it: where its goods go from and to, and their lot.

What many lines share is judged once: the days of a reason at a facility, a lot with its expiry, the way of goods. What
that leaves in doubt is looked at line by line, and the person is told what is wrong with it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from core.contract.words import _
from core.data.settings import value_of
from core.imports.importer import Report, Row
from plugins.elmis.catalogue import arriving
from plugins.elmis.catalogue.limits import QUANTITY, like_a_barcode
from plugins.elmis.catalogue.lotless import lot_number, whole_code
from plugins.elmis.formulas.lots import ACTIVE
from plugins.elmis.history import known, staging
from plugins.elmis.history.naming import Known, Names, Place, as_numbered, key_of, number_of
from plugins.elmis.ledger.models import PHYSICAL, PREFIX, STORE, SUPPLIER, TRANSIT
from plugins.elmis.ledger.reports import COUNT
from plugins.elmis.ledger.rules import USES
from plugins.elmis.ledger.wards import ISSUE, as_known

Wrong = tuple[str, Any] | None  # the field of a line that cannot be taken, and why


class Lines:
    """The lines of a file as they are judged one after the other."""

    def __init__(self, found: Names) -> None:
        self.found = found
        self.sound: dict[tuple[Any, ...], tuple[int, date, date]] = {}  # the most units, first and last day in order
        self.lots: dict[tuple[str, str | None, date | None], tuple[int, str]] = {}
        self.ways: dict[tuple[Any, ...], dict[str, Any]] = {}

    def staged(self, row: Row, report: Report) -> dict[str, Any] | None:
        """Return a line as it is staged, or None when it is refused."""
        said: Callable[[str], Any] = row.values.get
        found = self.found
        other = found.places.get(key_of(said("counterpart")))
        wrong = self._fault(row, other) or self._fault_of_lot(row)
        if wrong is not None:
            report.refuse(row, *wrong)
            return None
        way, id_, quantity = self._way(row, other), said("id"), said("quantity")
        product, key = self.lots[said("product"), said("lot"), said("expiry")]
        lot, document, paper = found.lots[product, key], as_numbered(said("document") or ""), said("paper") or ""
        return {
            **way, "line": row.line, "own": int(id_ is not None), "product_id": product, "lot": lot.id,
            "uuid": _digest(row, product, found) if id_ is None else known.own_uuid(way["facility_id"], id_),
            "unusable": _flags(row, product, lot, found), "quantity": quantity, "day": said("date"),
            "counted": quantity if way["counts"] else 0, "document": document, "paper": paper,
            "paper_key": number_of(paper or document), "comment": said("comment") or "",
            "counterpart": other.name if other else _counterpart(row, way["facility_id"], found),
        }  # fmt: skip

    def _fault(self, row: Row, other: Place | None) -> Wrong:
        """Return what is wrong with a line. A day between two that were in order is so too, of the same kind of line;
        that leaves its product, quantity and expiry."""
        said: Callable[[str], Any] = row.values.get
        found = self.found
        day, quantity, expiry = said("date"), said("quantity"), said("expiry")
        kind = said("facility"), said("reason"), other and other.id, not said("counterpart"), not said("document")
        most, first, last = self.sound.get(kind, (0, day, day))
        if (
            first <= day <= last
            and 0 < quantity <= most
            and not like_a_barcode(quantity)
            and (expiry is None or day.year <= expiry.year <= day.year + found.expiry_years)
            and key_of(said("product")) in found.products
        ):
            return None
        wrong = _fault(row, found)
        if wrong is None:
            most = most or value_of(QUANTITY, found.places[key_of(said("facility"))])
            self.sound[kind] = most, min(first, day), max(last, day)
        return wrong

    def _fault_of_lot(self, row: Row) -> Wrong:
        """Return what is wrong with the lot of a line; what one line says of it stands for all that say the same."""
        said: Callable[[str], Any] = row.values.get
        found = self.found
        named = said("product"), said("lot"), said("expiry")
        if named in self.lots:
            return None
        product = found.products[key_of(said("product"))]
        number = lot_number(said("lot") or "", product not in found.lotless, said("expiry"))
        wrong = _unnamed(number) or _learn_lot(row, product, number, found)
        if wrong is None:
            self.lots[named] = product, key_of(number)
        return wrong

    def _way(self, row: Row, other: Place | None) -> dict[str, Any]:
        """Return what lines share that go the same way."""
        key = row["facility"], row["store"], row["reason"], other and other.id
        if key not in self.ways:
            place = self.found.places[key_of(row["facility"])]
            ids = {"facility_id": place.id, "counterpart_id": other.id if other else 0}
            self.ways[key] = ids | _sides(row, place, other, self.found)
        return self.ways[key]


def _counterpart(row: Row, facility_id: int, found: Names) -> str:
    """Return what a line says of its other side; a ward that is known, as it is written there."""
    said = str(row["counterpart"] or "")
    known = found.wards(facility_id) if said and row["reason"] == ISSUE else {}
    return said if not said or said in known.values() else as_known(known, said)


def _flags(row: Row, product: int, lot: Known, found: Names) -> int:
    """Return what is wrong or unusual about the lot of a line, as the flags that `staging` reads."""
    reason, day = row["reason"], row["date"]
    if reason == "release":  # a lot that is on hold or recalled stays in quarantine
        return staging.UNUSABLE * int(lot.status != ACTIVE)
    if reason in USES:
        return staging.UNUSABLE * int(not lot.usable or bool(lot.expiry and lot.expiry < day))
    if reason not in arriving.IN:
        return 0
    fresh, numbered = lot.id < 0 or lot.id in found.learnt, product not in found.lotless
    retired = product in found.retired
    one = arriving.Arrival(row["lot"] or "", lot.expiry, day, reason, lot.status, fresh, numbered, retired)
    return sum(staging.FLAGS[code] for code in arriving.unusual(one, found.expiry_years))


def _fault(row: Row, found: Names) -> Wrong:
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
    reason = found.reasons.get(row["reason"])
    if reason is not None and reason.from_kind == TRANSIT and reason.to_kind != STORE:
        for name in ("document", "counterpart"):
            if not row[name]:
                return name, _("What is missing was sent by somebody: give the sender and the number of the note.")
    if reason is not None and reason.from_kind == STORE and reason.to_kind == TRANSIT:
        if not row["counterpart"]:
            return "counterpart", _("Say where the goods go.")
        if found.places.get(key_of(row["counterpart"])) == place:
            return "counterpart", _("Choose another facility than the sending one.")
    return found.beyond(row, place)


def _unnamed(number: str) -> Wrong:
    """Return (field, why) when a text is no lot number."""
    words = whole_code(number) if number else _("Enter the lot number.")
    return None if words is None else ("lot", words)


def _learn_lot(row: Row, product: int, number: str, found: Names) -> Wrong:
    """Take down a lot and its expiry; return (field, why) when the expiry contradicts what is known."""
    key, given = (product, key_of(number)), row["expiry"]
    lot = found.lots.get(key) or Known(-1 - len(found.numbers), None)
    if lot.id < 0:
        found.numbers.setdefault(key, number)
    if given is not None and lot.expiry is not None and given != lot.expiry:
        return "expiry", _("This lot is known with the expiry %(day)s.", day=f"{lot.expiry:%d/%m/%Y}")
    if lot.expiry is None and given is not None and lot.id > 0:
        found.learnt[lot.id] = (given, row.line)
    if key not in found.lots or (given and not lot.expiry):
        found.lots[key] = replace(lot, expiry=lot.expiry or given)
    return None


def _sides(row: Row, place: Place, other: Place | None, found: Names) -> dict[str, Any]:
    """Return where a line goes from and to; what arrives comes from the transit of whoever sent it."""
    store = found.location(place.id, STORE, row["store"] or "")
    if row["reason"] == COUNT:
        account = found.account(place.id)
        return {
            "source": account, "target": store, "source_physical": 0, "target_physical": 1, "outside": account,
            "other_id": place.id, "reason_id": 0, "counts": 1, "arrives": 0, "departs": 0, "account": account,
            "place": store,
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
        "departs": int(reason.to_kind == TRANSIT), "account": 0,
        "place": store if STORE in (reason.from_kind, reason.to_kind) else 0,
    }  # fmt: skip


def _digest(row: Row, product: int, found: Names) -> str:
    """Return what tells a line without an own id from another, however its codes are written."""
    names = ("quantity", "reason", "date", "document", "counterpart")
    place = found.places[key_of(row["facility"])]
    said = [place.code, product, *(key_of(row[name]) for name in ("store", "lot")), *(row[name] for name in names)]
    text = "\x1f".join("" if each is None else str(each) for each in said)
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()[:40]
