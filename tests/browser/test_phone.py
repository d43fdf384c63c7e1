"""A phone shows lists as rows of two lines, with saving in reach."""

import re

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def phone(enter) -> Page:
    """Return the phone of a storekeeper."""
    return enter("magasinier", width=390)


def height(page: Page) -> int:
    """Return how long the page is."""
    return int(page.evaluate("document.documentElement.scrollHeight"))


def test_a_list_of_52_articles_is_short(phone):
    """It was 13,932 px."""
    phone.goto("/elmis/stock/")
    assert phone.locator("main tbody tr").count() == 52
    assert height(phone) < 4500
    row = phone.locator("main tbody tr", has=phone.locator(".badge")).first
    assert re.search(r"\d", row.inner_text()) and row.locator(".more").first.is_hidden()


def test_saving_stays_in_reach_while_quantities_are_typed(phone):
    phone.goto("/elmis/requisitions/")
    phone.locator("main tbody th a").first.click()
    phone.locator(".quantity").first.focus()
    expect(phone.get_by_role("button", name="Enregistrer les quantités")).to_be_in_viewport()
    assert height(phone) < 160 * phone.locator("[data-line]").count()


@pytest.mark.parametrize(
    "path", ["/", "/elmis/stock/", "/elmis/catalogue/", "/facilities/", "/elmis/store/new/receive"]
)
def test_no_word_is_broken(phone, path):
    """A word that stands on two lines without a hyphen of its own has been torn."""
    phone.goto(path)
    torn = phone.evaluate(
        """() => {
          const found = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
          for (let node; (node = walker.nextNode());) {
            if (!node.parentElement.checkVisibility() || node.parentElement.closest("code, .visually-hidden")) continue;
            for (const word of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
              const range = document.createRange();
              range.setStart(node, word.index);
              range.setEnd(node, word.index + word[0].length);
              const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
              if (tops.size > 1) found.push(word[0]);
            }
          }
          return found;
        }"""
    )
    assert torn == []
