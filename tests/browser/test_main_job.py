"""The main job, as three people do it in a browser: from an empty store to a confirmed receipt."""

import subprocess
import sys
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from core.data.db import today
from tests.browser.conftest import amagara, entering, serving
from tests.demonstration import environment

EMPTY = """
from core import create_app, seeds
from core.data.access import Access
from core.data.work import unit_of_work
from plugins.elmis import seeds as elmis
with create_app().app_context():
    for kind in ("reference", "demo"):
        with unit_of_work(Access.system("test")):
            seeds.seed(kind, "district")
            elmis.seed("reference", "district") if kind == "reference" else elmis.products()
"""
ACT, AMOXICILLIN = "PAL002", "INF001"  # artemether + lumefantrine; amoxicillin


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Return the folder of a country whose stores are empty."""
    folder = tmp_path_factory.mktemp("empty")
    amagara(folder, "db", "upgrade")
    subprocess.run([sys.executable, "-c", EMPTY], env=environment(folder), check=True)
    return folder


def months_ago(number: int) -> date:
    """Return the tenth of a month that is over."""
    day = today().replace(day=1)
    for _turn in range(number):
        day = (day - timedelta(days=1)).replace(day=1)
    return day.replace(day=10)


def write(page: Page, kind: str, day: date, *lines: tuple[str, ...]) -> None:
    """Write a document of the store by keyboard: Enter goes to the next line."""
    page.goto(f"/elmis/store/new/{kind}")
    page.fill("[name=occurred_on]", day.isoformat())
    for number, (code, quantity, lot, expiry) in enumerate(lines):
        if number:
            page.press(f"[name=lines-{number - 1}-quantity]", "Enter")
        box = page.locator(f"#lines-{number}-product-text")
        box.fill(code)
        page.locator("[role=option]").filter(has_text=code).first.click()
        if lot:
            page.fill(f"[name=lines-{number}-lot]", lot)
        if expiry:
            page.fill(f"[name=lines-{number}-expiry]", expiry)
        page.fill(f"[name=lines-{number}-quantity]", quantity)
    strong(page)
    if questions := page.locator("[name=_confirm]").all():  # papers of three months ago are asked about
        for question in questions:
            question.check()
        strong(page)
    assert "/documents/" in page.url, page.locator("main").inner_text()[:800]


def strong(page: Page) -> str:
    """Press the page's strong button; return the words of the page that follows."""
    with page.expect_navigation():
        page.locator("main .button.strong:visible").first.click()
    return page.locator("main").inner_text()


def test_from_an_empty_store_to_a_confirmed_receipt(shop, chrome):
    later = (today() + timedelta(days=500)).isoformat()
    with serving(shop) as address, entering(chrome, address) as enter:
        keeper, district, depot = enter("magasinier"), enter("district"), enter("depot")
        broken: list[str] = []
        keeper.on("pageerror", lambda error: error.name == "TypeError" and broken.append(error.message))
        write(keeper, "receive", months_ago(3), (ACT, "900", "ACT-1", later), (AMOXICILLIN, "2000", "AMX-1", later))
        for month in (3, 2, 1):
            write(
                keeper,
                "dispense",
                months_ago(month) + timedelta(days=2),
                (ACT, "200", "", ""),
                (AMOXICILLIN, "500", "", ""),
            )
        write(depot, "receive", months_ago(1), (ACT, "9000", "ACT-9", later), (AMOXICILLIN, "9000", "AMX-9", later))

        keeper.goto("/elmis/requisitions/new")
        proposed = strong(keeper)
        assert "RQ-" in proposed
        keeper.locator("a[data-why]").first.click()
        keeper.locator("dl").get_by_text("Stock maximum").first.wait_for()
        order = keeper.url
        assert "confirmée" in strong(keeper)

        district.goto(order)
        assert "approuvée" in strong(district)

        depot.goto(order)
        for _press in range(3):  # make the order, look at the lots, set them aside
            strong(depot)
        picking = depot.request.get(depot.get_by_role("link", name="Liste de prélèvement").get_attribute("href"))
        assert picking.body().startswith(b"%PDF")
        for _press in range(5):  # picked, packed, shipped
            if depot.locator("[name=packages]").count():  # counted by a person, never filled in
                depot.fill("[name=packages]", "3")
            strong(depot)
        assert "En route" in depot.locator("main").inner_text()

        keeper.goto("/inbox")
        with keeper.expect_navigation():
            keeper.locator("main a.button[href*='/receipts/']").first.click()
        if keeper.locator("[name=lines-0-missing]").count() == 0:
            strong(keeper)
        folded = keeper.locator("main details:not([open]) > summary")
        while folded.count():  # what arrived whole is folded
            folded.first.click()
        shipped = int(keeper.locator("tr[data-shipped]").first.get_attribute("data-shipped"))
        keeper.fill("[name=lines-0-accepted]", str(shipped - 30))
        missing, later = keeper.locator("[name=lines-0-missing]"), keeper.locator("[name=rest_later]")
        for ticked, lost in ((False, "30"), (True, ""), (False, "30")):  # ticked after the figures, as the page goes
            later.set_checked(ticked)
            assert missing.input_value() == lost
        keeper.fill("[name=lines-1-damaged]", "20")  # what is accepted follows
        for number in (0, 1):
            keeper.fill(f"[name=lines-{number}-comment]", "carton ouvert")
        keeper.fill("[name=extras-0-lot]", "AUTRE")
        keeper.wait_for_function("() => Object.values(localStorage).some((kept) => kept.includes('AUTRE'))")
        keeper.reload()
        expect(keeper.locator("[name=extras-0-lot]")).to_have_value("AUTRE")
        keeper.locator("table[data-lines=extras] [data-remove]").first.click()
        assert (missing.input_value(), broken) == ("30", [])
        keeper.locator("main details > summary", has_text="Commission").click()
        keeper.fill("[name=commission]", "J.-C. Niyonzima, O. Irakoze")
        assert "En litige" in strong(keeper)
        paper = keeper.request.get(keeper.get_by_role("link", name="Procès-verbal").first.get_attribute("href"))
        assert paper.body().startswith(b"%PDF")

        depot.goto("/inbox")
        with depot.expect_navigation():
            depot.locator("main a.button[href*='/receipts/']").first.click()
        assert "Confirm" in strong(depot)
    assert "whole" in amagara(shop, "elmis", "verify-ledger")
    assert "whole: yes" in amagara(shop, "audit", "verify")
