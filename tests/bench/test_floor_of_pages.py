"""What a page costs beside a bare Flask page of the same rows (tests/bench/bare_page.py): `make bench`.

Processor time in the process of the test, medians of twelve rounds in which floor and pages take turns; then pages a
second and processor time a page of the real embedded server, with one client and with eight at once, beside the bare
application under the same server. "Before" was measured so on 29 November 2026.
"""

import http.cookiejar
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import plugin  # noqa: F401 (its models before those of elmis)
from core.data.access import Access, acting
from core.data.db import db
from core.data.work import perform
from core.facilities.models import Facility
from core.users.demo import PASSWORD
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.services import Move, location, post
from tests.bench.bare_page import bare
from tests.demonstration import AMAGARA, environment
from tests.servers import _free_port
from tests.statements import statements

ROUNDS, SENT, WHO = 12, 96, "magasinier"
CENTRE = "CDS-KAYANZA-01"
PAGES = [  # what, path, share of the floor before and to reach, and the least share that is let pass
    ("the frame alone", "/password", 0.28, None, 0.2),
    ("a list of 50", "/elmis/catalogue/", 0.14, 0.25, 0.1),
    ("a detail page", "/elmis/catalogue/products/{product}", 0.14, 0.2, 0.1),
    ("stock of 400 articles", "/elmis/stock/", 0.017, None, 0.035),
    ("a stock card", "/elmis/stock/products/{product}", 0.037, None, 0.08),
]


@dataclass
class Page:
    """A page that is measured; the floor is one too."""

    what: str
    ask: Callable[[], Any]
    before: float | None = None
    reach: float | None = None
    least: float = 0
    statements: int = 0
    size: int = 0
    times: list[float] = field(default_factory=list)

    @property
    def time(self) -> float:
        """Return the processor time of a page, in ms."""
        return 1000 * statistics.median(self.times)


def measure(pages: list[Page]) -> None:
    """Ask for every page in turn, and note its processor time."""
    for _round in range(ROUNDS):
        for page in pages:
            begun = time.process_time()
            page.ask()
            page.times.append(time.process_time() - begun)


def filled(app: Any) -> int:
    """Receive 100 units of every article at the storekeeper's centre; return the id of one that it gives out daily."""

    def receive() -> int:
        centre = db.session.scalars(select(Facility).where(Facility.code == CENTRE)).one()
        for product in db.session.scalars(select(Product)):
            db.session.add(Lot(product_id=product.id, number=f"B{product.id}", expiry=date(2031, 1, 31)))
        db.session.flush()
        lots = db.session.scalars(
            select(Lot.id).where(Lot.expiry == date(2031, 1, 31), Lot.number.startswith("B"))
        ).all()
        ways = location(centre, "supplier").id, location(centre, "store").id
        post([Move(lot, 100, *ways, "receipt") for lot in lots])
        return len(lots)

    with app.app_context(), acting(Access.system("bench")):
        assert perform(receive) >= 400
        return int(db.session.scalars(select(Product.id).where(Product.code == "PAL002")).one())


@pytest.fixture(scope="module")
def product(demonstration):
    return filled(demonstration)


def test_pages_beside_a_bare_one(demonstration, product):
    client, plain = demonstration.test_client(), bare(str(db.engine.url.database)).test_client()
    assert client.post("/sign-in", data={"login": WHO, "password": PASSWORD}).status_code == 302
    pages = [Page("floor: bare Flask, 50 rows", lambda: plain.get("/"))]
    for what, path, before, reach, least in PAGES:
        here = path.format(product=product)
        client.get(here)
        with statements() as sent:
            answer = client.get(here)
        assert answer.status_code == 200, here
        pages.append(Page(what, lambda here=here: client.get(here), before, reach, least, len(sent), len(answer.data)))
    measure(pages)
    floor, *others = pages
    print(f"\n{'':28}{'CPU ms':>9}{'statements':>12}{'KB':>7}{'of floor':>10}{'before':>8}{'reach':>7}")
    print(f"{floor.what:28}{floor.time:9.1f}")
    for page in others:
        said = f"{page.before:8.3f}{page.reach or '':>7}"
        share = floor.time / page.time
        print(f"{page.what:28}{page.time:9.1f}{page.statements:12}{page.size / 1024:7.0f}{share:10.3f}{said}")
    assert others[1].statements <= 9
    slow = [page.what for page in others if floor.time / page.time < page.least]
    assert slow == []


# --- the real server --------------------------------------------------------


@contextmanager
def served(command: list[str], port: int, env: dict[str, str]) -> Iterator[int]:
    """Run a server until the end of the block; yield its process id."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _try in range(150):
            assert process.poll() is None, command
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def browser(port: int, login: str = "") -> Callable[[str], int]:
    """Return what asks a server for a page, signed in; it returns the size of the answer."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    base = f"http://127.0.0.1:{port}"

    def ask(path: str, data: bytes | None = None) -> bytes:
        with opener.open(base + path, data, timeout=120) as answer:
            assert answer.status == 200
            return bytes(answer.read())

    if login:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', ask("/sign-in").decode())
        assert token
        ask("/sign-in", urllib.parse.urlencode({"login": login, "password": PASSWORD, "csrf_token": token[1]}).encode())
    return lambda path: len(ask(path))


def spent(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK")


def load(pid: int, browsers: list[Callable[[str], int]], path: str, pages: int) -> tuple[float, float]:
    """Return (pages a second, processor ms a page) of a server that these browsers ask at once."""
    for ask in browsers:
        ask(path)
    begun, used = time.perf_counter(), spent(pid)
    with ThreadPoolExecutor(len(browsers)) as pool:
        share = [pool.submit(lambda ask=ask: [ask(path) for _n in range(pages // len(browsers))]) for ask in browsers]
        for one in share:
            one.result()
    return pages / (time.perf_counter() - begun), 1000 * (spent(pid) - used) / pages


def test_the_real_server_with_one_client_and_with_eight(demonstration, product):
    folder = Path(str(db.engine.url.database)).parent
    ports = _free_port(), _free_port()
    floor = [sys.executable, "-m", "tests.bench.bare_page", str(folder / "amagara.db"), str(ports[1])]
    print(f"\n{'':28}{'clients':>8}{'a second':>10}{'CPU ms':>8}{'of floor':>10}")
    with (
        served([*AMAGARA, "run"], ports[0], environment(folder, PORT=str(ports[0]))) as ours,
        served(floor, ports[1], dict(os.environ)) as theirs,
    ):
        people, strangers = [browser(ports[0], WHO) for _n in range(8)], [browser(ports[1]) for _n in range(8)]
        for many in (1, 8):
            rate, cost = load(theirs, strangers[:many], "/", 4 * SENT)
            print(f"{'floor: bare Flask, 50 rows':28}{many:8}{rate:10.0f}{cost:8.1f}")
            for what, path, *_rest in PAGES[1:]:
                here = path.format(product=product)
                fast, used = load(ours, people[:many], here, SENT if "list" in what or "detail" in what else SENT // 6)
                print(f"{what:28}{many:8}{fast:10.1f}{used:8.1f}{fast / rate:10.3f}")
