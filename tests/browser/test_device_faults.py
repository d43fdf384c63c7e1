"""Faults on a device without a network: cuts, answers that are lost, a browser that forgets; nothing lost, nothing twice."""

import signal
import sqlite3
from contextlib import closing

from playwright.sync_api import expect

from core.users.demo import PASSWORD
from tests.browser.slips import DISPENSE, QUEUE, dispensed, gone, kept, send, sign_in, write

DRAFTS = "JSON.stringify(localStorage)"
PUT_BACK = "(kept) => Object.assign(localStorage, JSON.parse(kept))"


def lose_answer(page, then):
    """Let a sending reach the server, and no answer come back; then something happens."""

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        route.fetch(max_redirects=0)
        then()
        return route.abort()

    page.context.route("**" + DISPENSE, lose)


def test_the_draft_of_a_slip_that_waits_does_not_come_back_after_a_power_cut(house, page, products):
    """A browser writes drafts to the disk seconds after the queue: the slip came back as a draft, and was sent twice."""
    house.stop()
    write(page, products[0], 11)
    page.wait_for_timeout(700)
    drafts = page.evaluate(DRAFTS)
    assert "11" in drafts
    with page.expect_navigation():
        send(page)
    for server in (house.stop, house.start):
        server()
        page.goto("/device")
        page.wait_for_timeout(3_000)
        page.evaluate(PUT_BACK, drafts)  # as it is after the cut
        page.goto(DISPENSE)
        page.wait_for_timeout(1_500)
        assert page.input_value("[name=lines-0-quantity]") == ""
    gone(page)
    assert dispensed(house) == [11]


def test_a_slip_whose_answer_was_lost_is_the_same_sending_when_it_waits(house, page, products):
    """What is only shown (the lot) was written into it, so that it was another sending under its key."""
    write(page, products[1], 5)
    page.wait_for_timeout(700)
    lose_answer(page, lambda: house.stop(hard=True))
    send(page)
    expect(page.locator("[data-queue-number]")).to_have_text("1", timeout=20_000)
    page.context.unroute("**" + DISPENSE)
    house.start()
    gone(page)
    assert dispensed(house) == [5]


def test_a_slip_of_which_only_the_answer_was_lost_does_not_wait(house, page, products):
    write(page, products[1], 6)
    page.wait_for_timeout(700)
    lose_answer(page, lambda: None)
    send(page)
    expect(page.locator("main .message", has_text="est enregistré")).to_be_visible(timeout=20_000)
    assert page.locator(".toast").count() == 0 and page.evaluate(QUEUE) == [] and dispensed(house) == [6]


def test_a_slip_that_is_refused_twice_is_no_draft_of_the_next_one(house, page, products):
    """After a second refusal the page forgot that it was opened from the queue."""
    house.stop()
    kept(page, products, 99_999_999)
    house.start()
    page.goto("/device")
    expect(page.locator("[data-waiting] .error")).to_be_visible(timeout=30_000)
    with page.expect_navigation():
        page.locator("[data-waiting] button", has_text="Ouvrir").click()
    for quantity in ("88888888", "77777777"):
        page.fill("[name=lines-0-quantity]", quantity)
        with page.expect_navigation():
            send(page)
        page.wait_for_timeout(700)
    page.fill("[name=lines-0-quantity]", "66")
    page.wait_for_timeout(700)
    page.goto(DISPENSE)
    page.wait_for_timeout(1_500)
    assert page.input_value("[name=lines-0-quantity]") == ""
    page.goto("/device")
    with page.expect_navigation():
        page.locator("[data-waiting] button", has_text="Ouvrir").click()
    page.wait_for_timeout(1_500)
    assert page.input_value("[name=lines-0-quantity]") == "66"
    with page.expect_navigation():
        send(page)
    gone(page)
    assert dispensed(house) == [66]


def test_slips_in_a_row_do_not_all_take_the_first_lot(house, page, products):
    """The copy does not know what the slips before have taken: the second named a lot that had run out, and was refused."""
    lots = house.rows(
        "select p.code, b.quantity from elmis_balance b join elmis_lot l on l.id = b.lot_id "
        "join elmis_location o on o.id = b.location_id join core_user u on u.facility_id = o.facility_id "
        "join elmis_product p on p.id = b.product_id where u.login = 'magasinier' and o.kind = 'store' and b.quantity > 0 "
        "order by p.code, l.expiry"
    )
    several = {code: [much for other, much in lots if other == code] for code, _much in lots}
    code, (first, *others) = next((code, each) for code, each in several.items() if len(each) > 1 and each[0] > 9)
    each = min(first * 2 // 3, (first + sum(others)) // 2)
    house.stop()
    kept(page, [code, code], each, each)
    named = [dict(item["fields"])["lines-0-lot"] for item in page.evaluate(QUEUE)]
    assert sorted(map(bool, named)) == [False, True], "the second is shared out as it arrives"
    house.start()
    gone(page)
    assert sum(dispensed(house)) == 2 * each


def test_a_busy_server_does_not_say_that_the_session_is_over(house, page, products):
    house.stop()
    kept(page, products, 21)
    page.context.route("**/device/state", lambda route: route.fulfill(status=503, body="busy"))
    house.start()
    page.goto("/device")
    page.wait_for_timeout(2_500)
    assert page.locator("main .message:visible").count() == 0
    page.context.unroute("**/device/state")
    gone(page)
    assert dispensed(house) == [21]


def test_signing_in_anew_while_slips_leave_stops_none_of_them(house, page, products):
    """Each bears the mark against forgery of the session; those of the old one were refused as too old."""
    house.stop()
    kept(page, products, 31, 32, 33)
    house.start()
    come = []

    def sign_in_anew(route):
        if route.request.method == "POST" and not come:
            come.append(1)
            ask = page.context.request
            token = ask.get("/device/state").json()["token"]
            assert ask.post("/sign-in", form={"login": "magasinier", "password": PASSWORD, "csrf_token": token}).ok
        route.continue_()

    page.context.route("**" + DISPENSE, sign_in_anew)
    gone(page)
    assert come and dispensed(house) == [31, 32, 33]


def test_slips_leave_in_the_order_in_which_they_were_written_whatever_the_clock_says(house, page, products):
    house.stop()
    beside = page.context.new_page()
    beside.add_init_script("{ const now = Date.now; Date.now = () => now() + 300_000; }")
    page.goto(DISPENSE)
    today = page.input_value("main [data-date=day]")
    write(beside, products[1], 41)
    beside.fill("main [data-date=day]", today)  # five minutes before midnight it proposes tomorrow
    with beside.expect_navigation():
        send(beside)
    page.goto("/device")
    kept(page, products, 42, 43)
    house.start()
    gone(page)
    assert dispensed(house) == [41, 42, 43]


def test_a_slip_that_is_being_corrected_does_not_leave_as_it_was(house, page, products):
    house.stop()
    kept(page, products, 51)
    page.context.route(
        "**" + DISPENSE,
        lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_(),
    )
    house.start()
    page.goto("/device")
    with page.expect_navigation():
        page.locator("[data-waiting] button", has_text="Ouvrir").click()
    page.context.unroute("**" + DISPENSE)
    page.reload()
    page.wait_for_timeout(2_500)
    assert dispensed(house) == []
    page.fill("[name=lines-0-quantity]", "52")
    with page.expect_navigation():
        send(page)
    gone(page)
    assert dispensed(house) == [52]


def test_a_slip_that_is_leaving_cannot_be_discarded(house, page, products):
    """It used to be called discarded, and was recorded a moment later."""
    house.stop()
    kept(page, products, 61)
    house.start()

    def hold(route):
        if route.request.method == "POST":
            house.signal(signal.SIGSTOP)  # the server has it, and does not answer yet
        route.continue_()

    page.context.route("**" + DISPENSE, hold)
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_request(lambda request: request.method == "POST"):
        page.goto("/device")
    page.locator("[data-waiting] button", has_text="Abandonner").click()
    page.wait_for_timeout(500)
    house.signal(signal.SIGCONT)
    expect(page.locator("[data-told]")).to_contain_text("déjà", timeout=15_000)
    assert dispensed(house) == [61]


def test_whoever_signs_out_without_the_server_has_left_when_it_is_back(house, page, products):
    """The session went on: the next who took the device worked in his name."""
    house.stop()
    kept(page, products, 71)
    page.locator(".me summary").click()
    page.locator("[data-sign-out] button").click()
    expect(page.locator("body")).to_contain_text("Vous avez quitté cet appareil", timeout=15_000)
    house.start()
    page.goto("/")
    assert "/sign-in" in page.url and dispensed(house) == []
    sign_in(page, "magasinier")
    gone(page)
    assert dispensed(house) == [71]


def test_a_slip_whose_sending_is_cut_waits_by_itself(house, page, products):
    """The browser used to show its own page of faults, and the slip was a draft that nobody named."""
    write(page, products[0], 81)
    page.wait_for_timeout(700)

    def cut(route):
        if route.request.method == "POST":
            house.stop(hard=True)
        route.continue_()

    page.context.route("**" + DISPENSE, cut)
    send(page)
    expect(page.locator("[data-queue-number]")).to_have_text("1", timeout=20_000)
    page.context.unroute("**" + DISPENSE)
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("")
    house.start()
    gone(page)
    assert dispensed(house) == [81]


def test_a_slip_of_somebody_who_lost_the_right_meanwhile_stays_with_its_reason_and_leaves_when_he_has_it_again(
    house, page, products
):
    house.stop()
    kept(page, products, 86)
    whose = "user_id = (select id from core_user where login = 'magasinier')"
    with closing(sqlite3.connect(house.folder / "amagara.db", isolation_level=None)) as base:
        base.execute(f"create table lost as select * from core_grant where {whose}")
        base.execute(f"delete from core_grant where {whose}")
        house.start()
        page.goto("/device")
        expect(page.locator("[data-waiting] .error")).to_contain_text("droit", timeout=30_000)
        base.execute("insert into core_grant select * from lost")
    page.goto("/device")
    page.click("[data-send]")
    gone(page)
    assert dispensed(house) == [86]


def test_a_copy_is_sent_after_another_sign_in(house, page, products):
    """Its mark against forgery is that of the session in which it was kept."""
    house.stop()
    write(page, products[0], 91)
    house.start()
    page.context.clear_cookies()
    beside = page.context.new_page()
    beside.goto("/sign-in")
    sign_in(beside, "magasinier")
    with page.expect_navigation():
        send(page)
    assert "/documents/" in page.url and dispensed(house) == [91]


def test_a_copy_proposes_no_day_by_a_clock_that_was_set_back_and_an_empty_slip_does_not_wait(house, page, products):
    house.stop()
    beside = page.context.new_page()
    beside.add_init_script("{ const now = Date.now; Date.now = () => now() - 90 * 86400_000; }")
    beside.goto(DISPENSE + f"?product={products[0]}&quantity=3")
    expect(beside.locator("main .message").first).to_contain_text("horloge")
    assert beside.input_value("[name=occurred_on]") == ""
    assert (beside.input_value("[name=lines-0-product]"), beside.input_value("[name=lines-0-quantity]")) == (
        products[0],
        "3",
    )
    page.goto(DISPENSE)
    send(page)
    expect(page.locator(".toast")).to_contain_text("Rien n’est écrit", timeout=15_000)
    assert page.evaluate(QUEUE) == []
