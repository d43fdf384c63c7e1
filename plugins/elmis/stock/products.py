"""The stock of a facility by product: what is there, what of it can be used, how long it lasts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.contract.words import label_of
from core.data.access import current
from core.data.exact import rounded
from core.data.states import State
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.lots import LotStock, refusal
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.formulas.suggestion import Suggestion
from plugins.elmis.ledger.reports import VIEW
from plugins.elmis.replenishment import reading as read_of
from plugins.elmis.replenishment.reading import Reading, read
from plugins.elmis.replenishment.reports import named
from plugins.elmis.replenishment.services import judged
from plugins.elmis.requisitions.coming import expected

POLICY = "adjusted"


@dataclass(frozen=True, slots=True)
class ProductStock:
    """A product at a facility; quantities in base units, `suggestion` holds CMM, months and what to order. What few
    ask for is taken from the `reading` when it is asked for: a list counts all products, and shows a hundred."""

    product: Any  # or a row with its id, code, names, units, pack size and price
    suggestion: Suggestion
    reading: Reading

    @property
    def name(self) -> str:
        """Return the designation in the language of the page."""
        return label_of(self.product, "name")

    @property
    def unit(self) -> str:
        """Return the base unit in the language of the page."""
        return label_of(self.product, "base_unit")

    @property
    def quantity(self) -> int:
        """Return what is there."""
        return self.suggestion.inputs.usable.on_hand

    @property
    def lots(self) -> Sequence[LotStock]:
        """Return what is there lot by lot."""
        return self.reading.lots.get(self.product.id, ())

    @property
    def nearest(self) -> date | None:
        """Return the first expiry among the lots that may still be used."""
        on = self.reading.on
        return min((lot.expiry for lot in self.lots if lot.expiry and not refusal(lot, on)), default=None)

    @property
    def days_out(self) -> int:
        """Return for how many days it has been out of stock."""
        return read_of.days_out(self.reading, self.product.id)

    @property
    def usable(self) -> int:
        """Return what can be counted on: neither expired nor held, nor to expire before it is used."""
        return self.suggestion.inputs.usable.quantity

    @property
    def withheld(self) -> Mapping[str, int]:
        """Return {why (a key of REASONS): units} of what is there but may not be given out."""
        found = Counter[str]()
        for one in self.suggestion.inputs.usable.excluded:
            if one.reason != "will_expire":
                found[one.reason] += one.quantity
        return found

    @property
    def givable(self) -> int:
        """Return what is there and may be given out."""
        return self.quantity - sum(self.withheld.values())

    @property
    def cmm(self) -> Decimal | None:
        """Return the mean monthly consumption for the eye, or None where it is not known."""
        value = self.suggestion.inputs.cmm.value
        return None if value is None else rounded(value, 1)

    @property
    def months(self) -> Decimal | None:
        """Return for how many months the usable stock lasts, or None without a CMM."""
        value = self.suggestion.months_of_stock
        return None if value is None else rounded(value, 1)

    @property
    def limits(self) -> tuple[int, int] | None:
        """Return the minimum and the maximum stock in base units, or None without a CMM."""
        value, levels = self.suggestion.inputs.cmm.value, self.suggestion.inputs.levels
        if value is None:
            return None
        return int(rounded(value * levels.low, 0)), int(rounded(value * levels.high, 0))

    @property
    def code(self) -> str:
        """Return the key of the status."""
        return self.suggestion.status

    @property
    def status(self) -> State:
        """Return the status as the user sees it."""
        return STATUSES[self.suggestion.status]

    @property
    def value(self) -> Decimal | None:
        """Return what the stock is worth, or None without a price."""
        return None if self.product.unit_price is None else self.product.unit_price * self.quantity


def stock_by_product(facility: Facility, on: date) -> list[ProductStock]:
    """Return every product the facility has had, by name, in a fixed number of statements for all of them."""
    current().require(VIEW, facility)
    reading = read(facility, on, expected(facility))
    return [_stock(reading, product) for product in named(reading.product_ids)]


def stock_of(facility: Facility, product: Product, on: date) -> ProductStock:
    """Return the stock of one product at a facility."""
    current().require(VIEW, facility)
    return _stock(read(facility, on, expected(facility), {product.id}), product)


def _stock(reading: Reading, product: Any) -> ProductStock:
    return ProductStock(product, judged(reading, product, POLICY), reading)


def counted(rows: Iterable[ProductStock]) -> dict[str, int]:
    """Return how many products are in each status, all statuses named."""
    found = dict.fromkeys(STATUSES, 0)
    for row in rows:
        found[row.code] += 1
    return found
