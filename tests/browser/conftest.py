"""The served application with the demonstration country, and a real Chromium in front of it."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from core.users.demo import PASSWORD
from tests.demonstration import AMAGARA, environment
from tests.servers import chromium

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder: a worker's share a server and a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def served(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of the application, served as `make run` does."""
    folder = shutil.copytree(
        instance, tmp_path_factory.mktemp("open") / "instance"
    )  # others copy what nobody has spoilt
    with serving(folder) as address:
        yield address


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the database of a folder; yield the address."""
    with serving_at(folder) as server:
        yield server.address


class House:
    """A server on the database of a folder, which can be stopped, killed and started again at its address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.begun = datetime.now(UTC).isoformat(sep=" ")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [*AMAGARA, "run"]
        self._process = subprocess.Popen(
            command, env=environment(self.folder, PORT=str(self.port)), stdout=subprocess.DEVNULL
        )
        for _turn in range(240):
            try:
                urllib.request.urlopen(f"{self.address}/api/pulse", timeout=2)
                break
            except OSError:
                time.sleep(0.25)

    def stop(self, hard: bool = False) -> None:
        """End the server, as `kill -9` does when it is `hard`."""
        if self._process is not None:
            self._process.kill() if hard else self._process.terminate()
            self._process.wait(20)
            self._process = None

    def signal(self, number: int) -> None:
        """Send a signal to the server: SIGSTOP lets it hang, SIGCONT go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query on its database."""
        with closing(sqlite3.connect(f"file:{self.folder / 'amagara.db'}?mode=ro", uri=True)) as base:
            return base.execute(query, values).fetchall()


@contextmanager
def serving_at(folder: Path) -> Iterator[House]:
    """Serve the database of a folder; yield the server."""
    house = House(folder)
    house.start()
    try:
        yield house
    finally:
        house.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield what drives browsers: one for the run, since a second one beside it is refused."""
    with sync_playwright() as driver:
        yield driver


class Chromium:
    """A Chromium, launched when it is first asked for, and again should it have been ended."""

    def __init__(self, driver: Playwright, *flags: str) -> None:
        self._driver = driver
        self._flags = [*FLAGS, *flags]
        self._running: Browser | None = None
        self._process = 0

    def running(self) -> Browser:
        """Return the browser, launched if need be."""
        if self._running is None or not self._running.is_connected():
            self._running = self._driver.chromium.launch(executable_path=chromium(), args=self._flags)
            processes = self._running.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
            self._process = next(process["id"] for process in processes if process["type"] == "browser")
        return self._running

    def close(self, thing: Browser | BrowserContext) -> None:
        """Close the browser or a context of it; one that does not answer for a minute is ended with its processes."""
        watch = threading.Timer(60, os.kill, (self._process, signal.SIGKILL))
        watch.start()
        with suppress(Error):  # it was ended meanwhile
            thing.close()
        watch.cancel()


@pytest.fixture(scope="session")
def chrome(playwright: Playwright) -> Iterator[Chromium]:
    """Yield the Chromium of the run."""
    chrome = Chromium(playwright)
    yield chrome
    chrome.close(chrome.running())


Enter = Callable[..., Page]


@pytest.fixture
def enter(chrome: Chromium, served: str) -> Iterator[Enter]:
    """Return a function that opens a browser of its own and signs a person in."""
    with entering(chrome, served) as sign_in:
        yield sign_in


@contextmanager
def entering(chrome: Chromium, address: str) -> Iterator[Enter]:
    """Yield a function that signs a person in at an address; its browsers are closed at the end."""
    contexts: list[BrowserContext] = []

    def sign_in(login: str, width: int = 1280, **options: Any) -> Page:
        size = {"width": width, "height": 900}
        context = chrome.running().new_context(**{"viewport": size, "base_url": address, "locale": "fr-FR", **options})
        contexts.append(context)
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        with page.expect_navigation():
            page.press("[name=password]", "Enter")
        return page

    yield sign_in
    for context in contexts:
        chrome.close(context)


def amagara(folder: Path, *words: str) -> str:
    """Return what the command line prints on the database of a folder; it must succeed."""
    done = subprocess.run([*AMAGARA, *words], env=environment(folder), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def house(instance: Path, tmp_path: Path) -> Iterator[House]:
    """Return a server on a database of its own, which can be stopped and started again at the same address."""
    with serving_at(shutil.copytree(instance, tmp_path / "instance")) as server:
        yield server


@pytest.fixture
def page(house: House, chrome: Chromium) -> Iterator[Page]:
    """Return the browser of a storekeeper whose device is prepared."""
    with entering(chrome, house.address) as enter:
        page = enter("magasinier", width=390)
        page.goto("/device")
        page.click("[data-prepare]")
        expect(page.locator("[data-told]")).to_contain_text("prêt", timeout=60_000)
        yield page


@pytest.fixture
def products(house: House) -> list[str]:
    """Return the codes of two products of which much lies in the storekeeper's store."""
    rows = house.rows(
        "select p.code from elmis_balance b join elmis_location l on l.id = b.location_id "
        "join core_user u on u.facility_id = l.facility_id join elmis_product p on p.id = b.product_id "
        "where u.login = 'magasinier' and l.kind = 'store' group by p.code order by sum(b.quantity) desc limit 2"
    )
    return [row[0] for row in rows]
