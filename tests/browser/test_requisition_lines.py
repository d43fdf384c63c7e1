"""The lines of a requisition under the hands: the working opens at its line, packs and the total follow what is typed."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.users.demo import PASSWORD

SCROLLED = "[scrollX, scrollY]"


def opened(page: Page) -> Page:
    """Show the proposed requisition of the demonstration's health centre."""
    page.goto("/elmis/requisitions/1?view=all")
    return page


@pytest.mark.parametrize(("width", "beside"), [(1280, True), (390, False)])
def test_why_opens_at_its_line_closes_again_and_moves_nothing(enter, width, beside):
    page = opened(enter("magasinier", width))
    link = page.locator("a[data-why]").nth(7)
    link.evaluate("each => each.scrollIntoView({ block: 'center' })")
    before, line = page.evaluate(SCROLLED), link.bounding_box()
    link.click()
    row = page.locator(f"#{link.get_attribute('data-why')}")
    expect(row.locator(".why")).to_be_visible()
    assert page.evaluate(SCROLLED) == before and link.bounding_box() == line
    panel = row.locator(".why").bounding_box()
    field = page.locator("input.quantity").nth(7).bounding_box()
    covers = panel["x"] < line["x"] + line["width"] or panel["x"] + panel["width"] > field["x"]
    assert covers != beside  # beside its line neither names nor quantities are covered
    assert beside or 0 < panel["y"] - line["y"] < 160
    expect(link).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(row).to_have_count(0)
    expect(link).to_have_attribute("aria-expanded", "false")


def test_a_working_asked_after_the_session_ended_loses_nothing(enter):
    """The sign-in page stood in the table, and its form left the requisition."""
    page = opened(enter("magasinier"))
    quantity = page.locator("input.quantity").nth(7)
    quantity.fill("150")
    page.context.clear_cookies(name="amagara")
    page.locator("a[data-why]").nth(7).click()
    page.locator("[data-ended]").click()
    page.fill("[name=login]", "magasinier")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.locator(".message", has_text="restauré")).to_be_visible()
    expect(quantity).to_have_value("150")


def test_the_page_uses_its_width_and_no_working_opens_by_itself(enter):
    """The empty right third broke names over seven lines."""
    page = opened(enter("magasinier"))
    assert page.locator(".why").count() == 0
    table = page.locator("table.asked-lines").bounding_box()
    assert table["width"] > 900
    names = page.locator(".asked-lines tr[data-line] th")
    assert max(box["height"] for one in names.all() if (box := one.bounding_box())) < 75  # three lines


def test_packs_and_the_total_follow_and_heads_and_button_stay_in_sight(enter):
    page = opened(enter("magasinier"))
    total, line = page.locator("[data-total-money]"), page.locator("tr[data-pack]:not([data-pack='1'])").nth(9)
    before, size = total.inner_text(), int(line.get_attribute("data-pack"))
    line.locator("input.quantity").fill(str(3 * size + 1))
    assert "".join(line.locator("[data-packs]").inner_text().split()) == f"3×{size}+1"
    assert total.inner_text() != before and "1 quantité non enregistrée" in page.locator(".bar-total").inner_text()
    page.mouse.wheel(0, 1500)
    page.wait_for_function("scrollY > 1000")
    for part in (".asked-lines thead th >> nth=0", ".save-bar .button.strong"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900


def test_enter_is_the_next_line_and_sends_nothing(enter):
    """It sent the count sheet and the slip of an issue after the first line."""
    page = enter("magasinier")
    page.goto("/elmis/store/new/issue")
    box, options = page.locator("#lines-0-product-text"), page.locator("li[role=option]")
    box.press_sequentially("pa", delay=120)
    expect(options.first).to_contain_text("Artéméther")
    box.press_sequentially("rac", delay=120)
    box.press("Enter")  # before its own answer: what was listed for "pa" is no choice
    expect(options.first).to_contain_text("Paracétamol")
    assert box.input_value() == "parac"
    box.press("Enter")
    expect(box).to_have_value(re.compile("Paracétamol"))
    box.fill("PAL001")
    box.press("Tab")
    expect(page.locator("#lines-0-lot-text")).to_be_focused()
    expect(box).to_have_value(re.compile("PAL001 · Artéméther"))
    page.fill("[name=lines-0-quantity]", "999999")
    expect(page.locator("[data-at-line].error").first).to_contain_text("Ce qui peut sortir")  # at once, at its line
    page.press("[name=lines-0-quantity]", "Enter")
    expect(page.locator("#lines-1-product-text")).to_be_focused()
    page.locator("[name=lines-0-quantity]").focus()
    page.keyboard.type("5")  # a figure that is typed replaces the one before
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("5")
    opened(page)
    line = page.locator("tr[data-line]").first
    line.locator("input.quantity").fill("7")
    reason = page.locator(f"#{(line.get_attribute('id') or '').replace('line-', 'reason-')}")
    reason.locator("select").select_option("other")
    reason.locator("input:not([type=checkbox])").press("Enter")
    expect(page.locator("input.quantity").nth(1)).to_be_focused()
    page.goto("/elmis/counts/")
    page.get_by_role("button", name="Ouvrir la feuille").click()
    counted = page.locator("[data-field=quantity]")
    counted.nth(0).fill("3")
    counted.nth(0).press("Enter")
    expect(counted.nth(1)).to_be_focused()
    expect(counted.nth(0)).to_have_value("3")
    page.goto(page.locator("main a[href*='count.cancel']").get_attribute("href"))
    page.locator("main [name=reason]").fill("essai")
    with page.expect_navigation():
        page.locator("main form .button").first.click()
