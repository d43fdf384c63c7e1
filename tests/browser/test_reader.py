"""The page that tries a reader says what it sends, how fast, and what is missing."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_scanning import read

PACKAGE = "010345312000001110LOT-42A\x1d1728063021S1234567"


@pytest.fixture
def page(enter) -> Page:
    """Return the page that tries a reader."""
    page = enter("magasinier")
    page.goto("/elmis/store/reader")
    return page


def fact(page: Page, name: str):
    """Return a figure of what was read."""
    return page.locator(f"[data-fact={name}]")


@pytest.mark.parametrize(
    ("text", "verdict", "separators"),
    [
        (PACKAGE, "lu exactement", "1"),
        (PACKAGE.replace("\x1d", ""), "séparateurs manquent", "0"),
        ("AMAGARA-0123456789", "lu exactement", "0"),
        ("amagara", "mal lu", "0"),
    ],
)
def test_it_is_said_whether_a_code_was_read_as_it_is(page, text, verdict, separators):
    read(page, text, 10)
    expect(page.locator("[data-verdict]")).to_contain_text(verdict)
    expect(fact(page, "separators")).to_have_text(separators)
    expect(fact(page, "end")).to_have_text("Enter")
    expect(page.locator("[data-understood]")).to_contain_text("LOT-42A" if "\x1d" in text else "")


def test_a_slow_reader_without_an_end_is_named(page):
    read(page, "AMAGARA-0123456789", 45, end="")
    expect(fact(page, "end")).to_contain_text("Entrée")
    expect(fact(page, "speed")).to_contain_text("lent")


def test_without_script_the_server_says_what_it_reads(enter):
    page = enter("magasinier", java_script_enabled=False)
    page.goto("/elmis/store/reader")
    page.fill("[name=text]", "(01)03453120000011(17)280630(10)LOT42A")
    page.press("[name=text]", "Enter")
    expect(page.locator("[data-understood]")).to_contain_text("30/06/2028")
