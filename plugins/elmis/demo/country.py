"""A plausible past of a whole country: one central depot and its districts, in less detail than the home district.

The lots are the country's own, numbered Z…: no day of the home district's books changes when this is added.
"""

import random
from collections.abc import Iterator
from datetime import date
from itertools import count

from core.facilities.country import CENTRAL_DEPOT, FOCUS, FacilitySpec, district
from plugins.elmis.demo.central import Central
from plugins.elmis.demo.history import District, play
from plugins.elmis.demo.stores import Event, Site
from plugins.elmis.reference import ProductSpec

COMMONEST = 50


def country(
    products: list[ProductSpec], facilities: list[FacilitySpec], *, until: date, months: int = 14, seed: int = 2026
) -> Iterator[Event]:
    """The movements of every district but the demonstration's home, in the order of time."""
    shown = common(products)
    depot = next(one for one in facilities if one.code == CENTRAL_DEPOT)
    central = _Central(depot, shown, until, months, random.Random(f"{seed} country"))
    codes = [one.code for one in facilities if one.type == "district" and one.code != FOCUS]
    districts = [_Distant(central, shown, district(facilities, code), until, seed, code) for code in codes]
    return play(central, districts, until)


def common(products: list[ProductSpec]) -> list[ProductSpec]:
    """The tracers and the products used most, as many as a distant district keeps."""
    order = sorted(products, key=lambda one: (not one.tracer, -one.monthly, one.code))
    return order[:COMMONEST]


class _Central(Central):
    """Serves all districts; its lots are numbered in a row."""

    def __init__(
        self, facility: FacilitySpec, products: list[ProductSpec], until: date, months: int, draw: random.Random
    ) -> None:
        self.numbers = count(10_001)
        super().__init__(facility, products, until, months, draw)

    def number(self) -> str:
        """The next number."""
        return f"Z{next(self.numbers)}"


class _Distant(District):
    """A district that writes down its use once a month; some are supplied better than others."""

    def __init__(
        self,
        central: Central,
        products: list[ProductSpec],
        facilities: list[FacilitySpec],
        until: date,
        seed: int,
        code: str,
    ) -> None:
        super().__init__(central, products, facilities, until, seed)
        self.draw = self.depot.draw = random.Random(f"{seed} {code}")
        missed = self.draw.triangular(0, 20, 4)
        self.late = (100 - 3 * missed, 2 * missed, missed)
        self.months_held = self.draw.uniform(2.6, 3.8)

    def times(self, site: Site, product: ProductSpec) -> int:
        """How often a month the use of a product is written down."""
        return 1
