"""The promised times, measured on the demonstration's district: `make bench`.

Each time is divided by a floor of the same run: the sign-in page for pages, the same rows put into a bare SQLite table
for writes. So a slow or busy machine changes both, and the limits say how much work stands between floor and figure.
"""

import csv
import sqlite3
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import event, select

import core.plugin  # noqa: F401 (its models first, as at a start)
from core import create_app
from core.cli import _seed
from core.data import migrations
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import perform
from core.facilities.models import Facility
from core.imports import services as imports
from core.users import demo
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.replenishment.services import suggest
from plugins.elmis.requisitions.coming import expected

TURNS, ROWS = 20, 20_000
CENTRE = "CDS-KAYANZA-01"
PAGES = [  # what, by whom, path, promised ms, limit over the sign-in page: about three times a calm measurement
    ("home", "district", "/", 300, 60),
    ("dashboard", "district", "/elmis/dashboards/", 300, 50),
    ("status board", "district", "/elmis/dashboards/board", 300, 90),
    ("stock list", "magasinier", "/elmis/stock/", 150, 90),
    ("stock card", "magasinier", "/elmis/stock/products/{product}", 150, 70),
    ("expiries", "district", "/elmis/stock/expiring", 150, 40),
    ("orders asked for", "district", "/elmis/requisitions/", 150, 50),
    ("facilities", "admin", "/facilities/", 150, 90),
    ("tree", "admin", "/facilities/tree", 150, 60),
]


@dataclass
class Table:
    """What was measured, printed at the end."""

    rows: list[tuple[str, float, float, float, str]] = field(default_factory=list)

    def add(self, what: str, seconds: float, floor: float, limit: float, promised: str = "") -> None:
        self.rows.append((what, seconds * 1000, seconds / floor, limit, promised))

    def __str__(self) -> str:
        head = f"{'':34}{'ms':>9}{'x floor':>9}{'limit':>8}  promised"
        lines = [f"{what:34}{ms:9.1f}{ratio:9.1f}{limit:8.0f}  {said}" for what, ms, ratio, limit, said in self.rows]
        return "\n".join(["", head, *lines])

    def too_slow(self) -> list[str]:
        return [f"{what}: {ratio:.1f} times the floor" for what, _ms, ratio, limit, _said in self.rows if ratio > limit]


@pytest.fixture(scope="module")
def table():
    made = Table()
    yield made
    print(made)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The demonstration's district on a SQLite file."""
    folder = tmp_path_factory.mktemp("bench")
    url = f"sqlite:///{folder / 'bench.db'}"
    made = create_app({
        "SECRET_KEY": "bench", "AUDIT_KEY": "bench", "TESTING": True, "WTF_CSRF_ENABLED": False, "INSTANCE": folder,
        "SQLALCHEMY_DATABASE_URI": url,
    })  # fmt: skip
    with made.app_context():
        migrations.upgrade()
        with acting(Access.system("bench")):
            for kind in ("reference", "demo"):
                _seed(kind, "district")
    return made


def timed(operation: Callable[[], object], turns: int = 1) -> list[float]:
    """Return how long each of the turns took."""
    found = []
    for _turn in range(turns):
        begun = time.perf_counter()
        operation()
        found.append(time.perf_counter() - begun)
    return found


def p95(times: list[float]) -> float:
    return sorted(times)[round(0.95 * (len(times) - 1))]


@pytest.fixture(scope="module")
def bare(table, tmp_path_factory):
    """How long it takes to put rows into a bare table, durably: twelve columns and one index."""
    connection = sqlite3.connect(tmp_path_factory.mktemp("floor") / "floor.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE row (id INTEGER PRIMARY KEY, {', '.join(f'c{n}' for n in range(11))})")
    connection.execute("CREATE INDEX ix ON row (c1, c2)")
    rows = [(f"{n:036}", n % 7, n % 11, n, n, "2026-11-22", "", "", "", "", "") for n in range(ROWS)]

    def insert() -> None:
        with connection:
            connection.executemany(f"INSERT INTO row VALUES (NULL, {', '.join('?' * 11)})", rows)

    floor = statistics.median(timed(insert, 5))
    connection.close()
    table.add("floor: 20,000 bare rows", floor, floor, 1)
    return floor


def test_pages(app, table):
    client, statements = app.test_client(), []
    client.get("/sign-in")
    floor = statistics.median(timed(lambda: client.get("/sign-in"), TURNS))
    table.add("floor: sign-in page", floor, floor, 1)
    with app.app_context(), acting(Access.system("bench")):
        product = db.session.scalar(select(Product.id).where(Product.code == "PAL002"))
        event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for what, login, path, promised, limit in PAGES:
        client = app.test_client()
        client.post("/sign-in", data={"login": login, "password": demo.PASSWORD})
        wanted = path.format(product=product)
        assert client.get(wanted).status_code == 200, wanted
        statements.clear()
        times = timed(lambda client=client, wanted=wanted: client.get(wanted), TURNS)
        said = f"p95 {promised} ms; {len(statements) // TURNS} statements"
        table.add(f"{what} ({login})", p95(times), floor, limit, said)


def test_posting_a_hundred_movements(app, table, bare):
    with app.app_context(), acting(Access.system("bench")):
        centre = db.session.scalar(select(Facility).where(Facility.code == CENTRE))
        lots = db.session.scalars(select(Lot.id).where(Lot.expiry > today()).limit(100)).all()
        supplier, store = perform(lambda: [location(centre, kind).id for kind in ("supplier", "store")])

        def save() -> None:
            perform(lambda: [row.id for row in post([Move(lot, 1, supplier, store, "receipt") for lot in lots])])

        table.add("posting 100 movements", p95(timed(save, 7)), bare, 20, "save 200 ms")


def test_importing_twenty_thousand_movements(app, table, bare, tmp_path):
    path = tmp_path / "history.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "facility", "product", "lot", "expiry", "quantity", "reason", "date"])
        for n in range(ROWS):
            day = today() - timedelta(days=400 - n // 50)
            lines.writerow([f"B-{n}", CENTRE, "PAL002", f"BENCH{n % 40}", "2031-12-31", 5, "receipt", day])
    with app.app_context(), acting(Access.system("bench")):
        before = db.session.query(Movement).count()
        db.session.rollback()
        (taken,) = timed(lambda: imports.take("elmis.movement", path))
        assert db.session.query(Movement).count() == before + ROWS
    table.add("importing 20,000 movements", taken, bare, 300)


def test_the_suggestion_of_a_facility(app, table):
    client = app.test_client()
    floor = statistics.median(timed(lambda: client.get("/sign-in"), TURNS))
    with app.app_context(), acting(Access.system("bench")):
        centre = db.session.scalar(select(Facility).where(Facility.code == "HOP-KAYANZA"))
        for what, day in (("today", today()), ("for a past day", today() - timedelta(days=60))):
            times = timed(lambda day=day: suggest(centre, day, "adjusted", expected(centre)), TURNS)
            table.add(f"suggestion of a hospital, {what}", p95(times), floor, 60)


def test_nothing_is_over_its_limit(table):
    assert table.too_slow() == []
