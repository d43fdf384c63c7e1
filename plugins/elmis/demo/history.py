"""A plausible past of one district's stores: what was received, used, lost and counted, day after day."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial

from core.facilities.country import FacilitySpec
from plugins.elmis.demo.central import Central, event, expired, first_month, month_after, only, packs
from plugins.elmis.demo.stores import Event, Lot, Site, Store
from plugins.elmis.reference import ProductSpec

__all__ = ["District", "Event", "first_month", "history", "play", "silent_months"]

# Share of a mean month by calendar month, January first.
SEASONS = {
    "malaria": (1.35, 0.95, 0.85, 1.20, 1.45, 1.25, 0.75, 0.60, 0.65, 0.85, 1.30, 1.55),
    "diarrhoea": (0.80, 0.75, 0.75, 0.80, 0.75, 0.80, 0.90, 1.25, 1.65, 1.60, 1.25, 0.85),
    "respiratory": (0.90, 0.90, 1.10, 1.20, 1.15, 1.10, 1.05, 0.85, 0.80, 0.95, 1.05, 0.95),
    "none": (1.0,) * 12,
}
WARDS = ("MAT", "PED", "MED", "CHI", "URG", "LAB")
SPECIALISED = ("VIH", "TUB", "MNT")  # programmes that not every health centre offers
CENTRE_POPULATION = 12_000


def history(
    products: list[ProductSpec], facilities: list[FacilitySpec], *, until: date, months: int = 14, seed: int = 2026
) -> Iterator[Event]:
    """The movements of a district's stores in the order of time, the last on or before `until`.

    `facilities` holds one central depot, one district depot, its hospitals and health centres; others are passed over.
    """
    central = Central(only(facilities, "central_depot"), products, until, months, random.Random(seed))
    return play(central, [District(central, products, facilities, until, seed)], until)


def play(central: Central, districts: Sequence["District"], until: date) -> Iterator[Event]:
    """The movements of a central depot and the districts that it supplies, in the order of time."""
    yield from central.opening(need := partial(_need, districts))
    for one in districts:
        yield from one.opening()
        one.plan(central.start)
    for number in range(1, (until - central.start).days + 1):
        day = central.start + timedelta(days=number)
        yield from central.supplies(day, need)
        for one in districts:
            one.plan(day)
            for part in one.parts:
                yield from part(day)
        yield from central.losses(day)
        for one in districts:
            yield from one.losses(day)


def _need(districts: Sequence["District"], product: ProductSpec) -> float:
    return sum(one.need(product) for one in districts)


def silent_months(
    facilities: list[FacilitySpec], *, until: date, months: int = 14, seed: int = 2026
) -> set[tuple[str, date]]:
    """The (facility code, first of the month) for which no report came in."""
    draw, start = random.Random(f"{seed} silence"), first_month(until, months)
    closed = [month_after(start, number) for number in range(2, months - 2)]
    centres = [one.code for one in facilities if one.type == "cds"][1:]
    return {(code, month) for code in centres for month in closed if draw.random() < 0.045}


class District:
    """Plays the days of one district, one after the other."""

    late: tuple[float, float, float] = (86, 10, 4)  # how often a site is delivered on its day, later, or not at all
    months_held = 3.4  # what the depot wants to have after a delivery

    def __init__(
        self, central: Central, products: list[ProductSpec], facilities: list[FacilitySpec], until: date, seed: int
    ) -> None:
        self.central, self.products, self.until, self.start = central, products, until, central.start
        self.seed, self.draw = seed, central.draw
        self.silent = silent_months(facilities, until=until, months=central.months, seed=seed)
        self.depot = Store(only(facilities, "district_depot"), self.draw)
        self.sites = [self.site(number, one) for number, one in enumerate(_serving(facilities))]
        self.sites[-1].opened = month_after(self.start, central.months // 2) + timedelta(days=5)  # one opened late
        self.travelling: dict[date, list[tuple[Store, str, Lot, int, str]]] = defaultdict(list)
        self.planned: dict[date, list[tuple[Site, str]]] = defaultdict(list)
        self.parts = (self.depot_orders, self.deliveries, self.arrivals, self.uses, self.counts)
        self.waiting_since = until - timedelta(days=33)
        document = f"BL-{self.sites[1].facility.code}-{self.waiting_since:%Y%m%d}"
        self.planned[self.waiting_since].append((self.sites[1], document))

    def site(self, number: int, facility: FacilitySpec) -> Site:
        """A serving facility with its own habits: what it uses, when it is delivered."""
        draw = random.Random(f"{self.seed} {facility.code}")
        scale = 2.2 if facility.type != "cds" else (facility.population or CENTRE_POPULATION) / CENTRE_POPULATION
        site = Site(facility, draw, opened=self.start, delivery_day=2 + number * 5 % 17)
        for product in self.products:
            offered = facility.type != "cds" or product.programme not in SPECIALISED or draw.random() < 0.6
            site.expected[product.code] = product.monthly * scale * draw.uniform(0.75, 1.3) if offered else 0.0
        site.used = dict(site.expected)
        for place, product in enumerate(self.products):
            for day in _days(self.times(site, product), site, place) if site.expected[product.code] else ():
                site.calendar[day].append(product)
        return site

    def times(self, site: Site, product: ProductSpec) -> int:
        """How often a month the use of a product is written down."""
        if product.season == "malaria" and product.monthly > 500:
            return 3
        return 2 if product.tracer or site.hospital else 1

    def opening(self) -> Iterator[Event]:
        """The counts that every store began with."""
        for store, months in ((self.depot, 3.0), *((site, 2.0) for site in self.sites)):
            if isinstance(store, Site) and store.opened > self.start:
                continue
            for product in self.products:
                need = store.expected[product.code] if isinstance(store, Site) else self.need(product)
                yield from self.central.found(store, product, need * months * store.draw.uniform(0.7, 1.2))

    def need(self, product: ProductSpec) -> float:
        """What the district's sites use of a product in a mean month."""
        return sum(site.expected[product.code] for site in self.sites)

    def plan(self, day: date) -> None:
        """Decides on the first of a month when each site is delivered; some late, some not at all."""
        for site in self.sites:
            if site.opened == day and day > self.start:
                self.planned[day].append((site, f"BL-{site.facility.code}-{day:%Y%m}-1"))
            if day.day == 1 and site.opened <= day:
                late = site.draw.choices((0, site.draw.randint(8, 22), None), self.late)[0]
                on = day + timedelta(days=site.delivery_day + (late or 0))
                if late is not None and not self.awaited(site, on):
                    self.planned[on].append((site, f"BL-{site.facility.code}-{day:%Y%m}"))

    def awaited(self, site: Site, on: date) -> bool:
        """True for the delivery that the first health centre has still to order when the history ends."""
        return site is self.sites[1] and on > self.waiting_since - timedelta(days=15)

    def depot_orders(self, day: date) -> Iterator[Event]:
        """What the central depot sends to the district each month."""
        if day.day == 4:
            wanted = [(product, self.depot_wants(product, day)) for product in self.products]
            yield from self.ship(
                self.central.store, self.depot, day, 3, wanted, f"BL-{self.depot.facility.code}-{day:%Y%m}"
            )

    def depot_wants(self, product: ProductSpec, day: date) -> int:
        begin, end = self.central.gaps[product.code]
        if begin <= day < end:
            return 0
        season = (SEASONS[product.season][day.month - 1] + SEASONS[product.season][day.month % 12]) / 2
        return packs(self.need(product) * season * self.months_held - self.depot.stock(product.code), product)

    def deliveries(self, day: date) -> Iterator[Event]:
        """What the district depot sends to the sites that are due."""
        for site, document in self.planned.pop(day, ()):
            wanted = [(product, self.site_wants(site, product)) for product in self.products]
            yield from self.ship(self.depot, site, day, site.draw.randint(0, 2), wanted, document)

    def site_wants(self, site: Site, product: ProductSpec) -> int:
        used, stock = site.used[product.code], site.stock(product.code)
        if not site.expected[product.code] or stock > used * 1.45 or site.draw.random() < 0.02:
            return 0
        return packs(used * 2.5 - stock, product)

    def ship(
        self,
        source: Store,
        target: Store,
        day: date,
        days: int,
        wanted: Iterable[tuple[ProductSpec, int]],
        document: str,
    ) -> Iterator[Event]:
        """Sends what is there, unless it would still be on the road at the end."""
        arrival = day + timedelta(days=days)
        for product, quantity in wanted:
            if arrival > self.until or (source is self.depot and self.rationed(product, quantity)):
                continue
            for lot, part in source.take(product.code, quantity, arrival + timedelta(days=30)):
                self.travelling[arrival].append((target, product.code, lot, part, document))
                yield event(day, "shipment", source, product.code, lot, part, target.facility.code, document)

    def rationed(self, product: ProductSpec, quantity: int) -> bool:
        """True where the depot keeps its last units for later in the month."""
        return self.depot.stock(product.code) < quantity // 2

    def arrivals(self, day: date) -> Iterator[Event]:
        """Goods received, now and then with units missing or damaged."""
        for store, product, lot, quantity, document in self.travelling.pop(day, ()):
            source = self.central.store if store is self.depot else self.depot
            short = max(1, quantity // 25) if quantity > 4 and store.draw.random() < 0.012 else 0
            if short:
                reason = store.draw.choice(("missing_transit", "damaged_transit"))
                yield event(day, reason, store, product, lot, short, source.facility.code, document)
            store.put(product, lot, quantity - short)
            yield event(day, "delivery", store, product, lot, quantity - short, source.facility.code, document)

    def uses(self, day: date) -> Iterator[Event]:
        """What patients and wards were given; in a month without report it goes unrecorded."""
        for site in self.sites:
            if day < site.opened:
                continue
            if day.day == 1:
                _remember(site)
            for product in site.calendar.get(day.day, ()):
                yield from self.use(site, product, day)

    def use(self, site: Site, product: ProductSpec, day: date) -> Iterator[Event]:
        mean = site.expected[product.code] * SEASONS[product.season][day.month - 1] / self.times(site, product)
        quantity = _rounded(mean * site.draw.uniform(0.7, 1.3), site.draw)
        site.asked[product.code] += quantity
        if (site.facility.code, day.replace(day=1)) in self.silent:
            site.unrecorded[product.code] = site.unrecorded.get(product.code, 0) + quantity
            return
        reason, ward = "dispensed", ""
        if site.hospital:
            reason, ward = "issue_ward", f"{site.facility.code}-{site.draw.choice(WARDS)}"
        for lot, part in site.take(product.code, quantity, day):
            yield event(day, reason, site, product.code, lot, part, ward)

    def counts(self, day: date) -> Iterator[Event]:
        """Counts: after a month without report, and at the end of a quarter."""
        for site in self.sites:
            if day.day == 2 and site.unrecorded:
                yield from self.recount(site, day)
            if day.day == 28 and day.month % 3 == 0 and day >= site.opened:
                yield from self.quarter(site, day)

    def recount(self, site: Site, day: date) -> Iterator[Event]:
        for product, quantity in site.unrecorded.items():
            for lot, part in site.take(product, quantity, day):
                yield event(day, "count_shortage", site, product, lot, part, "", _sheet(site, day))
        site.unrecorded = {}

    def quarter(self, site: Site, day: date) -> Iterator[Event]:
        for product in self.products:
            lots = sorted(site.held[product.code])
            if not lots or site.draw.random() > 0.07:
                continue
            lot = lots[0]
            units = max(1, round(site.held[product.code][lot] * site.draw.uniform(0.01, 0.04)))
            if site.draw.random() < 0.35:
                site.put(product.code, lot, units)
                yield event(day, "count_excess", site, product.code, lot, units, "", _sheet(site, day))
            else:
                site.remove(product.code, lot, units)
                yield event(day, "count_shortage", site, product.code, lot, units, "", _sheet(site, day))

    def losses(self, day: date) -> Iterator[Event]:
        """What expired, broke, was opened and not used up, or was lost with the cold chain."""
        for store in (self.depot, *self.sites):
            if day.day == 27:
                yield from expired(store, self.products, day)
            if isinstance(store, Site) and day.day == 25 and store.opened <= day:
                yield from self.spoiled(store, day)

    def spoiled(self, site: Site, day: date) -> Iterator[Event]:
        fridge_failed = site.draw.random() < 0.006
        for product in self.products:
            reason, share = _spoiling(product, fridge_failed, site.draw)
            quantity = round(site.stock(product.code) * share) if share else 0
            for lot, part in site.take(product.code, quantity, day):
                yield event(day, reason, site, product.code, lot, part)


def _spoiling(product: ProductSpec, fridge_failed: bool, draw: random.Random) -> tuple[str, float]:
    """Why and what share of a product a site loses this month."""
    if product.cold and fridge_failed:
        return "cold_chain", 1.0
    if product.programme == "PEV" and product.cold and product.pack_size > 4 and draw.random() < 0.5:
        return "open_vial", draw.uniform(0.03, 0.12)
    if draw.random() < 0.006:
        return draw.choices(("damaged", "lost", "stolen"), (7, 2, 1))[0], draw.uniform(0.01, 0.05)
    return "", 0.0


def _days(times: int, site: Site, number: int) -> range:
    """The days of the month on which the use of a product is written down."""
    step = 28 // times
    return range(1 + (number * 5 + site.delivery_day) % step, 29, step)


def _remember(site: Site) -> None:
    """Lets what was asked for last month weigh half in what the site expects to need."""
    for product, quantity in site.asked.items():
        site.used[product] = (site.used[product] + quantity) / 2
    site.asked = defaultdict(int)


def _rounded(quantity: float, draw: random.Random) -> int:
    """The quantity in whole units, right on average."""
    return int(quantity) + (draw.random() < quantity % 1)


def _sheet(site: Site, day: date) -> str:
    return f"INV-{site.facility.code}-{day:%Y%m}"


def _serving(facilities: list[FacilitySpec]) -> list[FacilitySpec]:
    return [one for one in facilities if one.type == "cds" or one.type.endswith("_hospital")]
