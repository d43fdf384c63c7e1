"""Two storekeepers of one tablet, each with a PIN, under faults: nothing that the device said it kept is lost, nothing is
recorded twice or as another's, and what is left says why.

AMAGARA_SOAK_FAULTS says how many faults (1,000), AMAGARA_SOAK_MINUTES for how long at most (60), AMAGARA_SOAK_SEED which.
"""

import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from random import SystemRandom

import pytest
from playwright.sync_api import Error, Page, Playwright

from core.users.demo import PASSWORD
from tests.browser.conftest import FLAGS, House, amagara
from tests.browser.slips import DISPENSE, OPEN, QUEUE, kill, sign_in
from tests.servers import chromium
from tests.soak.wire import Wire

FAULTS = int(os.environ.get("AMAGARA_SOAK_FAULTS", "1000"))
MINUTES = float(os.environ.get("AMAGARA_SOAK_MINUTES", "60"))
SEED = int(os.environ.get("AMAGARA_SOAK_SEED", "0")) or SystemRandom().randrange(2**32)
PEOPLE = "magasinier", "hopital"
PIN = "274951"
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
SHUT = (
    "async () => { const base = await "
    + OPEN
    + """, turn = base.transaction("people", "readwrite"), ask = turn.objectStore("people").getAll();
    ask.onsuccess = () => ask.result.forEach((one) => turn.objectStore("people").put({ ...one, open: null }));
    await new Promise((done) => { turn.oncomplete = done; });
    base.close();
}"""
)
HAVE = "select location_id, lot_id, quantity from elmis_balance order by 1, 2"
MOVED = "select source_id, target_id, lot_id, quantity from elmis_movement where id > ?"
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
        self.names = dict(house.rows("select login, name from core_user"))
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
        self.unlock()
        self.page.locator("[data-told]", has_text="prêt").wait_for(timeout=60_000)
        if "sans code PIN" in self.page.locator("[data-pin-state]").inner_text().lower():
            self.choose_pin()

    def choose_pin(self) -> None:
        """Set a PIN; where the password was given too long ago, give it again first."""
        for _turn in range(2):
            self.page.locator("details:has([data-choose-pin]) > summary").click()
            for name in ("pin", "again"):
                self.page.fill(f"[data-choose-pin] [name={name}]", PIN)
            self.page.click("[data-choose-pin] button")
            with suppress(Error):
                self.page.locator("[data-told]", has_text="Votre code PIN est choisi").wait_for(timeout=20_000)
                return
            if "/prove" in self.page.url:
                self.page.fill("main form [type=password]", PASSWORD)
                self.page.press("main form [type=password]", "Enter")
                self.page.wait_for_url("**/device")

    def unlock(self) -> None:
        """Type the PIN where the device asks for it: this person's, whose name is chosen first."""
        with suppress(Error):
            self.page.locator("[data-door] button[type=button], #pin, body[data-user]").first.wait_for(timeout=2_000)
            name = self.page.locator("[data-door] button[type=button]", has_text=self.names[self.who])
            if name.count():
                name.click()
            if self.page.locator("#pin").count():
                self.page.fill("#pin", PIN)
                self.page.press("#pin", "Enter")
                self.page.locator("#pin").wait_for(state="detached", timeout=10_000)

    def write(self) -> None:
        """Write a slip, or send the one that is found half done."""
        self.goto(self.page, DISPENSE)
        with suppress(Error):
            self.page.wait_for_timeout(self.chance.choice([200, 900]))
            self.unlock()
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
            [
                *Wire.FAULTS,
                *Wire.FAULTS,
                "server",
                "server",
                "browser",
                "expired",
                "tabs",
                "person",
                "full",
                "right",
                "key",
                "shut",
            ]
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
        elif kind == "full":
            self.fill_up()
        elif kind == "right":
            self.base(
                "create table lost as select * from core_grant where user_id = (select id from core_user where login = ?)",
                self.who,
            )
            self.base("delete from core_grant where user_id = (select id from core_user where login = ?)", self.who)
        elif kind == "key":
            self.base(
                "delete from core_device_key where user_id = (select id from core_user where login = ?)", self.who
            )
        elif kind == "shut":
            with suppress(Error):
                self.page.evaluate(SHUT)
            self.house.stop(hard=True)
        self.write()
        if kind == "full":
            self.disk.send("Storage.overrideQuotaForOrigin", {"origin": self.wire.address})
        elif kind == "right":
            self.base("insert into core_grant select * from lost")
            self.base("drop table lost")
        elif kind == "shut":
            self.house.start()
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

    def fill_up(self) -> None:
        """Leave the browser no room on its disk, and the device no server."""
        self.disk = self.context.new_cdp_session(self.page)
        self.disk.send("Storage.overrideQuotaForOrigin", {"origin": self.wire.address, "quotaSize": 1})
        self.wire.fault = self.chance.choice(["dead", "lose", "cut"])

    def base(self, statement: str, *values: str) -> None:
        """Change the database behind the server's back."""
        with closing(sqlite3.connect(self.house.folder / "amagara.db", timeout=20, isolation_level=None)) as base:
            base.execute(statement, values)

    def again(self) -> None:
        """Let the device find the server."""
        self.goto(self.page, "/device")
        self.unlock()
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
            with suppress(Error):
                self.page.click("[data-send]", timeout=2_000)  # what was stopped meanwhile, and may go now
                self.page.wait_for_timeout(3_000)
        return self.parked()

    def _mine(self, item: dict) -> bool:
        return item["user"] == self.page.locator("body").get_attribute("data-user")


def with_moves(before: list[tuple[int, int, int]], house: House, last: int) -> list[tuple[int, int, int]]:
    """Return the balances after all that moved since, shortfalls from the discrepancy account too."""
    sums = Counter({(place, lot): much for place, lot, much in before})
    for source, target, lot, much in house.rows(MOVED, last):
        sums[source, lot] -= much
        sums[target, lot] += much
    return [(place, lot, sums[place, lot]) for place, lot, _much in house.rows(HAVE)]


def recorded_by(house: House) -> set[tuple[str, str]]:
    """Return (comment, login) of the slips that were recorded: whose the trail says they are."""
    rows = house.rows(
        "select m.comment, u.login from elmis_movement m join core_audit a on a.entity = 'elmis.movement' and a.action = "
        "'create' and a.entity_id = m.id join core_user u on u.id = a.user_id where m.comment like '%soak-%'"
    )
    return {(comment[comment.index("soak-") :][:10], login) for comment, login in rows}


@pytest.mark.timeout(4 * 3600)
def test_a_storekeepers_work_under_faults(instance, tmp_path, playwright):
    print("seed", SEED)
    house = House(shutil.copytree(instance, tmp_path / "instance"))
    house.start()
    wire = Wire(house.port, SEED)
    last = house.rows("select max(id) from elmis_movement")[0][0]
    before = house.rows(HAVE)
    work = Work(house, wire, playwright, tmp_path / "profile")
    for who in reversed(PEOPLE):
        work.enter(who)
    end = time.monotonic() + 60 * MINUTES
    while work.faults.total() < FAULTS and time.monotonic() < end:
        work.fault()
        if work.faults.total() % 20 == 0:
            print(
                work.faults.total(), dict(work.faults), "slips", len(work.written), "told", len(work.kept), flush=True
            )
    left = work.settle()
    rows = house.rows("select comment from elmis_movement where comment like '%soak-%'")
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
    for one in left:
        print("left:", dict(one["fields"])["comment"], one["who"], one["state"], one.get("why"))
    waiting = {dict(one["fields"])["comment"] for one in left}
    assert [one for one in left if not one.get("why")] == [], "what is left says why"
    assert {name: count for name, count in found.items() if count > 1} == {}, "recorded twice"
    assert work.kept - set(found) - waiting == set(), "lost"
    assert set(found) & waiting == set(), "recorded, and still waits"
    assert {(name, work.written[name]) for name in found} == recorded_by(house), "as whoever wrote it"
    assert with_moves(before, house, last) == house.rows(HAVE), "balances follow the slips"
    assert house.rows("select min(quantity) from elmis_balance")[0][0] >= 0
    amagara(house.folder, "audit", "verify")
    work.context.close()
    house.stop()
    wire.close()
