"""The served application with the demonstration country, and a real Chromium in front of it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.users.demo import PASSWORD
from tests.servers import chromium

ROOT = Path(__file__).parents[2]
AMAGARA = [str(Path(sys.executable).with_name("amagara"))]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder, and keep them on one worker: they share a server."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an instance folder whose database holds the demonstration, made once for a run."""
    folder = tmp_path_factory.mktemp("served")
    for words in (["db", "upgrade"], ["seed", "reference"], ["seed", "demo"]):
        subprocess.run([*AMAGARA, *words], env=_environment(folder), check=True, capture_output=True)
    return folder


def _environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AMAGARA_")}
    return kept | {"AMAGARA_INSTANCE": str(folder)} | more


@pytest.fixture(scope="session")
def served(instance: Path) -> Iterator[str]:
    """Yield the address of the application, served as `make run` does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([*AMAGARA, "run"], env=_environment(instance, PORT=str(port)), stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _turn in range(120):
        try:
            urllib.request.urlopen(f"{address}/api/pulse", timeout=2)
            break
        except OSError:
            time.sleep(0.25)
    yield address
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield Chromium."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=FLAGS)


Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, served: str) -> Iterator[Enter]:
    """Return a function that opens a browser of its own and signs a person in."""
    contexts: list[BrowserContext] = []

    def sign_in(login: str, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, base_url=served, locale="fr-FR", **options
        )
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
        context.close()


@pytest.fixture
def amagara(instance: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command line on the served database."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*AMAGARA, *words], env=_environment(instance), capture_output=True, text=True, check=False)

    return run
