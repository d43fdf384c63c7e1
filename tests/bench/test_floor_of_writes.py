"""What is written, beside the floor of the same run: the same rows by the driver alone (`floor_of_writes`).

On SQLite and PostgreSQL, both durable. Each work is done in rounds, floor and service in turn, so that a slow or busy
machine changes both; medians are printed. `before` is what the service was on 29 November 2026 when this was first
measured, in the same way. CPU is that of this process and of PostgreSQL's.
"""

import csv
import gc
import os
import shutil
import socket
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, redirect, request
from sqlalchemy import select

import core.plugin  # noqa: F401 (its models first, as at a start)
from core import create_app
from core.cli import _seed
from core.data import audit, migrations
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import perform
from core.facilities.models import Facility
from core.imports import services as imports
from core.users import demo
from core.users.accounts.models import User
from core.users.rights.access import access_of
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement, Reason
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests import servers
from tests.bench.floor_of_writes import Floor, Ids

ROUNDS, TURNS, ROWS, KEY = 12, 25, 20_000, "only to measure"
BEFORE = {  # of the floor, by the clock and by processor time
    "movement": {"sqlite": (0.060, 0.026), "postgresql": (0.102, 0.076)},
    "document of a line": {"sqlite": (0.023, 0.017), "postgresql": (0.073, 0.052)},
    "document by the form": {"sqlite": (0.013, 0.014), "postgresql": (0.010, 0.007)},
    "import of 20,000": {"sqlite": (0, 0.050), "postgresql": (0, 0)},  # 0: not measured
}
LIMITS = {"movement": 0.1, "document of a line": 0.07, "document by the form": 0.02, "import of 20,000": 0.2}


@contextmanager
def durable_postgresql(patch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Yield the URL and the process of a server that keeps what it acknowledged: that of the tests keeps nothing."""
    patch.setattr(servers, "FAST", "-c max_connections=40")
    folder = Path(tempfile.mkdtemp(prefix="amagara-bench-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    try:
        servers._start_postgres(folder / "postgres", port)
        process = int((folder / "postgres/data/postmaster.pid").read_text().split()[0])
        yield f"postgresql+psycopg://amagara@127.0.0.1:{port}/postgres", process
    finally:
        servers._stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def processor(postmaster: int | None = None) -> float:
    """Return the processor time of this process, and of the children of a PostgreSQL server, in seconds."""
    used = time.process_time()
    if postmaster is not None:
        for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
            with suppress(OSError):
                ticks = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13]
                used += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return used


@dataclass
class Bench:
    """The demonstration's district on a database, a storekeeper, a lot that lasts, and the floor beside them."""

    app: Flask
    engine: str
    floor: Floor
    access: Access
    client: Any = None
    codes: tuple[str, str] = ("", "")
    server: int | None = None

    def measured(
        self, works: list[Callable[[], object]], turns: int = TURNS, rounds: int = ROUNDS
    ) -> list[tuple[float, float]]:
        """Return the median (seconds, processor time) of each of some works, done in turn."""
        found: list[list[tuple[float, float]]] = [[] for _work in works]
        for number in range(rounds + 1):
            for work, times in zip(works, found, strict=True):
                used, begun = processor(self.server), time.perf_counter()
                for _turn in range(turns):
                    work()
                took = time.perf_counter() - begun
                if number:  # the first round only warms up
                    times.append((took / turns, (processor(self.server) - used) / turns))
        medians = [[statistics.median(each) for each in zip(*times, strict=True)] for times in found]
        return [(clock, cpu) for clock, cpu in medians]

    def movement(self) -> None:
        ids = self.floor.ids
        with acting(self.access):
            move = Move(ids.lot, 1, ids.store, ids.gone, "dispensed")
            perform(lambda: [row.id for row in post([move])], key=move.uuid, body=move.uuid)
        db.session.remove()

    def document(self) -> None:
        key, ids = str(uuid.uuid4()), self.floor.ids

        def write() -> str:
            line = Line(db.session.get_one(Product, ids.product), 1, "BENCH")
            return record(
                KINDS["dispense"], db.session.get_one(Facility, ids.place), Header(today(), "dispensed"), [line]
            )

        with acting(self.access):
            perform(write, key=key, body=key)
        db.session.remove()

    def form(self) -> None:
        line = {"product": self.codes[1], "lot": "BENCH", "quantity": "1", "measure": "unit"}
        sent = {f"lines-0-{name}": value for name, value in line.items()}
        sent |= {"occurred_on": today().isoformat(), "_key": str(uuid.uuid4())}
        self.client.delete_cookie(self.app.config["SESSION_COOKIE_NAME"])  # messages that nobody reads pile up in it
        answer = Context().run(self.client.post, "/elmis/store/new/dispense", data=sent)
        assert "/documents/BD-" in answer.headers["Location"], answer.text

    def file(self, folder: Path) -> Path:
        """Return a list of receipts of the last weeks that nobody has imported yet."""
        path, mark = folder / f"{uuid.uuid4()}.csv", uuid.uuid4().hex[:8]
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["id", "facility", "product", "lot", "expiry", "quantity", "reason", "date", "document"])
            for number in range(ROWS):
                day, lot = today() - timedelta(days=number % 60), f"{mark}{number % 40}"
                last = ("2031-12-31", 5, "receipt", day, f"{mark}-{number // 20}")
                lines.writerow([f"{mark}-{number}", *self.codes, lot, *last])
        return path


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bench(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "sqlite":
            yield from _bench("sqlite", f"sqlite:///{folder / 'bench.db'}", folder, None)
        else:
            with durable_postgresql(patch) as (url, server):
                yield from _bench("postgresql", url, folder, server)


def _bench(engine: str, url: str, folder: Path, server: int | None) -> Iterator[Bench]:
    app = create_app({
        "SECRET_KEY": KEY, "AUDIT_KEY": KEY, "TESTING": True, "WTF_CSRF_ENABLED": False, "INSTANCE": folder,
        "KEYS": folder, "SQLALCHEMY_DATABASE_URI": url,
    })  # fmt: skip
    with app.app_context():
        migrations.upgrade()
        with acting(Access.system("bench")):
            for kind in ("reference", "demo"):
                _seed(kind, "district")
            ids, access, codes = perform(lambda: _stock(app))
        db.session.remove()
        client = app.test_client()
        Context().run(client.post, "/sign-in", data={"login": "magasinier", "password": demo.PASSWORD})
        made = Bench(app, engine, Floor(url, KEY, ids), access, client, codes, server)
        gc.collect()
        gc.freeze()  # as the server does, and the command of an import
        yield made
        made.floor.connection.close()
        assert audit.verify() == []  # the floor has signed as the service does
        db.session.remove()
        db.engine.dispose()


def _stock(app: Flask) -> tuple[Ids, Access, tuple[str, str]]:
    user = db.session.scalars(select(User).where(User.login == "magasinier")).one()
    place = db.session.get_one(Facility, user.facility_id)
    product = db.session.scalars(select(Product).where(Product.code == "PAL002")).one()
    db.session.add(lot := Lot(product=product, number="BENCH", expiry=today() + timedelta(days=900)))
    db.session.flush()
    supplier, store, gone = (location(place, kind).id for kind in ("supplier", "store", "consumption"))
    post([Move(lot.id, 1_000_000, supplier, store, "receipt")])
    reason = db.session.scalars(select(Reason.id).where(Reason.code == "dispensed")).one()
    ids = Ids(user.id, user.name, place.id, product.id, lot.id, store, gone, reason)
    return ids, access_of(user, app.extensions["amagara.permissions"]), (place.code, product.code)


@dataclass
class Table:
    """What was measured, printed at the end."""

    rows: list[str] = field(default_factory=list)
    ratios: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, what: str, engine: str, floor: tuple[float, float], own: tuple[float, float], count: int = 1) -> None:
        (clock, cpu_), before = (floor[n] / own[n] for n in (0, 1)), BEFORE[what][engine]
        self.ratios[what, engine] = cpu_
        each = [f"{count / floor[0]:10,.0f}{count / own[0]:10,.0f}", f"{floor[1] * 1000:10.2f}{own[1] * 1000:10.2f}"]
        self.rows.append(f"{what:22}{engine:12}{''.join(each)}{clock:9.3f}{before[0]:8.3f}{cpu_:9.3f}{before[1]:8.3f}")

    def __str__(self) -> str:
        heads = ("floor/s", "now/s", "floor ms", "now ms", "of it", "before", "by CPU", "before")
        head = "".join(f"{one:>{width}}" for one, width in zip(heads, (10, 10, 10, 10, 9, 8, 9, 8), strict=True))
        return "\n".join(["", f"{'':34}{head}", *self.rows])


@pytest.fixture(scope="module")
def table():
    made = Table()
    yield made
    print(made)


def test_a_movement(bench, table):
    table.add("movement", bench.engine, *bench.measured([bench.floor.movement, bench.movement]))


def test_a_document_of_a_line(bench, table):
    floor = lambda: bench.floor.movement(numbered=True)  # noqa: E731
    table.add("document of a line", bench.engine, *bench.measured([floor, bench.document]))


def test_a_document_by_the_form(bench, table):
    """The floor is a view of a bare Flask that writes the floor's document."""
    bare = Flask("floor")

    @bare.post("/")
    def write() -> Any:
        assert request.form["quantity"] == "1"
        bench.floor.movement(numbered=True)
        return redirect("/done")

    client = bare.test_client()
    table.add(
        "document by the form",
        bench.engine,
        *bench.measured([lambda: client.post("/", data={"quantity": "1"}), bench.form]),
    )


def test_an_import_of_twenty_thousand(bench, table, tmp_path):
    """The floor is one COPY or executemany into the ledger, with balances and trail; into a bare table it is said."""

    def take() -> None:
        with acting(Access.system("bench")):
            run = imports.take("elmis.movement", bench.file(tmp_path)).id
            assert db.session.query(Movement).filter_by(import_run=run).count() == ROWS

    works = [lambda: bench.floor.movements(ROWS, bare=True), lambda: bench.floor.movements(ROWS), take]
    bare, floor, own = bench.measured(works, turns=1, rounds=2)
    table.add("import of 20,000", bench.engine, floor, own, ROWS)
    words = (
        f"{'':22}{bench.engine:12}{ROWS / bare[0]:10,.0f} rows a second into a bare table: {bare[0] / own[0]:.3f} of it"
    )
    table.rows.append(words)


def test_nothing_is_far_below_what_it_was(table):
    assert {key: ratio for key, ratio in table.ratios.items() if ratio < LIMITS[key[0]]} == {}
