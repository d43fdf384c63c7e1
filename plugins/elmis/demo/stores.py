"""The stores of the played past: what they hold, lot by lot, and the movements they give."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from core.facilities.country import FacilitySpec
from plugins.elmis.reference import ProductSpec


@dataclass(frozen=True, slots=True)
class Event:
    """One movement: `reason` is a code of reasons.csv, `quantity` is positive and in base units.

    A shipment and its delivery, missing or damaged units share document, product and lot, and add up.
    """

    on: date
    reason: str
    facility: str
    product: str
    lot: str
    expiry: date
    quantity: int
    counterpart: str = ""  # the other facility, the ward or the supplier
    document: str = ""


@dataclass(frozen=True, order=True, slots=True)
class Lot:
    """A batch of one product, ordered by expiry."""

    expiry: date
    number: str


@dataclass
class Store:
    """The lots of one facility."""

    facility: FacilitySpec
    draw: random.Random
    held: dict[str, dict[Lot, int]] = field(default_factory=lambda: defaultdict(dict))

    def stock(self, product: str) -> int:
        """What is there of a product, all lots together."""
        return sum(self.held[product].values())

    def put(self, product: str, lot: Lot, quantity: int) -> None:
        self.held[product][lot] = self.held[product].get(lot, 0) + quantity

    def take(self, product: str, quantity: int, on: date | None = None) -> list[tuple[Lot, int]]:
        """What could be taken, first expiry first; lots expired on the day stay."""
        taken, lots = [], self.held[product]
        for lot in sorted(lots):
            if quantity <= 0:
                break
            if on and lot.expiry < on:
                continue
            part = min(quantity, lots[lot])
            taken.append((lot, part))
            quantity -= part
            self.remove(product, lot, part)
        return taken

    def remove(self, product: str, lot: Lot, quantity: int) -> None:
        self.held[product][lot] -= quantity
        if not self.held[product][lot]:
            del self.held[product][lot]


@dataclass
class Site(Store):
    """A hospital or health centre that serves patients."""

    opened: date = date.min
    delivery_day: int = 10
    expected: dict[str, float] = field(default_factory=dict)  # product: units of a mean month
    used: dict[str, float] = field(default_factory=dict)  # product: what was asked for of late, a month
    unrecorded: dict[str, int] = field(default_factory=dict)  # used in a month without report
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # this month so far
    calendar: dict[int, list[ProductSpec]] = field(default_factory=lambda: defaultdict(list))  # used on which days

    @property
    def hospital(self) -> bool:
        return self.facility.type != "cds"
