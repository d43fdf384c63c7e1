"""The suggestion of a whole facility: the ledger's figures, put through the formulas, for all its products."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from core.contract.words import _
from core.data.access import current
from core.data.errors import Refused
from core.data.exact import rounded
from core.data.search import folded
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.lots import usable_stock
from plugins.elmis.formulas.policies import POLICIES, cmm
from plugins.elmis.formulas.status import Levels
from plugins.elmis.formulas.suggestion import Coming, Inputs, Suggestion
from plugins.elmis.formulas.suggestion import suggest as computed
from plugins.elmis.replenishment import reports
from plugins.elmis.replenishment.reading import Expected, Reading, Rules, days_out, read, records

NONE = Coming()
_folded = lru_cache(2000)(folded)  # the same names for each facility
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

    product: Any  # a row with its id, code, names, programme, pack size, rounding threshold and price
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


def suggest(
    facility: Facility, on: date, policy: str, coming: Expected, products: Collection[int] | None = None
) -> list[Proposal]:  # fmt: skip
    """Return what the facility should ask for on a day beside what is coming, by the names of products: of all that it
    has ever had, or of some; needs the right to see its requisitions."""
    current().require(VIEW, facility)
    if policy not in POLICIES:
        names = ", ".join(POLICIES)
        raise Refused(_("There is no policy %(name)s. Choose one of: %(names)s.", name=policy, names=names), "policy")
    reading = read(facility, on, coming, products)
    wanted = reading.product_ids if products is None else products
    return [proposal(reading, article, policy) for article in _articles(wanted)]


def suggest_again(
    facility: Facility, on: date, policy: str, products: Sequence[Product], coming: Expected
) -> dict[int, int]:  # fmt: skip
    """Return what would be suggested of some products now, beside what is coming."""
    reading = read(facility, on, coming, {product.id for product in products})
    found = {product.id: judged(reading, product, policy) for product in products if product.active}
    return {product: one.quantity for product, one in found.items() if one.need is not None}


def compare(facility: Facility, product: Product, on: date, coming: Expected) -> dict[str, Suggestion]:
    """Return the suggestion of one product by each policy."""
    current().require(VIEW, facility)
    reading = read(facility, on, coming, {product.id})
    return {policy: judged(reading, product, policy) for policy in POLICIES}


def _articles(ids: Collection[int]) -> Sequence[Any]:
    """Return what suggestions need of the active products, by name."""
    return sorted(reports.articles(ids), key=lambda row: (_folded(row.name_fr), row.id))


def proposal(reading: Reading, product: Any, policy: str) -> Proposal:
    """Return the suggestion of one product from what was read."""
    past, found = reading.of(product.id), judged(reading, product, policy)
    beginning = reading.there.get(product.id, 0) - past.month.all
    balance = Balance(
        beginning, past.month.received, past.month.consumed, past.month.adjusted, found.inputs.usable.on_hand
    )
    return Proposal(product, balance, found, days_out(reading, product.id))


def judged(reading: Reading, product: Any, policy: str) -> Suggestion:
    """Return the suggestion of one product alone."""
    id_, coming, (levels, least_days) = product.id, reading.coming, reading.rules.of(product)
    mean = cmm(records(reading, reading.of(id_)), policy, least_days=least_days)
    inputs = Inputs(
        mean, levels, usable_stock(reading.lots.get(id_, ()), mean.value, reading.on),
        coming.on_order.get(id_, NONE), coming.in_transit.get(id_, NONE), coming.owed.get(id_, NONE), product.pack_size,
        product.rounding_threshold,
    )  # fmt: skip
    return computed(inputs)


def levels(rows: Sequence[Any], product: Product) -> Levels:
    """Return the months of stock that hold for a product."""
    return Rules(rows).of(product).levels


def month_names(proposals: Iterable[Proposal]) -> list[date]:
    """Return the months that most of the CMMs rest on, oldest first."""
    used: list[tuple[date, ...]] = [one.suggestion.inputs.cmm.months_used for one in proposals]
    return list(Counter(used).most_common(1)[0][0]) if used else []
