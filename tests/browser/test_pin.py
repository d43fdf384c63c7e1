"""The PIN of a device, in a real Chromium with the server stopped: what it opens, what it keeps shut, whose a sending is."""

import shutil
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import entering, serving_at
from tests.browser.slips import DISPENSE, OPEN, QUEUE, dispensed, gone, kept, send, sign_in, write

PIN = "274951"
CHANGE = (
    """async ([store, text]) => {
    const base = await """
    + OPEN
    + """, act = { later: (one) => ({ ...one, open: { ...one.open, seen: one.open.seen - 301_000 } }), back: (one) => ({ ...one, open: null, highest: one.highest + 86400_000 }),
      more: (one) => ({ ...one, fields: one.fields.map(([name, value]) => [name, name === "lines-0-quantity" ? "55" : value]) }) }[text];
    const turn = base.transaction(store, "readwrite"), ask = turn.objectStore(store).getAll();
    ask.onsuccess = () => ask.result.forEach((one) => turn.objectStore(store).put(act(one)));
    await new Promise((done) => { turn.oncomplete = done; });
    base.close();
}"""
)
COPIES = """async () => {
    const cache = await caches.open((await caches.keys()).find((name) => name.startsWith("pages-"))), found = [];
    for (const request of await cache.keys()) found.push(await (await cache.match(request)).text());
    return found;
}"""


@pytest.fixture(scope="module")
def house(instance, tmp_path_factory):
    """Return a server that all tests of this file share."""
    with serving_at(shutil.copytree(instance, tmp_path_factory.mktemp("pin") / "instance")) as server:
        yield server


@pytest.fixture
def tablet(house, chrome):
    """Return the browser of a storekeeper with a PIN, and an empty slate on the server."""
    house.start() if house._process is None else None
    house.begun = house.rows("select coalesce(max(recorded_at), '') from elmis_movement")[0][0]
    with entering(chrome, house.address) as enter:
        page = enter("magasinier", width=390)
        page.goto("/device")
        page.click("[data-prepare]")
        expect(page.locator("[data-told]")).to_contain_text("prêt", timeout=60_000)
        page.locator("summary", has_text="Choisir un code PIN").click()
        for name in ("pin", "again"):
            page.fill(f"[data-choose-pin] [name={name}]", PIN)
        page.click("[data-choose-pin] button")
        expect(page.locator("[data-told]")).to_contain_text("Votre code PIN est choisi", timeout=30_000)
        yield page


def leave_and_enter(page, login):
    page.goto("/")
    page.locator(".me summary").click()
    with page.expect_navigation():
        page.locator("[data-sign-out] button").click()
    sign_in(page, login)


def whose(house):
    """Return the logins of the people to whom the trail gives what was dispensed since the beginning."""
    return {
        login
        for (login,) in house.rows(
            "select u.login from core_audit a join core_user u on u.id = a.user_id where a.entity = 'elmis.movement' "
            "and a.at > ?", house.begun,
        )
    }  # fmt: skip


def opens(page, pin):
    page.fill("#pin", pin)
    page.press("#pin", "Enter")


def test_a_device_that_has_shut_opens_by_the_pin_and_what_was_signed_leaves_in_anothers_session(
    house, tablet, products
):
    page = tablet
    page.evaluate(CHANGE, ["people", "later"])
    with page.expect_response("**/device"):
        page.goto("/device")  # renewed while the device is shut: a lock shuts without its key
    assert len(page.evaluate(COPIES)) > 5 and not any(products[0] in text for text in page.evaluate(COPIES)), "sealed"
    house.stop()
    page.goto(DISPENSE)
    opens(page, PIN)
    expect(page.locator("main form[data-waits]")).to_be_visible()
    kept(page, products, 21)
    page.evaluate(CHANGE, ["people", "later"])  # five minutes without a touch
    page.goto(DISPENSE)
    expect(page.locator("#pin")).to_be_visible()
    assert page.locator("main form[data-waits]").count() == 0, "nothing of the page is there"
    opens(page, "111112")
    expect(page.locator("#pin-told")).to_contain_text("4")
    opens(page, PIN)
    expect(page.locator("main .message").first).to_contain_text("copie de cet appareil")
    write(page, products[0], 22)
    page.evaluate(CHANGE, ["people", "later"])
    expect(page.locator("dialog #pin"), "a copy is covered where it stands").to_be_visible(timeout=15_000)
    expect(page.locator("[name=lines-0-quantity]")).to_be_hidden()
    opens(page, PIN)
    expect(page.locator("[name=lines-0-quantity]")).to_be_visible()
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("22")
    with page.expect_navigation():
        send(page)
    assert [bool(item.get("mac")) for item in page.evaluate(QUEUE)] == [True, True]
    house.start()
    page.route("**" + DISPENSE, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    leave_and_enter(page, "hopital")
    page.unroute("**" + DISPENSE)
    page.goto("/device")
    for _turn in range(60):
        if page.evaluate(QUEUE) == []:
            break
        page.wait_for_timeout(500)
    assert dispensed(house) == [21, 22] and whose(house) == {"magasinier"}
    assert page.evaluate(QUEUE) == []
    house.stop()
    page.goto(DISPENSE)
    expect(page.locator("#pin"), "the pages of the first are there, and shut").to_be_visible()
    opens(page, PIN)
    expect(page.locator("main form[data-waits]")).to_be_visible()


def test_a_link_that_lets_nothing_through_shows_the_copy(house, tablet):
    """`navigator.onLine` stays true, and the connection stands: only the clock says that nothing comes."""
    house.signal(signal.SIGSTOP)
    try:
        tablet.goto(DISPENSE)
        expect(tablet.locator("main .message").first).to_contain_text("copie de cet appareil")
        expect(tablet.locator("[data-pulse]")).to_have_attribute("data-state", "off")
    finally:
        house.signal(signal.SIGCONT)


def test_what_somebody_changed_on_the_device_is_not_sent_and_its_writer_puts_it_right(house, tablet, products):
    page = tablet
    house.stop()
    kept(page, products, 31)
    page.evaluate(CHANGE, ["queue", "more"])
    house.start()
    page.context.clear_cookies(name="amagara")
    page.goto("/sign-in")
    sign_in(page, "hopital")
    page.goto("/device")
    expect(page.locator("[data-waiting]")).to_contain_text("Refusé par le serveur", timeout=30_000)
    assert page.locator("[data-waiting] button").count() == 0 and dispensed(house) == []
    leave_and_enter(page, "magasinier")
    page.goto("/device")
    expect(page.locator("[data-waiting] .error")).to_contain_text("modifié sur l’appareil")
    page.click("[data-send]")
    expect(page.locator("[data-waiting] .error")).to_contain_text("modifié sur l’appareil", timeout=30_000)
    with page.expect_navigation():
        page.locator("[data-waiting] button", has_text="Ouvrir").click()
    page.fill("[name=lines-0-quantity]", "31")
    with page.expect_navigation():
        send(page)
    gone(page)
    assert dispensed(house) == [31]


def test_a_blocked_device_drops_pages_and_key_and_keeps_what_waits(house, tablet, chrome, products):
    page = tablet
    house.stop()
    kept(page, products, 41)
    house.start()
    page.route("**" + DISPENSE, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    with entering(chrome, house.address) as enter:
        other = enter("magasinier")
        other.goto("/profile")
        with other.expect_navigation():
            other.locator("form[action$='/block'] button").first.click()
    page.goto("/device")
    expect(page.locator("[data-waiting] .error")).to_contain_text("bloqué", timeout=15_000)
    assert page.evaluate("caches.keys()") == ["files"]
    page.unroute("**" + DISPENSE)
    page.goto("/device")
    page.click("[data-send]")
    gone(page)
    assert dispensed(house) == [41]


def test_five_wrong_pins_and_a_clock_that_was_set_back_leave_the_password_alone(house, tablet, products):
    page = tablet
    house.stop()
    kept(page, products, 51)
    page.evaluate(CHANGE, ["people", "back"])
    page.goto("/")
    opens(page, PIN)
    expect(page.locator("#pin-told")).to_contain_text("horloge")
    house.start()
    with page.expect_response("**/device/state"):
        page.goto("/device")  # the session is there: the clock of the server counts
    house.stop()
    page.evaluate(CHANGE, ["queue", "more"])
    for tries in range(5):
        page.goto("/device")
        opens(page, f"10203{tries}")
        expect(page.locator("#pin-told")).to_contain_text(str(4 - tries) if tries < 4 else "cinq fois")
    assert page.evaluate("caches.keys()") == ["files"] and len(page.evaluate(QUEUE)) == 1
    house.start()
    page.goto("/device")
    expect(page.locator("[data-waiting] .error")).to_contain_text("signature", timeout=30_000)
    assert dispensed(house) == []
