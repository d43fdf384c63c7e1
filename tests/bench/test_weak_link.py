"""Pages on a weak link (400 kb/s, two seconds there and back) beside the same pages on none: `make bench`.

What is shown largest is there after as many round trips as the page needs; the table says how long it took, and how much
longer than on the machine itself. The budgets are those of the design; twice as much fails.
"""

import re
import shutil

import pytest
from playwright.sync_api import expect

from core.users.demo import PASSWORD
from tests.browser.conftest import chrome, entering, playwright, serving_at
from tests.browser.slips import DISPENSE, dispensed, send, write
from tests.weak import Link

__all__ = ["chrome", "playwright"]
LARGEST = """() => new Promise((done) => {
    let last = 0;
    new PerformanceObserver((list) => { last = list.getEntries().at(-1).startTime; }).observe({ type: "largest-contentful-paint", buffered: true });
    setTimeout(() => done(last), 400);
})"""
BUDGETS = {
    "sign-in": 5.0, "home, first page": 5.5, "stock list": 3.0, "form of a slip": 3.0, "saved": 5.0,
    "copy on a dead link": 5.0, "copy without a server": 1.0,
}  # fmt: skip


def visits(page, house, link):
    """Yield (what, seconds until the largest part is seen) of the ways of a storekeeper."""

    def seen(what):
        return what, page.evaluate(LARGEST) / 1000

    page.goto("/sign-in")
    yield seen("sign-in")
    page.fill("[name=login]", "magasinier")
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")
    yield seen("home, first page")
    page.goto("/elmis/stock/")
    yield seen("stock list")
    page.goto("/device")
    page.click("[data-prepare]")
    expect(page.locator("[data-told]")).to_contain_text("prêt", timeout=240_000)
    page.goto(DISPENSE)
    yield seen("form of a slip")
    write(page, product_of(house), 3)
    with page.expect_navigation(timeout=60_000):
        send(page)
    expect(page).to_have_url(re.compile("/documents/"))
    yield seen("saved")
    if link is not None:
        link.dead = True
        page.goto(DISPENSE)
        expect(page.locator("main .message").first).to_contain_text("copie de cet appareil")
        yield seen("copy on a dead link")
        link.dead = False
    house.stop()
    page.goto(DISPENSE)
    expect(page.locator("main .message").first).to_contain_text("copie de cet appareil")
    yield seen("copy without a server")


def product_of(house):
    query = (
        "select p.code from elmis_balance b join elmis_location l on l.id = b.location_id join core_user u on u.facility_id = "
        "l.facility_id join elmis_product p on p.id = b.product_id where u.login = 'magasinier' and l.kind = 'store' "
        "group by p.code order by sum(b.quantity) desc limit 1"
    )
    return house.rows(query)[0][0]


def times(folder, chrome, weak):
    with serving_at(folder) as house:
        link = Link(house.port) if weak else None
        options = {"viewport": {"width": 390, "height": 844}, "locale": "fr-FR"}
        with entering(chrome, house.address):
            context = chrome.running().new_context(base_url=link.address if link else house.address, **options)
            context.set_default_timeout(90_000)
            found = dict(visits(context.new_page(), house, link))
            context.close()
        assert dispensed(house) == [3]
        if link:
            link.close()
        return found


@pytest.mark.timeout(1200)
def test_pages_on_a_weak_link(instance, tmp_path, chrome):
    near = times(shutil.copytree(instance, tmp_path / "near"), chrome, weak=False)
    far = times(shutil.copytree(instance, tmp_path / "far"), chrome, weak=True)
    print()
    for what, took in far.items():
        base = near.get(what)
        print(
            f"{what:24} {took:5.1f} s  budget {BUDGETS[what]:.1f}  on the machine {base or 0:5.2f} s  × {took / base if base else 0:4.1f}"
        )
    assert {what: took for what, took in far.items() if took > 2 * BUDGETS[what]} == {}
