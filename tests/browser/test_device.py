"""Work without a network: a real Chromium, and a server that is really stopped; nothing lost, nothing twice."""

from contextlib import suppress

from playwright.sync_api import Error, expect

from core.data.calendar import today
from tests.browser.conftest import FLAGS, entering
from tests.browser.slips import DISPENSE, QUEUE, TAKE_KEY, dispensed, gone, kept, kill, send, sign_in, write
from tests.servers import chromium


def test_slips_are_written_without_a_server_and_recorded_once_when_it_is_back(house, page, products):
    house.stop()
    page.goto(DISPENSE)
    expect(page.locator("main .message").first).to_contain_text("copie de cet appareil")
    assert page.input_value("[name=occurred_on]") == f"{today():%d/%m/%Y}"
    kept(page, products, 11, 12, 13)
    page.wait_for_timeout(600)  # longer than a draft waits
    page.reload()
    assert page.input_value("[name=lines-0-quantity]") == "", "the next slip is an empty one, and no draft of the last"
    page.goto("/elmis/stock/")
    expect(page.locator("[data-not-here]")).to_be_visible()
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(3)
    expect(page.locator("[data-waiting]")).to_contain_text("pas encore transmis")
    page.reload()
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(3)
    house.start()
    beside = page.context.new_page()  # two tabs find the server again at once
    beside.goto("/device")
    gone(page)
    assert dispensed(house) == [11, 12, 13]
    page.goto(DISPENSE)
    expect(page.locator("main form")).to_be_visible()
    assert page.locator("main .message").count() == 0, "the page of the server, no copy"
    page.goto("/device")
    expect(page.locator("[data-kept] tbody")).to_contain_text("Dispensation aux patients")


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_recorded_twice(house, page, products):
    house.stop()
    kept(page, products, 21, 22)
    lost = []

    def lose(route):
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    page.context.route(
        "**" + DISPENSE, lambda route: lose(route) if route.request.method == "POST" else route.continue_()
    )
    house.start()
    page.goto("/device")
    page.wait_for_function("() => navigator.onLine")
    page.wait_for_timeout(4_000)
    assert lost and dispensed(house) == [21], "recorded, and its answer lost; the next one waits behind it"
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(2)
    page.context.unroute("**" + DISPENSE)
    gone(page)
    assert dispensed(house) == [21, 22]


def test_what_is_refused_stays_with_its_reason_holds_up_nothing_and_is_put_right(house, page, products):
    house.stop()
    kept(page, products, 99_999_999, 31)
    house.start()
    page.goto("/device")
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(1, timeout=30_000)
    assert dispensed(house) == [31]
    expect(page.locator("[data-waiting] .error")).to_contain_text("99")
    with page.expect_navigation():
        page.locator("[data-waiting] button", has_text="Ouvrir").click()
    assert page.input_value("[name=lines-0-quantity]") == "99999999"
    page.fill("[name=lines-0-quantity]", "32")
    with page.expect_navigation():
        send(page)
    assert "/documents/" in page.url
    gone(page)
    assert dispensed(house) == [31, 32]


def test_what_left_though_the_book_had_less_is_recorded_and_waits_to_be_justified(house, page, products):
    lying = (
        "from elmis_balance b join elmis_location l on l.id = b.location_id join elmis_product p on p.id = b.product_id "
        "join core_user u on u.facility_id = l.facility_id where u.login = 'magasinier' and l.kind = 'store'"
    )
    had = house.rows(f"select sum(b.quantity) {lying} and p.code = ?", products[1])[0][0]
    house.stop()
    kept(page, products, had + 17)
    house.start()
    gone(page)
    assert sum(dispensed(house)) == had + 17 and house.rows(f"select min(b.quantity) {lying}")[0][0] == 0
    assert house.rows("select quantity, state from elmis_discrepancy order by id desc limit 1") == [(17, "open")]
    page.goto("/inbox")
    page.locator("main a", has_text="Justifier").first.click()
    page.fill("[name=explanation]", "Livraison du 28 pas encore saisie")
    with page.expect_navigation():
        send(page)
    assert house.rows("select state, explanation from elmis_discrepancy order by id desc limit 1") == [
        ("justified", "Livraison du 28 pas encore saisie")
    ]


def test_an_opened_slip_and_the_draft_of_a_new_one_have_nothing_to_do_with_each_other(house, page, products):
    """The draft used to come up under the key of the refused slip, which was then lost; or it was recorded twice."""
    house.stop()
    kept(page, products, 99_999_999)
    house.start()
    page.goto("/device")
    expect(page.locator("[data-waiting] .error")).to_be_visible(timeout=30_000)
    write(page, products[0], 7)
    expect(page.locator("[data-draft-note]")).not_to_be_empty()  # it is a draft now
    for _twice in range(2):
        page.goto("/device")
        with page.expect_navigation():
            page.locator("[data-waiting] button", has_text="Ouvrir").click()
        assert products[1] in page.locator("[data-line] [role=combobox]").first.input_value()
        expect(page.locator("main .message.tone-warn")).to_contain_text("refusé")
        page.fill("[name=lines-0-quantity]", "8")
        expect(page.locator("[data-draft-note]")).not_to_be_empty()
    page.goto(DISPENSE)
    expect(page.locator("[name=lines-0-quantity]"), "the draft of the new slip, not the opened one").to_have_value("7")
    with page.expect_navigation():
        send(page)
    page.goto("/device")
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(1)
    with page.expect_navigation():
        page.locator("[data-waiting] button", has_text="Ouvrir").click()
    with page.expect_navigation():
        send(page)
    gone(page)
    assert dispensed(house) == [7, 8]


def test_what_a_proxy_answers_is_no_receipt(house, page, products):
    house.stop()
    kept(page, products, 71)
    page.context.route(
        "**" + DISPENSE,
        lambda route: route.fulfill(body="<html>Portail</html>", content_type="text/html")
        if route.request.method == "POST" else route.continue_(),
    )  # fmt: skip
    house.start()
    page.goto("/device")
    page.wait_for_timeout(4_000)
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(1)
    page.context.unroute("**" + DISPENSE)
    gone(page)
    assert dispensed(house) == [71]


def test_another_slip_under_a_key_that_was_recorded_is_not_lost(house, page, products):
    """The answer was lost, and the form that came back was overwritten with the next slip."""
    house.stop()
    kept(page, products, 81)
    key = page.evaluate(QUEUE + ".then((items) => items[0].key)")
    house.start()
    page.goto("/device")
    expect(page.locator("main [data-none]")).to_be_visible(timeout=30_000)
    house.stop()
    kept(page, products, 82)
    page.evaluate(TAKE_KEY, key)
    house.start()
    page.goto("/device")
    expect(page.locator("[data-waiting] .error")).to_contain_text("autre contenu", timeout=30_000)
    page.reload()
    with page.expect_navigation():
        page.locator("[data-waiting] button", has_text="Ouvrir").click()
    with page.expect_navigation():
        send(page)
    gone(page)
    assert dispensed(house) == [81, 82]


def test_the_lot_that_was_shown_is_the_one_that_is_recorded(house, page, products):
    house.stop()
    kept(page, products, 9)
    fields = dict(page.evaluate(QUEUE + ".then((items) => items[0].fields)"))
    shown = house.rows(
        "select l.number from elmis_balance b join elmis_lot l on l.id = b.lot_id join elmis_location p "
        "on p.id = b.location_id join core_user u on u.facility_id = p.facility_id join elmis_product d on d.id = b.product_id "
        "where u.login = 'magasinier' and p.kind = 'store' and d.code = ? and b.quantity > 0 order by l.expiry", products[1],
    )  # fmt: skip
    assert fields["lines-0-lot"] in [row[0] for row in shown]
    house.start()
    gone(page)


def test_a_page_without_encryption_keeps_all_its_scripts(house, chrome):
    """Over plain HTTP at an address of the network a browser has neither locks nor caches nor a worker."""
    faults = []
    with entering(chrome, house.address) as enter:
        page = enter("magasinier")
        page.context.add_init_script(
            "for (const name of ['locks', 'serviceWorker', 'storage']) delete Navigator.prototype[name]; delete window.caches"
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        for path in (DISPENSE, "/device"):
            page.goto(path)
            page.wait_for_timeout(2_500)
        assert faults == []
        expect(page.locator("[data-pulse]")).to_have_attribute("data-state", "on")
        expect(page.locator("[data-told]")).to_contain_text("https")


def test_each_sends_his_own_and_signing_out_takes_the_pages_away(house, page, products):
    house.stop()
    kept(page, products, 41)
    house.start()
    page.context.clear_cookies(name="amagara")  # the session has ended meanwhile
    page.reload()
    assert "/sign-in" in page.url and dispensed(house) == []
    sign_in(page, "hopital")
    page.goto("/device")
    expect(page.locator("[data-waiting]")).to_contain_text("quand cette personne se connectera")
    assert page.locator("[data-waiting] button").count() == 0 and dispensed(house) == []
    assert products[1] not in page.locator("[data-waiting]").inner_text(), "what it says is its person's"
    page.locator(".me summary").click()
    with page.expect_navigation():
        page.locator("[data-sign-out] button").click()
    sign_in(page, "magasinier")
    gone(page)
    assert dispensed(house) == [41]
    assert not [name for name in page.evaluate("caches.keys()") if name.startswith("pages")]


def test_a_browser_that_is_killed_has_kept_what_it_said_it_kept(house, playwright, tmp_path, products):
    """A power cut, as near as it can be had: the process is killed, and begins again while the server is away."""

    def open_browser():
        size = {"width": 390, "height": 900}
        return playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=chromium(), args=FLAGS, viewport=size, base_url=house.address, locale="fr-FR"
        )  # fmt: skip

    context = open_browser()
    page = context.new_page()
    page.goto("/sign-in")
    sign_in(page, "magasinier")
    page.goto("/device")
    page.click("[data-prepare]")
    expect(page.locator("[data-told]")).to_contain_text("prêt", timeout=60_000)
    house.stop(hard=True)
    kept(page, products, 61, 62)
    kill(tmp_path / "profile")
    with suppress(Error):
        context.close()
    context = open_browser()
    page = context.new_page()
    page.goto("/device")
    expect(page.locator("[data-waiting] tbody tr")).to_have_count(2)
    kept(page, products, 63)
    house.start()
    page.goto("/device")
    sign_in(page, "magasinier")  # the session went with the process
    gone(page)
    assert dispensed(house) == [61, 62, 63]
    context.close()


def test_a_device_that_nobody_prepared_keeps_nothing(house, chrome, products):
    with entering(chrome, house.address) as enter:
        page = enter("magasinier", width=390)
        write(page, products[0], 51)
        house.stop()
        page.evaluate("dispatchEvent(new Event('offline'))")
        expect(page.locator("[data-pulse]")).to_have_attribute("data-state", "off")
        send(page)
        expect(page.locator(".toast")).to_contain_text("rien n’a été envoyé")
        assert page.input_value("[name=lines-0-quantity]") == "51"
        house.start()
        with page.expect_navigation():
            send(page)
        assert dispensed(house) == [51]
