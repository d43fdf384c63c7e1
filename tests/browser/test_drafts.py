"""What was typed is never lost: not when the session ended, not when an answer was, and not in silence."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from core.data.calendar import local, utcnow
from core.users.demo import PASSWORD

RECEIPT = "/elmis/store/new/receive"
KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"


def fill(page: Page, reference: str) -> None:
    """Fill a receipt of one line."""
    page.goto(RECEIPT)
    page.fill("[name=reference]", reference)
    page.fill("[name=counterpart]", "Fournisseur")
    page.locator("[data-line] [role=combobox]").first.fill("PAL001")
    page.keyboard.press("Tab")
    page.fill("[name=lines-0-lot]", f"L{reference}")
    page.fill("[name=lines-0-expiry]", "31/12/2027")
    page.fill("[name=lines-0-quantity]", "40")


def end_session(page: Page) -> None:
    """Forget the session, as the server does after half an hour."""
    page.context.clear_cookies(name="amagara")


def sign_in(page: Page) -> None:
    """Sign in on the page that is shown."""
    page.fill("[name=login]", "magasinier")
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")


def send(page: Page) -> None:
    """Press the strong button and wait for what comes."""
    with page.expect_navigation():
        page.locator("main form .button.strong").first.click()


@pytest.fixture
def page(enter) -> Page:
    """Return the browser of a storekeeper, on a device that stands on the time of another country."""
    return enter("magasinier", timezone_id="Asia/Tokyo")


def test_a_figure_that_was_typed_just_before_leaving_is_in_the_draft(page):
    """A draft is kept a moment after the last key: whoever left before it lost the figure."""
    fill(page, "D0")
    page.wait_for_timeout(600)
    page.fill("[name=lines-0-quantity]", "41")
    page.goto("/elmis/stock/")
    page.goto(RECEIPT)
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("41")
    page.fill("[name=lines-0-quantity]", "42")
    page.locator(".message button", has_text="Supprimer le brouillon").click()
    page.wait_for_timeout(600)
    page.reload()
    expect(page.locator("[name=lines-0-quantity]"), "what was discarded does not come back").to_have_value("")


def test_a_draft_that_comes_late_does_not_replace_what_was_typed_meanwhile(page):
    """It comes when the server has answered, which may take seconds: the old figure took the place of the new one."""
    fill(page, "D2")
    page.wait_for_timeout(600)
    asked, held = page.evaluate("document.body.dataset.alive"), []
    page.route(f"**{asked}*", lambda route: held.append(route))
    page.goto(RECEIPT)
    page.fill("[name=lines-0-quantity]", "7")
    page.locator("[name=counterpart]").focus()
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.locator("[name=reference]")).to_have_value("D2")
    assert page.input_value("[name=lines-0-quantity]") == "7"
    page.keyboard.type("CAMEBU")
    assert page.input_value("[name=counterpart]") == "CAMEBU", "what is typed takes the place of what came back"


def test_a_form_that_was_sent_after_the_session_ended_comes_back_whole(page):
    fill(page, "D1")
    end_session(page)
    send(page)
    assert "/sign-in" in page.url
    expect(page.locator("[name=login]")).to_be_focused()
    sign_in(page)
    assert page.url.endswith(RECEIPT)
    expect(page.locator("[name=lines-0-lot]")).to_have_value("LD1")
    assert page.input_value("[name=reference]") == "D1" and page.input_value("[name=lines-0-quantity]") == "40"
    send(page)
    assert "/documents/" in page.url
    page.wait_for_function(f"() => {KEPT}.length === 0")
    page.goto(RECEIPT)
    assert page.input_value("[name=lines-0-lot]") == ""


def test_a_draft_outlives_a_page_that_is_no_answer(page):
    """A page that came back used to delete it."""
    fill(page, "D2")
    expect(page.locator("[data-draft-note]")).not_to_be_empty()
    moments = [f"{local(utcnow() - timedelta(minutes=ago)):%d/%m à %H:%M}" for ago in (0, 1)]
    assert any(moment in page.locator("[data-draft-note]").inner_text() for moment in moments)
    page.route(
        "**" + RECEIPT, lambda route: route.fulfill(body="<html>Portail du réseau</html>", content_type="text/html")
    )
    send(page)
    page.unroute("**" + RECEIPT)
    page.goto("/elmis/store/")
    page.goto(RECEIPT)
    expect(page.locator("[name=lines-0-lot]")).to_have_value("LD2")
    page.get_by_role("button", name="Supprimer le brouillon").click()
    expect(page.locator("[name=lines-0-lot]")).to_have_value("")


def test_a_form_whose_answer_was_lost_is_not_recorded_twice(page):
    fill(page, "D3")
    before = page.context.cookies()
    page.route("**" + RECEIPT, lambda route: (route.fetch(max_redirects=0), route.abort()))
    with page.expect_event("requestfailed"):
        page.locator("main form .button.strong").first.click()
    page.unroute("**" + RECEIPT)
    page.context.add_cookies(before)  # those of the answer were lost with it, and the word for the next page
    page.goto("/elmis/stock")  # whichever page comes next
    told = page.locator(".message", has_text="est enregistrée")
    expect(told).to_contain_text(
        re.compile(r"Votre saisie du \d\d/\d\d à \d\d:\d\d \(Réception d’un fournisseur\) est enregistrée")
    )
    expect(told.get_by_role("link", name=re.compile(r"^BE-\d{4}-\d{5}$"))).to_have_attribute(
        "href", re.compile("/documents/")
    )
    page.goto(RECEIPT)
    page.wait_for_load_state("networkidle")
    assert page.locator(".message").count() == 0
    assert page.input_value("[name=lines-0-lot]") == "" and page.evaluate(KEPT) == []


def test_a_form_that_never_arrived_is_offered_once_on_whichever_page_comes_next(page):
    fill(page, "D5")
    page.context.set_offline(True)
    page.locator("[data-line] [role=combobox]").first.fill("PAL00")
    expect(page.locator("li[role=option]")).to_contain_text("Le serveur ne répond pas")
    page.locator("main form .button.strong").first.click()
    expect(page.locator(".toast")).to_contain_text("rien n’a été envoyé")
    page.context.set_offline(False)
    page.route("**" + RECEIPT, lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.locator("main form .button.strong").first.click()
    page.unroute("**" + RECEIPT)
    page.goto("/elmis/stock")
    expect(page.locator(".message")).to_contain_text("(Réception d’un fournisseur) n’est pas enregistrée")
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator(".message").count() == 0
    page.goto(RECEIPT)
    expect(page.locator("[name=lines-0-lot]")).to_have_value("LD5")


def test_whoever_types_is_told_at_once_that_the_session_is_over(page):
    page.clock.install()
    fill(page, "D4")
    page.clock.run_for(5 * 60_000)
    with page.expect_response("**/api/alive*") as alive:
        page.fill("[name=comment]", "encore là")
    assert alive.value.status == 200
    end_session(page)
    page.clock.run_for(5 * 60_000)
    page.fill("[name=comment]", "encore là, mais trop tard")
    page.locator("[data-ended]").click()
    sign_in(page)
    page.clock.run_for(1000)
    expect(page.locator("[name=comment]")).to_have_value("encore là, mais trop tard")


def test_what_the_page_itself_wrote_is_no_draft(page, enter):
    """Another device kept the same figure: "Votre brouillon" was told of a page that showed all that was in it."""
    page.goto("/elmis/counts/")
    page.get_by_role("button", name="Ouvrir la feuille").click()
    expect(page.locator("[data-line]").first).to_be_visible()
    address, figure = page.url, "[data-line] [data-field=quantity] >> nth=0"
    page.fill(figure, "7")
    expect(page.locator("[data-draft-note]")).not_to_be_empty()
    other = enter("magasinier")
    other.goto(address)
    other.fill(figure, "7")
    with other.expect_navigation():
        other.get_by_role("button", name="Garder").click()
    page.goto(address)
    page.wait_for_function(f"() => {KEPT}.length === 0")
    assert page.input_value(figure) == "7" and page.get_by_text("Votre brouillon").count() == 0
    page.goto(page.locator("main a[href*='count.cancel']").get_attribute("href"))
    page.fill("main [name=reason]", "essai")
    with page.expect_navigation():
        page.locator("main form .button").first.click()


def test_a_form_without_a_draft_comes_back_too(enter):
    page = enter("admin")
    page.goto("/facilities/new")
    page.fill("[name=name]", "CDS de Muyira")
    end_session(page)
    send(page)
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.locator("[name=name]")).to_have_value("CDS de Muyira")
