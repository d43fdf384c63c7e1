"""What a history names by code: facilities, products, lots, stores, reasons, and the ids they have or will get."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of as folded
from core.data.codes import number_key
from core.data.db import db, today
from core.data.settings import value_of
from core.facilities.models import CLOSED, Facility, FacilityCode
from plugins.elmis.catalogue import arriving
from plugins.elmis.catalogue.limits import COUNT_TIMES, EXPIRY_YEARS, QUANTITY, like_a_barcode
from plugins.elmis.catalogue.models import IMPORT, Lot, Product
from plugins.elmis.formulas.lots import ACTIVE, LAST_USABLE_VVM
from plugins.elmis.history import staging
from plugins.elmis.ledger.days import too_old
from plugins.elmis.ledger.models import ADJUSTMENT, STORE, Reason, StockLocation
from plugins.elmis.ledger.wards import known_wards

OURS = re.compile(r"[A-Za-z]{2,4}-\d{4}-\d{3,}", re.ASCII)
OLDEST = 20  # years before its movement in which a lot may have expired
key_of = lru_cache(maxsize=20_000)(folded)  # the same few thousand codes stand in line after line
number_of = lru_cache(maxsize=20_000)(number_key)
Named = tuple[int, str, str]  # facility id, kind of location, name of the store


@dataclass(frozen=True, slots=True)
class Place:
    """What is asked of a facility."""

    id: int
    code: str
    path: str
    name: str
    closed_on: date | None
    opened_on: date | None = None


def as_numbered(document: str) -> str:
    """Return the number of a paper; one of our own series is written as it was given, "bl-2026-00404" too."""
    return document.upper() if OURS.fullmatch(document) else document


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a lot."""

    id: int
    expiry: date | None
    usable: bool = True
    status: str = ACTIVE


@dataclass
class Names:
    """Ids of what a file may name; new lots and locations get ids below zero until they are made."""

    places: dict[str, Place] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, Any] = field(default_factory=dict)
    lots: dict[tuple[int, str], Known] = field(default_factory=dict)
    numbers: dict[tuple[int, str], str] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)  # of products, as they are written
    lot_numbers: dict[int, str] = field(default_factory=dict)  # of stored lots, as they are written
    learnt: dict[int, tuple[date, int]] = field(default_factory=dict)  # expiries of stored lots that had none, lines
    locations: dict[Named, int] = field(default_factory=dict)
    stores: dict[tuple[int, str], str] = field(default_factory=dict)  # (facility, key): stored stores as written
    lotless: set[int] = field(default_factory=set)  # products whose packs carry no lot number
    retired: set[int] = field(default_factory=set)  # products that are no longer in use
    titles: dict[Named, str] = field(default_factory=dict)  # of new locations, as they were written first
    own_wards: dict[int, dict[str, str]] = field(default_factory=dict)
    allowed: dict[int, bool] = field(default_factory=dict)
    today: date = field(default_factory=today)
    stage: staging.Stage = field(default_factory=staging.Stage)
    rests_on: tuple[int, ...] = ()
    past: frozenset[date] = frozenset()  # months before this one in which lines are dated
    shut: frozenset[date] = frozenset()  # those of them that are closed
    sums: list[staging.Sum] = field(default_factory=list)
    placed: set[int] = field(default_factory=set)  # lines that came before the count of their day, as a person said
    written: bool = False
    expiry_years: int = field(default_factory=lambda: value_of(EXPIRY_YEARS))
    count_times: int = field(default_factory=lambda: value_of(COUNT_TIMES))

    def beyond(self, row: Any, place: Place) -> tuple[str, Any] | None:
        """Return (field, why) when a line lies beyond what a page takes without a question: a file cannot answer."""
        most, day, expiry = value_of(QUANTITY, place), row["date"], row["expiry"]
        if row["quantity"] > most or like_a_barcode(row["quantity"]):
            words = _("More than %(most)s: is it a bar code? The limit stands in the settings.", most=most)
            return "quantity", words
        if place.opened_on is not None and day < place.opened_on:
            return "date", _("%(facility)s was not open yet.", facility=place.name)
        if (old := too_old(day)) is not None:
            return "date", old
        first, last = day.year - OLDEST, day.year + self.expiry_years
        asked = row["reason"] in arriving.IN  # what comes in with a far expiry is asked about, as on its page
        if expiry is not None and not first <= expiry.year <= (expiry.year if asked else last):
            return "expiry", _("This expiry cannot be right for a movement of %(day)s.", day=f"{day:%d/%m/%Y}")
        return None

    def wards(self, facility_id: int) -> Mapping[str, str]:
        """Return {folded name: name as it is written} of the wards of a facility."""
        if facility_id not in self.own_wards:
            self.own_wards[facility_id] = known_wards(facility_id)
        return self.own_wards[facility_id]

    def account(self, facility_id: int) -> int:
        """Return the place of a facility's adjustments."""
        return self.location(facility_id, ADJUSTMENT)

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

    def written_lots(self) -> dict[int, str]:
        """Return {id of a lot: its number as it is written}, of new lots and stored ones."""
        return {self.lots[key].id: number for key, number in self.numbers.items()} | self.lot_numbers


def names() -> Names:
    """Return what is stored now, by code."""
    run = db.session.execute
    found = Names()
    columns = (
        Facility.id,
        Facility.code,
        Facility.path,
        Facility.name,
        Facility.status,
        Facility.closed_on,
        Facility.opened_on,
    )
    by_id = {}
    for id_, code, path, name, status, closed, opened in run(select(*columns)):
        by_id[id_] = Place(id_, code, path, name, (closed or date.min) if status == CLOSED else None, opened)
    for value, id_ in run(select(FacilityCode.value, FacilityCode.facility_id)):
        found.places[key_of(value)] = by_id[id_]
    found.places |= {key_of(place.code): place for place in by_id.values()}
    found.codes = {id_: code for code, id_ in run(select(Product.code, Product.id))}
    found.lotless = set(run(select(Product.id).where(~Product.has_lots)).scalars())
    found.retired = set(run(select(Product.id).where(~Product.active)).scalars())
    found.products = {key_of(code): id_ for id_, code in found.codes.items()}
    found.reasons = {row.code: row for row in run(select(Reason.__table__))}
    lots = select(Lot.id, Lot.product_id, Lot.number, Lot.number_key, Lot.expiry, Lot.status, Lot.vvm)
    for id_, product, number, key, expiry, status, vvm in run(lots):
        found.lots[product, key] = Known(id_, expiry, status == ACTIVE and (vvm or 0) <= LAST_USABLE_VVM, status)
        found.lot_numbers[id_] = number
    P = StockLocation.__table__.c
    for facility, kind, key, id_, name in run(select(P.facility_id, P.kind, P.name_key, P.id, P.name)):
        found.locations[facility, kind, key] = id_
        if kind == STORE:
            found.stores[facility, key] = name
    return found
