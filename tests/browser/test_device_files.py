"""The queue as a file, and the room on a device: what one device wrote another reads, and a full one says so."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import entering
from tests.browser.slips import QUEUE, dispensed, gone, kept, number, send, write

ROOM = "navigator.storage.estimate = async () => ({ quota: 3e9, usage: 2.9e9 })"


def saved(page, path):
    """Save the queue as a file; return what it holds."""
    page.goto("/device")
    with page.expect_download() as download:
        page.click("[data-save]")
    download.value.save_as(path)
    return json.loads(path.read_text())


def read(page, path, said):
    page.goto("/device")
    page.locator("[data-read-file]").set_input_files(path)
    expect(page.locator("[data-told]")).to_contain_text(said, timeout=20_000)


def test_what_a_broken_device_saved_is_read_by_another_of_the_same_person_and_recorded_once(
    house, page, chrome, products, tmp_path
):
    path = tmp_path / "queue.json"
    house.stop()
    kept(page, products, 11, 12, 99_999_999)
    file = saved(page, path)
    assert len(file["items"]) == 3
    for name, change in (("cut", path.read_text()[:-40]), ("edited", path.read_text().replace('"11"', '"1"', 1))):
        (tmp_path / name).write_text(change)
    house.start()
    page.context.route("**/new/dispense", lambda route: route.abort() if sent(route, page) else route.continue_())
    page.goto("/device")  # the first leaves, and then the device is lost
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(2, timeout=30_000)
    assert dispensed(house) == [11]
    with entering(chrome, house.address) as enter:
        other = enter("magasinier")
        for name in ("cut", "edited"):
            read(other, tmp_path / name, "ne peut pas être lu")
        assert other.evaluate(QUEUE) == []
        first = house.rows("select document from elmis_movement order by id desc limit 1")[0][0]
        read(other, path, first)
        expect(other.locator("[data-told]")).to_contain_text("Repris du fichier : 2")
        expect(other.locator("[data-waiting] .error")).to_contain_text("99", timeout=30_000)
        assert dispensed(house) == [11, 12]
        read(other, path, "reste tel quel")
        assert dispensed(house) == [11, 12] and number(other) == 1
        stranger = enter("hopital")
        read(stranger, path, "autre personne")
        assert stranger.evaluate(QUEUE) == []


def sent(route, page):
    """Return whether a sending has to be lost: the first passes."""
    page.sendings = getattr(page, "sendings", 0) + (route.request.method == "POST")
    return route.request.method == "POST" and page.sendings > 1


def test_a_full_device_keeps_what_was_typed_on_the_page_and_says_so(house, page, products):
    house.stop()
    write(page, products[0], 21)
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": house.address, "quotaSize": 1})
    send(page)
    expect(page.locator(".toast")).to_contain_text("plus de place", timeout=20_000)
    assert page.input_value("[name=lines-0-quantity]") == "21" and page.evaluate(QUEUE) == []
    session.send("Storage.overrideQuotaForOrigin", {"origin": house.address})
    with page.expect_navigation():
        send(page)
    house.start()
    gone(page)
    assert dispensed(house) == [21]


def test_little_room_is_said_before_a_slip_is_written(house, page):
    page.goto("/device")
    expect(page.locator("[data-room-left]")).to_contain_text("encore de la place")
    page.add_init_script(ROOM)
    page.goto("/device")
    expect(page.locator("[data-room-left]")).to_contain_text("ce qui est peu")
    house.stop()
    page.goto("/elmis/store/new/dispense")
    expect(page.locator("main .message.tone-warn")).to_contain_text("peu de place")


def test_what_the_browser_threw_away_is_told_with_how_much_waited(house, page, products):
    house.stop()
    kept(page, products, 31)
    house.start()
    page.context.route("**/device/state", lambda route: route.abort())
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": house.address, "storageTypes": "cache_storage,indexeddb"})
    page.goto("/device")
    told = page.locator("main .message.tone-warn:visible")
    expect(told).to_contain_text("préparez-le de nouveau")
    expect(told).to_contain_text("saisies : 1")
    page.goto("/device")
    page.wait_for_timeout(1_000)
    assert told.count() == 0, "once"
