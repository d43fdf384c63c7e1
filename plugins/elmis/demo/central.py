"""The central depot of a played past: its lots, what suppliers bring, when it has nothing to send."""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from core.facilities.country import FacilitySpec
from plugins.elmis.demo.stores import Event, Lot, Store
from plugins.elmis.reference import ProductSpec

SUPPLIERS = (
    "Fournisseur international A (démo)",
    "Fournisseur international B (démo)",
    "Fournisseur régional C (démo)",
)
Need = Callable[[ProductSpec], float]  # what all that it supplies use in a mean month


class Central:
    """The central depot, and the lots that all stores began with."""

    def __init__(
        self, facility: FacilitySpec, products: list[ProductSpec], until: date, months: int, draw: random.Random
    ) -> None:
        self.products, self.months, self.draw = products, months, draw
        self.start, self.store = first_month(until, months), Store(facility, draw)
        self.first_lots = {one.code: [self.lot(one, 90, 420), self.lot(one, 330, 700)] for one in products}
        self.gaps = {one.code: self.gap() for one in products}

    def lot(self, product: ProductSpec, shortest: int, longest: int, on: date | None = None) -> Lot:
        days = self.draw.randint(shortest, longest)
        kept = timedelta(days=days - (days // 4 if product.cold else 0))
        expiry = month_after((on or self.start) + kept, 1) - timedelta(days=1)
        return Lot(expiry, self.number())

    def number(self) -> str:
        """The number printed on a lot."""
        return f"{self.draw.choice('ABCDEFGHKLMNPRSTVX')}{self.draw.randint(10_000, 99_999)}"

    def gap(self) -> tuple[date, date]:
        """The days on which there is nothing of a product to send."""
        if self.draw.random() > 0.22:
            return self.start, self.start
        begin = self.start + timedelta(days=self.draw.randint(45, self.months * 30 - 60))
        return begin, begin + timedelta(days=self.draw.randint(80, 125))

    def opening(self, need: Need) -> Iterator[Event]:
        """The count that the depot began with."""
        for product in self.products:
            yield from self.found(self.store, product, need(product) * 5.0 * self.draw.uniform(0.7, 1.2))

    def found(self, store: Store, product: ProductSpec, quantity: float) -> Iterator[Event]:
        """What a store began with of a product, in the first lots."""
        for lot, part in zip(self.first_lots[product.code], (0.4, 0.6), strict=True):
            if amount := round(quantity * part):
                store.put(product.code, lot, amount)
                yield event(self.start, "initial_count", store, product.code, lot, amount)

    def supplies(self, day: date, need: Need) -> Iterator[Event]:
        """What suppliers bring, every third month."""
        if day.day != 10 or day.month % 3 != 2:
            return
        for product in self.products:
            months = self.draw.uniform(5.0, 9.0)
            wanted = packs(need(product) * months - self.store.stock(product.code), product)
            if wanted > 0:
                yield self.receipt(product, wanted, day)

    def receipt(self, product: ProductSpec, quantity: int, day: date) -> Event:
        """A new lot from a supplier."""
        lot, document = self.lot(product, 540, 1000, day), f"BR-{day:%Y%m}-{product.programme}"
        self.store.put(product.code, lot, quantity)
        return event(day, "receipt", self.store, product.code, lot, quantity, self.draw.choice(SUPPLIERS), document)

    def losses(self, day: date) -> Iterator[Event]:
        """What expired."""
        if day.day == 27:
            yield from expired(self.store, self.products, day)


def expired(store: Store, products: list[ProductSpec], day: date) -> Iterator[Event]:
    """What a store takes out because its expiry has passed."""
    for product in products:
        for lot in sorted(one for one in store.held[product.code] if one.expiry < day):
            quantity = store.held[product.code][lot]
            store.remove(product.code, lot, quantity)
            yield event(day, "expired", store, product.code, lot, quantity)


def event(
    on: date,
    reason: str,
    store: Store,
    product: str,
    lot: Lot,
    quantity: int,
    counterpart: str = "",
    document: str = "",
) -> Event:
    """A movement of a lot at a store."""
    return Event(on, reason, store.facility.code, product, lot.number, lot.expiry, quantity, counterpart, document)


def packs(quantity: float, product: ProductSpec) -> int:
    """The units of the whole packs that hold the quantity."""
    return max(0, -int(-quantity // product.pack_size)) * product.pack_size


def only(facilities: list[FacilitySpec], kind: str) -> FacilitySpec:
    """The one facility of a type."""
    return next(one for one in facilities if one.type == kind)


def first_month(until: date, months: int) -> date:
    """The first day of a history that covers so many calendar months, the running one included."""
    return month_after(until.replace(day=1), 1 - months)


def month_after(month: date, number: int) -> date:
    """The first day of the month so many months later."""
    years, index = divmod(month.month - 1 + number, 12)
    return date(month.year + years, index + 1, 1)
