"""A storekeeper's work under faults: nothing that a device said it kept is lost, nothing is recorded twice.

AMAGARA_SOAK_FAULTS says how many faults (300, three quarters of an hour), AMAGARA_SOAK_SEED which ones.
"""

import os
import random
import shutil
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import SystemRandom

import pytest
from playwright.sync_api import Error, Page, Playwright

from tests.browser.conftest import FLAGS, House, amagara
from tests.browser.slips import DISPENSE, QUEUE, kill, sign_in
from tests.servers import chromium
from tests.soak.wire import Wire

FAULTS = int(os.environ.get("AMAGARA_SOAK_FAULTS", "300"))
SEED = int(os.environ.get("AMAGARA_SOAK_SEED", "0")) or SystemRandom().randrange(2**32)
PEOPLE = "magasinier", "hopital"
FILL = """([product, comment]) => {
    const form = document.querySelector("main form[data-waits]"), said = [["lines-0-product", product], ["lines-0-quantity", "1"], ["comment", comment]];
    const ward = form.elements.ward;
    if (ward) said.push(["ward", ward.options[1].value]);
    for (const [name, value] of said) {
        const field = form.elements[name];
        field.value = value;
        for (const kind of ["restored", "input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
}"""
LEFT_OVER = "() => document.querySelector('main form[data-waits] [name=comment]')?.value ?? ''"
DIALOGS = ("dialog", lambda dialog: dialog.accept())


class Work:
    """The people of one tablet, what they wrote, and what they were told of it."""

    def __init__(self, house: House, wire: Wire, driver: Playwright, profile: Path) -> None:
        self.house, self.wire, self.driver, self.profile = house, wire, driver, profile
        self.chance = random.Random(SEED)
        self.written: dict[str, str] = {}  # comment: who wrote it
        self.kept: set[str] = set()  # of which the device or the server said that they have it
        self.faults = Counter()
        self.who = PEOPLE[0]
        self.products = {who: self._product(who) for who in PEOPLE}
        self.open()

    def _product(self, who: str) -> str:
        query = (
            "select p.code from elmis_balance b join elmis_location l on l.id = b.location_id join core_user u on u.facility_id = l.facility_id "
            "join elmis_product p on p.id = b.product_id where u.login = ? and l.kind = 'store' group by p.code order by sum(b.quantity) desc"
        )
        return self.house.rows(query, who)[0][0]

    def open(self) -> None:
        """Start the browser on its profile."""
        self.context = self.driver.chromium.launch_persistent_context(
            str(self.profile), executable_path=chromium(), args=FLAGS, viewport={"width": 390, "height": 900},
            base_url=self.wire.address, locale="fr-FR",
        )  # fmt: skip
        self.context.set_default_timeout(15_000)
        self.page, self.beside = self.context.new_page(), self.context.new_page()
        for page in (self.page, self.beside):
            page.on(*DIALOGS)

    def goto(self, page: Page, path: str) -> None:
        with suppress(Error):
            page.goto(path)

    def enter(self, who: str) -> None:
        """Sign somebody in, if he is not, on a device that is prepared for him."""
        self.goto(self.page, "/device")
        if self.page.locator("body").get_attribute("data-user") and self.who != who:
            self.page.locator(".me summary").click()
            with self.page.expect_navigation():
                self.page.locator("[data-sign-out] button").click()
        self.who = who
        if "/sign-in" in self.page.url:
            sign_in(self.page, who)
        self.goto(self.page, "/device")
        self.page.click("[data-prepare]")
        self.page.locator("[data-told]", has_text="prêt").wait_for(timeout=60_000)

    def write(self) -> None:
        """Write a slip, or send the one that is found half done."""
        self.goto(self.page, DISPENSE)
        with suppress(Error):
            self.page.wait_for_timeout(self.chance.choice([200, 900]))
            comment = self.page.evaluate(LEFT_OVER)
            if not comment:
                comment = f"soak-{len(self.written):05}"
                self.written[comment] = self.who
                self.page.evaluate(FILL, [self.products[self.who], comment])
                self.page.wait_for_timeout(self.chance.choice([0, 500]))
            self.page.locator("main form .button.strong").first.click(no_wait_after=True)
            for _turn in range(self.chance.choice([3, 40, 80])):
                if self._is_told(comment):
                    self.kept.add(comment)
                    break
                self.page.wait_for_timeout(150)

    def _is_told(self, comment: str) -> bool:
        with suppress(Error):
            if "/documents/" in self.page.url:
                return True
            toast = self.page.locator(".toast")
            return bool(toast.count()) and "Gardé sur cet appareil" in toast.inner_text()
        return False

    def fault(self) -> None:
        """Let one thing go wrong, while a slip is written."""
        kind = self.chance.choice(
            [*Wire.FAULTS, *Wire.FAULTS, "server", "server", "browser", "expired", "tabs", "person"]
        )
        self.faults[kind] += 1
        if kind in Wire.FAULTS:
            self.wire.fault = kind
        elif kind == "server":
            self.house.stop(hard=True)
        elif kind == "expired":
            self.context.clear_cookies(name="amagara")
        elif kind == "tabs":
            self.goto(self.beside, self.chance.choice(["/device", DISPENSE]))
        self.write()
        if kind == "browser":
            self.page.wait_for_timeout(self.chance.choice([0, 50, 400]))
            kill(self.profile)
            with suppress(Error):
                self.context.close()
            self.open()
        elif kind == "server":
            if self.chance.random() < 0.5:
                self.write()
            self.house.start()
        self.wire.fault = self.chance.choice(["", "", self.wire.fault])
        if kind == "person":
            self.wire.fault = ""
            self.enter(self.chance.choice(PEOPLE))
        elif self.chance.random() < 0.4:
            self.wire.fault = ""
            self.again()

    def again(self) -> None:
        """Let the device find the server."""
        self.goto(self.page, "/device")
        if "/sign-in" in self.page.url:
            self.enter(self.who)
        with suppress(Error):
            self.page.wait_for_timeout(1_500)

    def parked(self) -> list[dict]:
        return self.page.evaluate(QUEUE)

    def settle(self) -> list[dict]:
        """Let everybody send what waits; return what is left."""
        self.wire.fault = ""
        for who in PEOPLE:
            self.enter(who)
            end = time.monotonic() + 120
            while time.monotonic() < end and any(
                one["state"] == "waits" and one["who"] and self._mine(one) for one in self.parked()
            ):
                self.again()
        return self.parked()

    def _mine(self, item: dict) -> bool:
        return item["user"] == self.page.locator("body").get_attribute("data-user")


@pytest.mark.timeout(4 * 3600)
def test_a_storekeepers_work_under_faults(instance, tmp_path, playwright):
    print("seed", SEED)
    house = House(shutil.copytree(instance, tmp_path / "instance"))
    house.start()
    wire = Wire(house.port, SEED)
    before = dict(house.rows("select location_id || '/' || lot_id, quantity from elmis_balance"))
    work = Work(house, wire, playwright, tmp_path / "profile")
    for who in reversed(PEOPLE):
        work.enter(who)
    while work.faults.total() < FAULTS:
        work.fault()
        if work.faults.total() % 20 == 0:
            print(
                work.faults.total(), dict(work.faults), "slips", len(work.written), "told", len(work.kept), flush=True
            )
    left = work.settle()
    rows = house.rows(
        "select comment, quantity, source_id || '/' || lot_id from elmis_movement where comment like '%soak-%'"
    )
    found = Counter(row[0][row[0].index("soak-") :][:10] for row in rows)
    print(
        dict(work.faults),
        "met on the wire",
        wire.met,
        "slips",
        len(work.written),
        "told",
        len(work.kept),
        "recorded",
        len(found),
        "left",
        len(left),
    )
    waiting = {dict(one["fields"])["comment"] for one in left}
    assert [one for one in left if not one.get("why")] == [], "what is left says why"
    assert {name: count for name, count in found.items() if count > 1} == {}, "recorded twice"
    assert work.kept - set(found) - waiting == set(), "lost"
    assert set(found) & waiting == set(), "recorded, and still waits"
    taken = Counter()
    for _comment, much, place in rows:
        taken[place] += much
    after = dict(house.rows("select location_id || '/' || lot_id, quantity from elmis_balance"))
    assert {place: before[place] - after[place] for place in taken} == dict(taken), "balances follow the slips"
    amagara(house.folder, "audit", "verify")
    work.context.close()
    house.stop()
    wire.close()
