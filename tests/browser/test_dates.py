"""Days are typed as day/month/year, whatever the language of the browser."""

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def english(enter) -> Page:
    """Return a French page in an English browser."""
    return enter("magasinier", locale="en-US")


def test_a_day_typed_in_an_english_browser_stays_that_day(english):
    """31/12/2027 became 03/11/22027."""
    english.goto("/elmis/store/new/receive")
    expiry = english.locator("[name=lines-0-expiry]")
    expiry.press_sequentially("31/12/2027", delay=80)
    expect(expiry).to_have_value("31/12/2027")
    expiry.fill("")
    expiry.press_sequentially("31122027", delay=80)
    expect(expiry).to_have_value("31/12/2027")
    moved = english.locator("[name=occurred_on]")
    moved.fill("")
    moved.press_sequentially("octobre", delay=80)  # never wiped: the server says what it takes
    expect(moved).to_have_value("octobre")
    moved.fill("")
    moved.press_sequentially("5/3/2027", delay=80)
    expect(moved).to_have_value("5/3/2027")
    english.locator(".button.strong").first.click()
    expect(english.locator("[name=lines-0-expiry]")).to_have_value("31/12/2027")
    expect(english.locator("[name=occurred_on]")).to_have_value("05/03/2027")


def test_the_calendar_writes_the_day_as_if_it_were_typed(english):
    english.goto("/elmis/store/new/receive")
    english.evaluate(
        """() => { const picker = document.querySelector(".picker"); picker.value = "2027-02-09";
                   picker.dispatchEvent(new Event("change")); }"""
    )
    expect(english.locator("[name=occurred_on]")).to_have_value("09/02/2027")
    expect(english.get_by_role("button", name="Calendrier").first).to_be_visible()


def test_a_filter_takes_the_same_days(english):
    english.goto("/elmis/stock/")
    english.locator("main tbody th a").first.click()
    english.locator("[name=from]").fill("01/02/2026")
    english.locator("[name=from]").press("Enter")
    expect(english.locator("[name=from]")).to_have_value("01/02/2026")
