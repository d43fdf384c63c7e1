"""What is read of facilities for a day, once for all their products, so that the formulas need nothing else.

A CMM mostly rests on the last three closed months, so these are read first, summed up by month, and the changes of the
stock only where the turns say that it was ever out. Products whose figures might rest on more are then read over the
whole window, day by day: what follows is the same, whichever way it was read.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from core.facilities.models import Facility
from plugins.elmis.catalogue.models import LEAST_DAYS
from plugins.elmis.formulas.cmm import (
    Change,
    DayRange,
    History,
    MonthRecord,
    closed_months,
    month_records,
    stockout_ranges,
)
from plugins.elmis.formulas.lots import LotStock
from plugins.elmis.formulas.policies import MONTHS, in_stock, usable_months
from plugins.elmis.formulas.status import Levels
from plugins.elmis.formulas.suggestion import Coming
from plugins.elmis.replenishment import reports, shelves
from plugins.elmis.replenishment.reports import (
    ADJUSTED,
    CONSUMED,
    NOT_MOVED,
    RECEIVED,
    Course,
    Ground,
    Moved,
    Own,
    Pair,
)
from plugins.elmis.replenishment.returns import Return, returns, taken_back
from plugins.elmis.replenishment.shelves import Life

WINDOW = 12  # closed months looked at to find those with a report
USUAL = Levels.of(1, 2, Decimal("0.5"))  # months, where no policy was written for a type of facility


class Month(NamedTuple):
    """What a product's stock did in the month so far, by the columns of a report; `all` is its whole change."""

    all: int = 0
    received: int = 0
    consumed: int = 0
    adjusted: int = 0


STILL = Month()


class Past(NamedTuple):
    """What became of one product: what was consumed in so many closed months, by day or (in brief) by month, what the
    month so far brought, and what could be given out."""

    months: int
    consumed: Sequence[Change] = ()
    month: Month = STILL
    usable_before: int = 0
    usable_changes: Sequence[Change] = ()
    first_receipt: date | None = None
    out_long: bool = False  # on some day of the whole window

    @property
    def never_out(self) -> bool:
        """Return whether it was there on every day that was read."""
        return self.usable_before > 0 and not self.usable_changes


NOTHING = Past(WINDOW)
NO_LIFE = Life()
NEVER_THERE: tuple[int, Sequence[Change]] = (0, ())
NEVER_OUT: tuple[int, Sequence[Change]] = (1, ())  # that it was there is known, how much of it is not asked


class Rule(NamedTuple):
    """The months of stock that hold for a product, and how many days in stock its CMM needs."""

    levels: Levels
    least_days: int


class Rules:
    """The policy rows that may hold at a facility, looked up once for all products of a programme that none names."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = rows
        self.named = {row.product_id for row in rows} - {None}
        self._found: dict[tuple[int | None, int | None], Rule] = {}

    @property
    def told(self) -> set[int]:
        """Return the products that the facility was told to hold by a row of its own."""
        return {row.product_id for row in self.rows if row.facility_id and row.product_id}

    def of(self, product: Any) -> Rule:
        """Return what holds for a product."""
        key = (product.id if product.id in self.named else None, product.programme_id)
        if key not in self._found:
            self._found[key] = _rule(rule_for(self.rows, product))
        return self._found[key]

    def most_days(self) -> Mapping[int, int]:
        """Return {product: the most days in stock that any row which may hold for it asks for}."""
        usual = max([LEAST_DAYS, *(int(row.least_days) for row in self.rows if row.product_id is None)])
        most: dict[int, int] = defaultdict(lambda: usual)
        for row in self.rows:
            if row.product_id is not None:
                most[row.product_id] = max(most[row.product_id], int(row.least_days))
        return most


def _rule(row: Any) -> Rule:
    if row is None:
        return Rule(USUAL, LEAST_DAYS)
    levels = Levels.of(row.min_months, row.max_months, row.emergency_months, row.lead_time_days)
    return Rule(levels, int(row.least_days))


def rule_for(rows: Sequence[Any], product: Any) -> Any:
    """Return the policy row that holds for a product: the facility's own word before its type's, a product's before
    its programme's, that before the rest; None where there is none."""
    fitting = (
        row for row in rows if row.product_id in (None, product.id) and row.programme_id in (None, product.programme_id)
    )
    return max(fitting, key=_narrowness, default=None)


def _narrowness(row: Any) -> tuple[bool, bool, bool, bool]:
    return (
        row.facility_id is not None, row.facility_type_id is not None,
        row.product_id is not None, row.programme_id is not None,
    )  # fmt: skip


@dataclass(frozen=True)
class Expected:
    """Base units by product id, with the numbers of the documents that say so."""

    on_order: Mapping[int, Coming] = field(default_factory=dict)
    in_transit: Mapping[int, Coming] = field(default_factory=dict)
    owed: Mapping[int, Coming] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What was read of a facility for a day; `there` lies in its stores, `reported` are the months with a report."""

    facility: Facility
    on: date
    past: Mapping[int, Past]
    lots: Mapping[int, Sequence[LotStock]]
    there: Mapping[int, int]
    reported: Collection[date]
    rules: Rules
    ground: Ground
    coming: Expected = field(default_factory=Expected)

    @cached_property
    def opened(self) -> date:
        """Return the day on which the facility opened; the beginning of time where nobody said it."""
        return self.facility.opened_on or date.min

    @cached_property
    def months(self) -> tuple[DayRange, ...]:
        """Return the closed months that are read in brief."""
        return closed_months(self.on, min((one.months for one in self.past.values()), default=WINDOW))

    @cached_property
    def closed(self) -> list[tuple[date, bool, int]]:
        """Return (first day, whether it has a report, days that count) of these months."""
        told = [month.first in self.reported for month in self.months]
        return [
            (month.first, known, month.days if known else 0) for month, known in zip(self.months, told, strict=True)
        ]

    @cached_property
    def whole(self) -> tuple[int, int]:
        """Return how many of these months have a report, of the last on which a CMM rests, and their days."""
        days = [days for _first, known, days in self.closed if known][-MONTHS:]
        return len(days), sum(days)

    @cached_property
    def uncounted(self) -> list[MonthRecord]:
        """Return these months of what came after them."""
        return [MonthRecord(first, told, 0, 0, 0) for first, told, _days in self.closed]

    @property
    def product_ids(self) -> set[int]:
        """Return the products the facility has had, has been told to hold, or owes to others."""
        return set(self.past) | set(self.lots) | self.rules.told | set(self.coming.owed)

    def of(self, product_id: int) -> Past:
        """Return what became of a product."""
        return self.past.get(product_id, NOTHING)


def read(
    facility: Facility, on: date, coming: Expected, products: Collection[int] | None = None
) -> Reading:  # fmt: skip
    """Return what the ledger says of a facility, of all products or of some, beside what is coming to it, in a fixed
    number of statements, more when figures rest on more than the last months or goods came back."""
    (reading,) = read_all([facility], on, products, MONTHS)
    more = unsettled(reading)
    (reading,) = deepened([reading], more) if more else [reading]
    return replace(reading, coming=coming)


def read_all(
    facilities: Sequence[Facility], on: date, products: Collection[int] | None, months: int
) -> list[Reading]:  # fmt: skip
    """Return what the ledger says of some facilities in the last closed months, of some products or, of one facility,
    of all; `unsettled` names the products of which this does not suffice. What is coming to them is not asked."""
    alone, year = len(facilities) == 1, closed_months(on, WINDOW)
    ground, window = reports.ground(facilities), closed_months(on, months)
    lives, had = shelves.lives(ground.own, window[0].first, year[0].first, on, products, alone)
    every = {product for _place, product in had}
    wanted = every if products is None else set(products)
    course = reports.moved(ground, window, on, wanted, year if alone else (), every)
    past = _brief(ground, on, months, lives, had, wanted, course)
    lots = shelves.lots(ground.own, on, wanted)
    reported = {facilities[0].id: course.kept} if alone else reports.told(ground.own, year)
    return [
        Reading(
            one, on, past[one.id], *_shelf(one, lots), reported.get(one.id, set()),
            Rules([row for row in ground.rules if _may_hold(row, one)]), ground,
        )
        for one in facilities
    ]  # fmt: skip


def _brief(
    ground: Ground, on: date, months: int, lives: Mapping[Pair, Life], had: Collection[Pair],
    products: Collection[int], course: Course,
) -> Mapping[int, dict[int, Past]]:  # fmt: skip
    """Return {facility: {product: what became of it}}, summed up by month, with the changes of what was ever out."""
    firsts = [month.first for month in closed_months(on, months)]
    outs = {pair for pair, life in lives.items() if life.out and pair[1] in products}
    usable = _usable(ground.own, firsts[0], on, outs)
    back = returns(list(ground.own), firsts[0], on, products) if course.came_back else {}
    unused = [(first, 0) for first in firsts]
    past: dict[int, dict[int, Past]] = defaultdict(dict)
    for pair in had:
        if pair[1] not in products:
            continue
        life, late, stock = lives.get(pair, NO_LIFE), back.get(pair, ()), usable.get(pair, NEVER_OUT)
        parts, moved = course.used.get(pair), course.month.get(pair)
        spent = unused if parts is None else [(first, -units) for first, units in zip(firsts, parts, strict=True)]
        month = STILL if moved is None and not late else _month(moved or NOT_MOVED, late, on)
        used = taken_back(spent, late)
        past[pair[0]][pair[1]] = Past(months, used, month, *stock, life.came, life.out_long)
    return past


def _usable(
    own: Own, first: date, last: date, outs: Collection[Pair]
) -> Mapping[Pair, tuple[int, Sequence[Change]]]:  # fmt: skip
    """Return the stock that could be given out and its changes, of what was ever out in the window."""
    found = shelves.usable_changes(own, first, last, {product for _place, product in outs})
    return {pair: found.get(pair, NEVER_THERE) for pair in outs}


def _month(moved: Moved, late: Iterable[Return], on: date) -> Month:
    """Return the month so far; what came back of an earlier month's goods stands under adjustments."""
    rest = moved.all - moved.received - moved.consumed - moved.back
    if not late:
        return Month(moved.all, moved.received, -moved.consumed, rest)
    first = on.replace(day=1)
    back = {RECEIVED: 0, CONSUMED: 0, ADJUSTED: 0}
    for one in late:
        if one.sent >= first:
            back[one.nature] += one.quantity
        elif one.day >= first:
            back[ADJUSTED] += one.quantity
    return Month(moved.all, moved.received + back[RECEIVED], -moved.consumed - back[CONSUMED], rest + back[ADJUSTED])


def _shelf(facility: Facility, lots: Mapping[Pair, Sequence[LotStock]]) -> tuple[dict[int, Any], dict[int, int]]:
    """Return ({product: its lots}, {product: what lies there}) of a facility."""
    mine = {product: rows for (place, product), rows in lots.items() if place == facility.id}
    there = {product: sum(lot.quantity for lot in rows) for product, rows in mine.items()}
    return {
        product: good for product, rows in mine.items() if (good := [lot for lot in rows if lot.quantity > 0])
    }, there


def _may_hold(row: Any, facility: Facility) -> bool:
    """Return whether a policy is for a facility, for its type, or for all."""
    return row.facility_id in (None, facility.id) and row.facility_type_id in (None, facility.type_id)


def unsettled(reading: Reading) -> set[int]:
    """Return the products whose figures may rest on more than was read."""
    needed = reading.rules.most_days()
    return {
        product for product, past in reading.past.items()
        if past.months < WINDOW and not _settled(reading, past, needed[product])
    }  # fmt: skip


def _settled(reading: Reading, past: Past, needed: int) -> bool:
    """Return whether the months that were read are those of the CMM, each day of them counts that may, and the stock
    has not been out for all of them."""
    closed, begins = reading.months, begins_on(reading, past)
    if not past.never_out and _days_out(reading, past) >= days_read(reading, past):
        return False
    if begins > closed[-1].last:
        return any(month.first in reading.reported for month in closed)
    if begins > closed[0].first:
        return False
    if past.never_out:
        number, days = reading.whole
        return number == MONTHS and days >= needed
    used = usable_months(records(reading, past), MONTHS)
    return len(used) == MONTHS and in_stock(used) >= needed


def deepened(readings: Sequence[Reading], products: Collection[int]) -> list[Reading]:
    """Return readings that were read in brief with the whole window of some products, day by day."""
    on, ids, all_ = readings[0].on, {one.facility.id for one in readings}, readings[0].ground
    window, ground = (
        closed_months(on, WINDOW),
        all_._replace(own={id_: at for id_, at in all_.own.items() if at in ids}),
    )
    used, came_back = reports.consumed(ground, window[0].first, on, products)
    known = {
        (one.facility.id, id_) for one in readings for id_ in products if id_ in one.past and one.past[id_].out_long
    }
    usable = _usable(ground.own, window[0].first, on, known)
    back = returns(list(ground.own), window[0].first, on, products) if came_back else {}

    def whole(reading: Reading, product: int, past: Past) -> Past:
        pair = (reading.facility.id, product)
        stock = usable.get(pair, NEVER_OUT)
        consumed = taken_back(used.get(pair, ()), back.get(pair, ()))
        return past._replace(months=WINDOW, consumed=consumed, usable_before=stock[0], usable_changes=stock[1])

    return [
        replace(
            one, past={**one.past, **{id_: whole(one, id_, one.past[id_]) for id_ in products if id_ in one.past}},
        )
        for one in readings
    ]  # fmt: skip


def history(reading: Reading, past: Past) -> History:
    """Return a product's past as the formulas read it; what never came has no first day."""
    return History(
        past.usable_changes, past.consumed, reading.facility.opened_on, past.first_receipt or date.max,
        reading.reported, past.usable_before,
    )  # fmt: skip


def records(reading: Reading, past: Past) -> list[MonthRecord]:
    """Return the months of a product that were read; of what was there all the time each day counts, and of what came
    later none."""
    closed, brief, begins = reading.closed, past.months < WINDOW, begins_on(reading, past)
    if brief and begins > reading.months[-1].last:
        return reading.uncounted
    if brief and past.never_out and len(past.consumed) == len(closed) and begins <= closed[0][0]:
        lines = zip(closed, past.consumed, strict=True)
        return [MonthRecord(first, told, units, days, 0) for (first, told, days), (_first, units) in lines]
    return month_records(history(reading, past), reading.on, past.months)


def begins_on(reading: Reading, past: Past) -> date:
    """Return the first day of a product in a facility that counts; the end of time where it never came."""
    return max(past.first_receipt or date.max, reading.opened)


def days_read(reading: Reading, past: Past) -> int:
    """Return how many days were read of a product."""
    return DayRange(closed_months(reading.on, past.months)[0].first, reading.on).days


def days_out(reading: Reading, product_id: int) -> int:
    """Return for how many days, up to the day, a product has been out of stock."""
    return _days_out(reading, reading.of(product_id))


def _days_out(reading: Reading, past: Past) -> int:
    if past.never_out or past.first_receipt is None or past.first_receipt > reading.on:
        return 0
    since = DayRange(max(closed_months(reading.on, past.months)[0].first, past.first_receipt), reading.on)
    ranges = stockout_ranges(past.usable_changes, since, past.usable_before)
    return ranges[-1].days if ranges and ranges[-1].last == reading.on else 0
