"""The suggestion of a whole facility: the ledger's figures, put through the formulas, for all its products."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Refused
from core.data.search import folded
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import LEAST_DAYS, Product
from plugins.elmis.replenishment import coming, reports
from plugins.elmis.replenishment.cmm import Change, DayRange, History, closed_months, month_records, stockout_ranges
from plugins.elmis.replenishment.coming import Expected
from plugins.elmis.replenishment.exact import rounded
from plugins.elmis.replenishment.lots import LotStock, usable_stock
from plugins.elmis.replenishment.policies import POLICIES, cmm
from plugins.elmis.replenishment.reports import ADJUSTED, BACK, CONSUMED, RECEIVED, Flow
from plugins.elmis.replenishment.returns import Return, flowing, returns
from plugins.elmis.replenishment.status import Levels
from plugins.elmis.replenishment.suggestion import Coming, Inputs, Suggestion
from plugins.elmis.replenishment.suggestion import suggest as computed

WINDOW = 12  # closed months looked at to find those with a report
USUAL = Levels.of(1, 2, Decimal("0.5"))  # months, where no policy was written for a type of facility
VIEW = "elmis.requisition.view"


@dataclass(frozen=True)
class Balance:
    """The columns of a report from the first of the month to the day: E should be A + B + D − C."""

    beginning: int
    received: int
    consumed: int
    adjusted: int
    ending: int


@dataclass(frozen=True)
class Proposal:
    """One product of a facility: its report, the suggestion, and how many days it has been out of stock."""

    product: Product
    balance: Balance
    suggestion: Suggestion
    days_out: int

    def report(self) -> dict[str, int]:
        """Return the report's columns."""
        return dict(vars(self.balance))

    def figures(self) -> dict[str, Any]:
        """Return the columns of a requisition line that the suggestion fills."""
        inputs, found = self.suggestion.inputs, self.suggestion
        return {
            "stockout_days": inputs.cmm.stockout_days,
            "usable": inputs.usable.quantity,
            "cmm": None if inputs.cmm.value is None else rounded(inputs.cmm.value, 4),
            "months": None if found.months_of_stock is None else rounded(found.months_of_stock, 4),
            "status": found.status,
            "suggested": None if found.need is None else found.quantity,
            "pack_size": inputs.net_content,
            "unit_price": self.product.unit_price,
        }

    def snapshot(self) -> dict[str, Any]:
        """Return everything the suggestion was computed from and how, fit for JSON."""
        return {**self.suggestion.to_dict(), "days_out": self.days_out, "stock": self.report()}


@dataclass(frozen=True)
class Past:
    """What became of one product: what came and went by nature, what came back, and what could be given out."""

    flows: Sequence[Flow] = ()
    returns: Sequence[Return] = ()
    usable_before: int = 0
    usable_changes: Sequence[Change] = ()
    first_receipt: date | None = None


NOTHING = Past()
NEVER_THERE: tuple[int, Sequence[Change]] = (0, ())
NEVER_OUT: tuple[int, Sequence[Change]] = (1, ())  # that it was there is known, how much of it is not asked


@dataclass(frozen=True)
class Sheet:
    """What was read of a facility for a day, once for all products; the formulas need nothing else."""

    facility: Facility
    on: date
    window: DayRange
    past: Mapping[int, Past]
    lots: Mapping[int, Sequence[LotStock]]
    reported: frozenset[date]
    policies: Sequence[Any]
    coming: Expected = field(default_factory=Expected)
    months: int = WINDOW

    @property
    def product_ids(self) -> set[int]:
        """Return the products the facility has had, has been told to hold, or owes to others."""
        told = {row.product_id for row in self.policies if row.facility_id and row.product_id}
        return set(self.past) | set(self.lots) | told | set(self.coming.owed)


def suggest(facility: Facility, on: date, policy: str = "adjusted") -> list[Proposal]:
    """Return what the facility should order on a day, by the products' names; needs the right to see its orders."""
    current().require(VIEW, facility)
    if policy not in POLICIES:
        names = ", ".join(POLICIES)
        raise Refused(_("There is no policy %(name)s. Choose one of: %(names)s.", name=policy, names=names), "policy")
    sheet = read(facility, on)
    return [proposal(sheet, product, policy) for product in _products(sheet.product_ids)]


def suggest_again(
    facility: Facility, on: date, policy: str, products: Sequence[Product], without: int
) -> dict[int, int]:  # fmt: skip
    """Return what would be suggested of some products now, as if one requisition of the facility did not exist."""
    (sheet,) = read_all([facility], on, [product.id for product in products])
    sheet = replace(sheet, coming=coming.expected(facility, without))
    found = [proposal(sheet, product, policy) for product in products if product.active]
    return {one.product.id: one.suggestion.quantity for one in found if one.suggestion.need is not None}


def compare(facility: Facility, product: Product, on: date) -> dict[str, Suggestion]:
    """Return the suggestion of one product by each policy."""
    current().require(VIEW, facility)
    sheet = read(facility, on)
    return {policy: proposal(sheet, product, policy).suggestion for policy in POLICIES}


def read(facility: Facility, on: date) -> Sheet:
    """Return what the ledger and the orders say of a facility, in seven statements."""
    (sheet,) = read_all([facility], on)
    return replace(sheet, coming=coming.expected(facility))


def read_all(
    facilities: Sequence[Facility], on: date, products: Collection[int] | None = None, months: int = WINDOW
) -> list[Sheet]:  # fmt: skip
    """Return what the ledger says of some facilities, of all products or of some, in five statements for all of them
    (eight when goods came back); what is coming to them is not asked.

    Of fewer months than the whole window they are read in brief, which suffices for most CMMs (`deepened` reads the
    others), but for no balance: without what was before, and of what never ran out without the changes of its stock.
    """
    known = [month.first for month in closed_months(on, months)]
    ids, window, brief = [one.id for one in facilities], DayRange(known[0], on), months < WINDOW
    own = reports.stores(*ids)
    whole = products is None and not brief
    firsts, declared = reports.first_days(ids, known, on, None if whole else own)
    past = _past(own, window, firsts, products, brief)
    held, rules = reports.lots(own, on, products), reports.policies(*facilities)
    used = _months_with_use(past) if whole else {}
    lots: dict[int, dict[int, Sequence[LotStock]]] = defaultdict(dict)
    for (place, product), rows in held.items():
        lots[place][product] = rows
    return [
        Sheet(
            one, on, window, past[one.id], lots[one.id], frozenset(declared[one.id] | used.get(one.id, set())),
            [row for row in rules if _may_hold(row, one)], months=months,
        )
        for one in facilities
    ]  # fmt: skip


def deepened(sheets: Sequence[Sheet], products: Collection[int]) -> list[Sheet]:
    """Return sheets that were read in brief with the whole window of some products, in three statements."""
    on, ids = sheets[0].on, [one.facility.id for one in sheets]
    own, known = reports.stores(*ids), [month.first for month in closed_months(on, WINDOW)]
    window = DayRange(known[0], on)
    firsts, declared = reports.first_days(ids, known, on, own)
    past = _past(own, window, firsts, products)
    return [
        replace(
            one, window=window, months=WINDOW, past=past[one.facility.id],
            reported=frozenset(declared[one.facility.id]),
        )
        for one in sheets
    ]  # fmt: skip


def _past(
    own: Any,
    window: DayRange,
    firsts: Mapping[reports.Pair, date],
    products: Collection[int] | None,
    brief: bool = False,
) -> Mapping[int, dict[int, Past]]:
    """Return {facility: {product: what became of it}} in the window."""
    flows = reports.flows(own, window.first, window.last, products, brief)
    usable = reports.usable_changes(own, window.first, window.last, products, brief)
    came_back = any(_came_back(moved) for moved in flows.values())
    back = returns(own, window.first, window.last) if came_back else {}
    past: dict[int, dict[int, Past]] = defaultdict(dict)
    for pair in {*flows, *firsts} if brief else flows:
        before, changes = usable.get(pair, NEVER_OUT if brief else NEVER_THERE)
        past[pair[0]][pair[1]] = Past(flows.get(pair, ()), back.get(pair, ()), before, changes, firsts.get(pair))
    return past


def _months_with_use(past: Mapping[int, Mapping[int, Past]]) -> Mapping[int, set[date]]:
    """Return {facility: the months in which it recorded any consumption}, of what was read of all its products."""
    flows = {(place, product): one.flows for place, rows in past.items() for product, one in rows.items()}
    return reports.months_with_use(flows)


def _came_back(moved: Iterable[Flow]) -> bool:
    return any(one.nature == BACK and one.day for one in moved)


def _may_hold(row: Any, facility: Facility) -> bool:
    """Return whether a policy is for a facility, for its type, or for all."""
    return row.facility_id in (None, facility.id) and row.facility_type_id in (None, facility.type_id)


def _products(ids: Iterable[int]) -> Sequence[Product]:
    rows = db.session.scalars(select(Product).where(Product.id.in_(ids), Product.active))
    return sorted(rows, key=lambda row: (folded(row.name_fr), row.id))


def proposal(sheet: Sheet, product: Product, policy: str) -> Proposal:
    """Return the suggestion of one product from what was read."""
    past, found = sheet.past.get(product.id, NOTHING), judged(sheet, product, policy)
    balance = _balance(sheet, past, found.inputs.usable.on_hand)
    return Proposal(product, balance, found, days_out(sheet, product.id))


def judged(sheet: Sheet, product: Product, policy: str, explained: bool = True) -> Suggestion:
    """Return the suggestion of one product alone, its working only where somebody will read it."""
    past, rule = sheet.past.get(product.id, NOTHING), rule_for(sheet.policies, product)
    history = _history(sheet, past)
    mean = cmm(month_records(history, sheet.on, sheet.months), policy, least_days=least_days(rule))
    inputs = Inputs(
        cmm=mean,
        levels=levels_of(rule),
        usable=usable_stock(sheet.lots.get(product.id, ()), mean.value, sheet.on),
        on_order=sheet.coming.on_order.get(product.id, Coming()),
        in_transit=sheet.coming.in_transit.get(product.id, Coming()),
        owed=sheet.coming.owed.get(product.id, Coming()),
        net_content=product.pack_size,
        threshold=product.rounding_threshold,
    )
    return computed(inputs, explained)


def _history(sheet: Sheet, past: Past) -> History:
    """Return a product's past as the formulas read it; what never came has no first day."""
    consumed = [(day, -net) for day, net in flowing(past.flows, past.returns, CONSUMED)]
    return History(
        past.usable_changes, consumed, sheet.facility.opened_on, past.first_receipt or date.max, sheet.reported,
        past.usable_before,
    )  # fmt: skip


def _balance(sheet: Sheet, past: Past, ending: int) -> Balance:
    """Return the columns of the month so far; what came back of an earlier month's goods stands under adjustments."""
    first = sheet.on.replace(day=1)
    beginning = sum(one.net for one in past.flows if one.day is None or one.day < first)
    received, consumed, adjusted = (
        sum(net for day, net in flowing(past.flows, past.returns, nature) if day >= first)
        for nature in (RECEIVED, CONSUMED, ADJUSTED)
    )
    late = sum(one.quantity for one in past.returns if one.sent < first <= one.day)
    return Balance(beginning, received, -consumed, adjusted + late, ending)


def began(sheet: Sheet, product_id: int) -> date:
    """Return the first day of a product in a facility that counts; the end of time where it never came."""
    return _history(sheet, sheet.past.get(product_id, NOTHING)).begins or date.max


def days_out(sheet: Sheet, product_id: int) -> int:
    """Return for how many days, up to the day, a product has been out of stock."""
    history = _history(sheet, sheet.past.get(product_id, NOTHING))
    begins = history.first_receipt
    if begins is None or begins > sheet.on:
        return 0
    since = DayRange(max(sheet.window.first, begins), sheet.on)
    ranges = stockout_ranges(history.changes, since, history.opening)
    return ranges[-1].days if ranges and ranges[-1].last == sheet.on else 0


def levels(rows: Sequence[Any], product: Product) -> Levels:
    """Return the months of stock that hold for a product."""
    return levels_of(rule_for(rows, product))


def levels_of(rule: Any) -> Levels:
    """Return the months of stock and the lead time of a policy row; the usual ones without a row."""
    if rule is None:
        return USUAL
    return Levels.of(rule.min_months, rule.max_months, rule.emergency_months, rule.lead_time_days)


def least_days(rule: Any) -> int:
    """Return how many days in stock a CMM needs."""
    return LEAST_DAYS if rule is None else int(rule.least_days)


def rule_for(rows: Sequence[Any], product: Product) -> Any:
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


def month_names(proposals: Iterable[Proposal]) -> list[date]:
    """Return the months that most of the CMMs rest on, oldest first."""
    used: list[tuple[date, ...]] = [one.suggestion.inputs.cmm.months_used for one in proposals]
    return list(Counter(used).most_common(1)[0][0]) if used else []
