"""The home page with five plugins, in a real browser: no more than two screens on a laptop, a list that folds on a phone."""

from threading import Thread

import pytest
from werkzeug.serving import make_server

from tests.browser.conftest import entering
from tests.browser.test_pages import looked_at
from tests.core.test_home import five  # noqa: F401 (a fixture)
from tests.make import PASSWORD


@pytest.fixture
def opened(app, world, five, chrome, monkeypatch):  # noqa: F811
    """Yield a function that signs in where five small plugins are on besides those that are installed."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr("tests.browser.conftest.PASSWORD", PASSWORD)
    try:
        with entering(chrome, f"http://127.0.0.1:{server.server_port}") as sign_in:
            yield sign_in
    finally:
        server.shutdown()


SHOWN = "() => [...document.querySelectorAll('.home-part .figures')].filter(one => one.checkVisibility()).length"


def test_five_plugins_stand_on_two_screens_and_fold_on_a_phone(opened):
    page = opened("admin", bypass_csp=True)
    page.goto("/")
    sections = page.locator(".home-part .figures").count()  # a plugin with nothing to count here has none
    assert sections >= 5 and page.evaluate(SHOWN) == sections, "all are open where there is room"
    last = "[...document.querySelectorAll('main > *')].at(-1)"  # main itself is as long as the menu beside it
    assert page.evaluate(f"{last}.getBoundingClientRect().bottom + scrollY") <= 2 * 800
    phone = opened("admin", 390)
    phone.goto("/")
    assert phone.evaluate(SHOWN) == 1, "the first one is open, the others are a list"
    phone.locator(".home-part:has(.figures) summary").nth(2).click()
    assert phone.evaluate(SHOWN) == 2
    assert looked_at(page) == []
