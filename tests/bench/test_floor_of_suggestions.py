"""What a suggestion costs beside bare SQL of the same CMM, and whether a growing ledger slows it: `make bench`.

The floor stands here: one statement on the same tables and indexes, in the same process, with the least that a CMM
needs (what was used in three closed months, days without stock by the turns, what lies there and may be given out). It
knows no report, no reversal of a receipt, no hold in the past, no working, no right and no names. So the ratios say
what the whole suggestion costs over its arithmetic; they are of processor time, medians of alternate rounds.
"""

import gc
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from core import create_app
from core.data import migrations
from core.data.access import Access, acting
from core.data.bulk import beside
from core.data.db import db, learn, today, utcnow
from core.data.work import perform, unit_of_work
from core.facilities.models import Facility, FacilityType
from plugins.elmis import seeds
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger import balances, turns
from plugins.elmis.ledger.models import Movement, Reason
from plugins.elmis.ledger.services import location
from plugins.elmis.replenishment.services import suggest
from plugins.elmis.requisitions.coming import expected
from plugins.elmis.requisitions.services import propose
from plugins.elmis.stock.products import stock_by_product
from tests.servers import database

PLACES = int(os.environ.get("AMAGARA_BENCH_PLACES", "20"))  # 100 of them are 2.4 million movements
MONTHS, OLD = 15, 150  # months of movements of each place; of the one with a long past
ROUNDS = 12
SYSTEM = Access.system("bench")
SERVER: list[int] = []  # the process of PostgreSQL that serves this connection: what it computes counts too
BEFORE = {  # over the floor, at the commit d122b5e on the same machine and day, with the tables of this file
    "suggestion of a facility": {"sqlite": 104.0, "postgresql": 67.0},
    "the same for a past day": {"sqlite": 111.0, "postgresql": 65.5},
    "stock of a facility, with CMM": {"sqlite": 104.2, "postgresql": 61.4},
    "order of the month of a facility, written": {"sqlite": 201.8},
    f"stock of one with {OLD} months behind it (x {MONTHS})": {"sqlite": 3.4},
}

FLOOR = """
WITH used AS (
    SELECT product_id, sum(quantity) AS units FROM elmis_movement
    WHERE source_id = {store} AND product_id IN (SELECT id FROM elmis_product)
      AND occurred_on >= '{first}' AND occurred_on < '{end}' AND reason_id IN ({consumed}) GROUP BY product_id
), spans AS (
    SELECT product_id, day, there, sum(there) OVER (PARTITION BY product_id ORDER BY day) AS level,
           lead(day, 1, '{end}') OVER (PARTITION BY product_id ORDER BY day) AS until
    FROM elmis_turn WHERE facility_id = {facility} AND day < '{end}'
), days AS (
    SELECT product_id, sum(CASE WHEN level = 0 AND until > '{first}' THEN {length} ELSE 0 END) AS out
    FROM spans GROUP BY product_id
), there AS (
    SELECT elmis_balance.product_id, sum(elmis_balance.quantity) AS units FROM elmis_balance
    JOIN elmis_lot ON elmis_lot.id = elmis_balance.lot_id
    WHERE location_id = {store} AND physical AND quantity > 0 AND status = 'active' AND expiry >= '{today}'
    GROUP BY elmis_balance.product_id
)
SELECT days.product_id, used.units * 30.5 / ({window} - days.out) AS cmm, there.units,
       used.units * 61.0 / ({window} - days.out) - coalesce(there.units, 0) AS need
FROM days LEFT JOIN used ON used.product_id = days.product_id LEFT JOIN there ON there.product_id = days.product_id
"""
LENGTHS = {
    "sqlite": "julianday(min(until, '{end}')) - julianday(max(day, '{first}'))",
    "postgresql": "least(until, date '{end}') - greatest(day, date '{first}')",
}


@dataclass
class Table:
    """What was measured, printed at the end."""

    rows: list[str] = field(default_factory=list)

    def add(self, what: str, took: float, floor: float, backend: str) -> float:
        before = BEFORE.get(what, {}).get(backend)
        said = f"{before:9.1f}" if before else ""
        self.rows.append(f"{what:44}{took * 1000:9.1f}{took / floor:9.1f}{said}")
        return took / floor


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def table(backend: str) -> Iterator[Table]:
    made = Table()
    yield made
    print("\n".join(["", f"{backend:44}{'ms CPU':>9}{'x floor':>9}{'before':>9}", *made.rows]))


@pytest.fixture(scope="module")
def app(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Stores of 400 products: one alone, later with the others beside it, and one with a long past."""
    folder: Path = tmp_path_factory.mktemp("floor")
    if backend == "sqlite":
        yield _made(folder, f"sqlite:///{folder / 'floor.db'}")
        return
    with database() as url:
        made = _made(folder, url)
        yield made
        with made.app_context():
            db.engine.dispose()


def _made(folder: Path, url: str) -> Flask:
    made = create_app({
        "SECRET_KEY": "bench", "AUDIT_KEY": "bench", "TESTING": True, "INSTANCE": folder, "KEYS": folder,
        "SQLALCHEMY_DATABASE_URI": url,
    })  # fmt: skip
    with made.app_context():
        migrations.upgrade()
        with unit_of_work(SYSTEM):
            from core import seeds as country

            country.seed("reference", "district")
            country.seed("demo", "district")
            seeds.seed("reference", "district")
            seeds.products()
    return made


def poured(facilities: list[Facility], months: int) -> None:
    """Give facilities a past: each product received once and issued three times a month, its lots one after the other."""
    draw, moment = random.Random(3), utcnow()
    reasons = dict(db.session.execute(select(Reason.code, Reason.id)).all())
    products = db.session.scalars(select(Product.id).order_by(Product.id)).all()[:400]
    lots = _lots(list(products), months)
    firsts = [_first(number) for number in range(months, 0, -1)]
    for facility in facilities:
        store, supplier, used = (location(facility, kind).id for kind in ("store", "supplier", "consumption"))
        for product in products:
            rows, left = [], 0
            for number, first in enumerate(firsts):
                units, lot = draw.randrange(60, 200), lots[product, number // 5]
                parts = [(2, units, supplier, store, "receipt", lot)]
                parts += [(8 * n + 1, units // 3 - (n == 3), store, used, "dispensed", lot) for n in (1, 2, 3)]
                if number and number % 5 == 0:  # nothing stays of the lot before
                    parts.append((20, left, store, used, "dispensed", lots[product, number // 5 - 1]))
                    left = 0
                left += units - 3 * (units // 3) + 1
                rows += [
                    {"uuid": f"{facility.id}-{product}-{number}-{line}", "source_id": source, "target_id": target,
                     "source_facility_id": facility.id, "target_facility_id": facility.id, "product_id": product,
                     "lot_id": of, "quantity": quantity, "occurred_on": first + timedelta(days=day), "paper_key": "",
                     "reason_id": reasons[reason], "recorded_at": moment}
                    for line, (day, quantity, source, target, reason, of) in enumerate(parts)
                ]  # fmt: skip
            db.session.connection().execute(beside(insert(Movement.__table__), "a bench"), rows)


def _first(back: int) -> date:
    """Return the first day of the month so many months back, the running one being 0 months back."""
    month = today().year * 12 + today().month - 1 - back
    return date(month // 12, month % 12 + 1, 1)


def _lots(products: list[int], months: int) -> dict[tuple[int, int], int]:
    """Return {(product, number): lot}, made where they are missing; each is good for two years from its first month."""
    known = {
        (row.product_id, row.number): row.id for row in db.session.execute(select(Lot.id, Lot.product_id, Lot.number))
    }
    wanted = [(product, number) for product in products for number in range(-(-months // 5))]
    for product, number in wanted:
        if (product, f"{months}-{number}") not in known:
            expiry = _first(months - 5 * number) + timedelta(days=730)
            db.session.add(row := Lot(product_id=product, number=f"{months}-{number}", expiry=expiry))
            db.session.flush()
            known[product, row.number] = row.id
    return {(product, number): known[product, f"{months}-{number}"] for product, number in wanted}


def settle() -> None:
    balances.rebuild()
    turns.rebuild()
    learn()


@pytest.fixture(scope="module")
def places(app: Flask) -> list[int]:
    """Facilities: the first has a past now, the others later."""
    with app.app_context(), unit_of_work(SYSTEM):
        kind = select(FacilityType.id).where(FacilityType.kind == "care")
        query = select(Facility).where(Facility.type_id.in_(kind), Facility.status == "open").order_by(Facility.id)
        found = db.session.scalars(query.limit(PLACES + 1)).all()
        poured([found[0]], MONTHS)
        settle()
        return [one.id for one in found]


def floor_of(facility: Facility, backend: str) -> Callable[[], Any]:
    """Return the bare statement of a facility, run on the driver's own connection."""
    consumed = db.session.scalars(select(Reason.id).where(Reason.counts_as_consumption)).all()
    first, end = _first(3), _first(0)
    days = {"first": first, "end": end, "today": today()}
    words = FLOOR.format(
        store=location(facility, "store").id, facility=facility.id, consumed=", ".join(map(str, consumed)),
        window=(end - first).days, length=LENGTHS[backend].format(**days), **days,
    )  # fmt: skip
    driver = db.session.connection().connection.dbapi_connection
    assert driver is not None
    SERVER[:] = [driver.info.backend_pid] if backend == "postgresql" else []

    def run() -> Any:
        cursor = driver.cursor()
        cursor.execute(words)
        return cursor.fetchall()

    return run


def clock() -> float:
    """Return the seconds of processor time that this process has used, with those of its PostgreSQL server process."""
    if SERVER:
        return time.process_time() + int(Path(f"/proc/{SERVER[0]}/schedstat").read_text().split()[0]) / 1e9
    return time.process_time()


def together(*operations: Callable[[], Any]) -> list[float]:
    """Return the median processor time of each, run in turn round by round."""
    took: list[list[float]] = [[] for _each in operations]
    for _round in range(ROUNDS):
        for number, operation in enumerate(operations):
            begun = clock()
            operation()
            took[number].append(clock() - begun)
    return [statistics.median(each) for each in took]


def test_a_facility(app: Flask, table: Table, places: list[int], backend: str) -> None:
    gc.collect()
    gc.freeze()  # as the server does
    with app.app_context(), acting(SYSTEM):
        place = db.session.get_one(Facility, places[0])
        bare = floor_of(place, backend)
        assert len(bare()) == len(suggest(place, today(), "adjusted", expected(place))) == 400
        past = today() - timedelta(days=60)
        floor, found, then, stock = together(
            bare,
            lambda: suggest(place, today(), "adjusted", expected(place)),
            lambda: suggest(place, past, "adjusted", expected(place)),
            lambda: stock_by_product(place, today()),
        )
        table.add("floor: bare SQL of the CMMs of 400 products", floor, floor, backend)
        table.add("suggestion of a facility", found, floor, backend)
        table.add("the same for a past day", then, floor, backend)
        table.add("stock of a facility, with CMM", stock, floor, backend)
        assert found < 30 * floor


def test_its_stock_does_not_grow_with_the_ledger(app: Flask, table: Table, places: list[int], backend: str) -> None:
    with app.app_context(), acting(SYSTEM):
        (before,) = together(lambda: stock_by_product(db.session.get_one(Facility, places[0]), today()))
        with unit_of_work(SYSTEM):
            rest = [db.session.get_one(Facility, id_) for id_ in places[1:]]
            poured(rest[:-1], MONTHS)
            poured(rest[-1:], OLD)
            settle()
        gc.collect()
        gc.freeze()
        one, old = (db.session.get_one(Facility, places[number]) for number in (0, -1))
        (beside_others, long_past) = together(
            lambda: stock_by_product(one, today()), lambda: stock_by_product(old, today())
        )
        table.add(f"its stock, beside {PLACES - 1} others (x alone)", beside_others, before, backend)
        table.add(f"stock of one with {OLD} months behind it (x {MONTHS})", long_past, before, backend)
        assert beside_others < 1.5 * before
        assert long_past < 1.7 * before


def test_orders_of_the_month(app: Flask, table: Table, places: list[int], backend: str) -> None:
    with app.app_context(), acting(SYSTEM):
        took, floors = [], []
        for id_ in places[: min(ROUNDS, PLACES)]:
            floors += together(floor_of(db.session.get_one(Facility, places[0]), backend))
            begun = clock()
            perform(lambda id_=id_: propose(db.session.get_one(Facility, id_)).id)
            took.append(clock() - begun)
        table.add(
            "order of the month of a facility, written", statistics.median(took), statistics.median(floors), backend
        )
