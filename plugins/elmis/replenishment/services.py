"""The suggestion of a whole facility: the ledger's figures, put through the formulas, for all its products."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from plugins.elmis.catalogue.models import Product
from plugins.elmis.replenishment import coming, reports
from plugins.elmis.replenishment.cmm import DayRange, History, closed_months, month_records, stockout_ranges
from plugins.elmis.replenishment.exact import rounded
from plugins.elmis.replenishment.lots import LotStock, usable_stock
from plugins.elmis.replenishment.policies import POLICIES, cmm
from plugins.elmis.replenishment.reports import ADJUSTED, CONSUMED, RECEIVED, Before, Change
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
class Sheet:
    """What was read of a facility for a day, once for all products; the formulas need nothing else."""

    facility: Facility
    on: date
    window: DayRange
    before: Mapping[int, Before]
    changes: Mapping[int, Sequence[Change]]
    lots: Mapping[int, Sequence[LotStock]]
    reported: frozenset[date]
    policies: Sequence[Any]
    coming: coming.Expected

    @property
    def product_ids(self) -> set[int]:
        """Return the products the facility has had, has been told to hold, or owes to others."""
        told = {row.product_id for row in self.policies if row.facility_id and row.product_id}
        return set(self.before) | set(self.lots) | told | set(self.coming.owed)


def suggest(facility: Facility, on: date, policy: str = "adjusted") -> list[Proposal]:
    """Return what the facility should order on a day, by the products' names; needs the right to see its orders."""
    current().require(VIEW, facility)
    if policy not in POLICIES:
        names = ", ".join(POLICIES)
        raise Refused(_("There is no policy %(name)s. Choose one of: %(names)s.", name=policy, names=names), "policy")
    sheet = read(facility, on)
    return [proposal(sheet, product, policy) for product in _products(sheet.product_ids)]


def compare(facility: Facility, product: Product, on: date) -> dict[str, Suggestion]:
    """Return the suggestion of one product by each policy."""
    current().require(VIEW, facility)
    sheet = read(facility, on)
    return {policy: proposal(sheet, product, policy).suggestion for policy in POLICIES}


def read(facility: Facility, on: date) -> Sheet:
    """Return what the ledger and the orders say of a facility, in six statements."""
    window = DayRange(closed_months(on, WINDOW)[0].first, on)
    own = reports.stores(facility)
    changes = reports.changes(own, window.first, on)
    months = [month.first for month in closed_months(on, WINDOW)]
    declared = reports.reported_months(facility.id, months)
    return Sheet(
        facility=facility,
        on=on,
        window=window,
        before=reports.before(own, window.first, on),
        changes=changes,
        lots=reports.lots(own, on),
        reported=frozenset(declared | reports.months_with_use(changes)),
        policies=reports.policies(facility),
        coming=coming.expected(facility),
    )


def _products(ids: Iterable[int]) -> Sequence[Product]:
    rows = db.session.scalars(select(Product).where(Product.id.in_(ids), Product.active))
    return sorted(rows, key=lambda row: (folded(row.name_fr), row.id))


def proposal(sheet: Sheet, product: Product, policy: str) -> Proposal:
    """Return the suggestion of one product from what was read."""
    changes = sheet.changes.get(product.id, ())
    history = _history(sheet, product.id, changes)
    mean = cmm(month_records(history, sheet.on, WINDOW), policy)
    usable = usable_stock(sheet.lots.get(product.id, ()), mean.value, sheet.on)
    inputs = Inputs(
        cmm=mean,
        levels=levels(sheet.policies, product),
        usable=usable,
        on_order=sheet.coming.on_order.get(product.id, Coming()),
        in_transit=sheet.coming.in_transit.get(product.id, Coming()),
        owed=sheet.coming.owed.get(product.id, Coming()),
        net_content=product.pack_size,
        threshold=product.rounding_threshold,
    )
    balance = _balance(sheet, history.opening, changes, usable.on_hand)
    return Proposal(product, balance, computed(inputs), _days_out(sheet, history))


def _history(sheet: Sheet, product_id: int, changes: Iterable[Change]) -> History:
    """Return a product's past as the formulas read it: what came in and what went out of a day apart."""
    past = sheet.before.get(product_id, Before(0, None))
    moved = [part for one in changes for part in ((one.day, one.into), (one.day, one.net - one.into)) if part[1]]
    consumed = [(one.day, -one.net) for one in changes if one.nature == CONSUMED]
    return History(moved, consumed, sheet.facility.opened_on, past.first_receipt, sheet.reported, past.stock)


def _balance(sheet: Sheet, opening: int, changes: Iterable[Change], ending: int) -> Balance:
    first = sheet.on.replace(day=1)
    sums = dict.fromkeys((RECEIVED, CONSUMED, ADJUSTED), 0)
    beginning = opening
    for one in changes:
        if one.day < first:
            beginning += one.net
        else:
            sums[one.nature] += one.net
    return Balance(beginning, sums[RECEIVED], -sums[CONSUMED], sums[ADJUSTED], ending)


def _days_out(sheet: Sheet, history: History) -> int:
    """Return for how many days, up to the day, the product has been out of stock."""
    begins = history.first_receipt
    if begins is None:
        return 0
    since = DayRange(max(sheet.window.first, begins), sheet.on)
    ranges = stockout_ranges(history.changes, since, history.opening)
    return ranges[-1].days if ranges and ranges[-1].last == sheet.on else 0


def levels(rows: Sequence[Any], product: Product) -> Levels:
    """Return the months of stock that hold for a product: the facility's own word before its type's,
    a product's before its programme's, that before the rest."""
    fitting = [
        row for row in rows if row.product_id in (None, product.id) and row.programme_id in (None, product.programme_id)
    ]
    if not fitting:
        return USUAL
    best = max(fitting, key=_narrowness)
    return Levels.of(best.min_months, best.max_months, best.emergency_months)


def _narrowness(row: Any) -> tuple[bool, bool, bool, bool]:
    return (
        row.facility_id is not None, row.facility_type_id is not None,
        row.product_id is not None, row.programme_id is not None,
    )  # fmt: skip


def month_names(proposals: Iterable[Proposal]) -> list[date]:
    """Return the months that most of the CMMs rest on, oldest first."""
    used: list[tuple[date, ...]] = [one.suggestion.inputs.cmm.months_used for one in proposals]
    return list(Counter(used).most_common(1)[0][0]) if used else []
