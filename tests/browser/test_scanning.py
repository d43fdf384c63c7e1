"""Codes that a reader types, fast or slow, over a slow link: each on its own line, and no digit in a quantity."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

PACK = "09526760000407"  # PAL004, packs of 75
OTHER = "09525950000500"
SLOW_LINK = """
const [fetched, later] = [window.fetch, window.setTimeout];
window.fetch = async (url, ...rest) => {
  if (String(url).includes("/scan")) await new Promise((done) => later(done, window.late ?? 900));
  return fetched(url, ...rest);
};
"""
PATIENT = """() => {  // a burst ends 420 ms after its last key (scanner.js): not when this machine had no time to press the next
  const timed = (window.timed ??= window.setTimeout);
  window.setTimeout = (act, ms, ...rest) => timed(act, ms === 420 ? 60_000 : ms, ...rest);
}"""
USUAL = "() => { window.setTimeout = window.timed; }"


def code(lot: str, gtin: str = PACK) -> str:
    """Return what a reader sends of a package."""
    return f"]d201{gtin}1728063010{lot}"


def place(sign: str) -> dict:
    """Return the key of a QWERTY keyboard that gives a sign, as a reader presses it."""
    shifted = sign.isupper()
    if sign == "\x1d":
        return {"key": "F8", "code": "F8"}
    codes = {"]": "BracketRight", "-": "Minus"}
    code = codes.get(sign) or (f"Digit{sign}" if sign.isdigit() else f"Key{sign.upper()}")
    return {"key": sign, "code": code, "text": sign, "modifiers": 8 if shifted else 0}


def read(page: Page, text: str, delay: int = 5, end: str = "Enter", clumps: int = 99, stalls: int = 99) -> None:
    """Type a text as a reader does, key by key."""
    send(page, [*map(place, text), *([ENDS[end]] if end else [])], delay, clumps, stalls)


def send(page: Page, keys: list[dict], delay: int, clumps: int = 99, stalls: int = 99) -> None:
    """Press keys with so many ms between them, a pause after each clump, and one of 0.45 s after the key that stalls."""
    session = page.context.new_cdp_session(page)
    started = time.time()
    page.evaluate(PATIENT)
    for number, key in enumerate(keys):  # the moments are those of the reader, however busy this machine is
        moment = {"timestamp": started + (number * delay + number // clumps * 200 + (number >= stalls) * 450) / 1000}
        if number == len(keys) - 1:
            page.evaluate(USUAL)
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", **key, **moment})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", **key, **moment})


ENDS = {
    "Enter": {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13},
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
}


def lines(page: Page) -> dict[str, str]:
    """Return the quantity of each lot on the page, once no answer is awaited."""
    expect(page.locator("p[data-awaited]")).to_have_text("", timeout=15_000)
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-line]")].map((line) =>
             ["lot", "quantity"].map((name) => line.querySelector(`[data-field=${name}]`).value)))"""
    )


@pytest.fixture
def receipt(enter) -> Page:
    """Return the page of a receipt in a store whose link is slow."""
    page = enter("magasinier")
    page.add_init_script(SLOW_LINK)
    page.goto("/elmis/store/new/receive")
    page.locator("[data-field=quantity]").first.focus()
    return page


@pytest.mark.parametrize("delay", [3, 20, 45], ids=["fast", "usual", "slow"])
def test_an_answer_that_comes_while_the_next_code_is_typed_goes_to_its_own_line(receipt, delay):
    """5 scans of 75 gave 4,079,526,910."""
    for _turn in range(5):
        read(receipt, code("A1"), delay)
    read(receipt, code("B2", OTHER), delay)
    assert lines(receipt) == {"A1": "375", "B2": "75"}
    assert receipt.evaluate("document.activeElement.dataset.field") == "quantity"
    receipt.keyboard.type("60")
    assert lines(receipt) == {"A1": "375", "B2": "60"}


def test_a_reader_that_pauses_within_a_code_is_understood(receipt):
    """Bluetooth readers send in clumps."""
    for _turn in range(2):
        read(receipt, code("A1"), 2, clumps=9)
    assert lines(receipt) == {"A1": "150"}


@pytest.mark.parametrize("stalls", [2, 5])
def test_a_reader_that_stalls_within_a_code_leaves_no_digit_in_a_quantity(receipt, stalls):
    """A radio hiccups after the first keys: 12 became 1095, and the rest of the code was an unknown one."""
    read(receipt, code("A1"))
    assert lines(receipt) == {"A1": "75"}
    receipt.keyboard.type("0")
    receipt.wait_for_timeout(500)
    read(receipt, code("A1")[3:], stalls=stalls)
    assert lines(receipt) == {"A1": "825"}


def test_digits_of_a_reader_that_ends_with_nothing_do_not_stay_in_a_quantity(receipt):
    read(receipt, PACK, 10, end="")
    assert lines(receipt) == {"": "75"}
    assert receipt.locator("[data-field=product]").first.input_value() == "PAL004"


def test_what_hands_type_is_theirs(receipt):
    receipt.keyboard.type("1200", delay=90)
    receipt.keyboard.press("Enter")
    assert receipt.locator("[data-field=quantity]").first.input_value() == "1200"
    read(receipt, code("A1"), 10)
    assert lines(receipt) == {"": "1200", "A1": "75"}


def test_a_chosen_product_outlives_a_code_that_was_typed_over_it(receipt):
    read(receipt, code("A1"), 10)
    lines(receipt)
    receipt.locator("[data-line] [role=combobox]").first.focus()
    read(receipt, code("A1"), 45)
    assert lines(receipt) == {"A1": "150"}
    assert receipt.locator("[data-field=product]").first.input_value() == "PAL004"


def test_a_form_is_not_sent_before_its_codes_are_written_down(receipt):
    read(receipt, code("A1"), 5)
    receipt.locator("form .button.strong").click()
    assert lines(receipt) == {"A1": "75"} and receipt.url.endswith("/receive")


def figure_then(page: Page, text: str) -> None:
    """Type 60 as fast as a reader, and let a code follow after a short rest, within 1.5 s."""
    send(page, [*map(place, f"60{text}"), ENDS["Enter"]], 50, stalls=2)


def test_a_figure_typed_fast_before_a_code_is_kept_or_told(receipt):
    """ "60" and the code were one code that nobody knows: the figure was gone, and the words named the code alone."""
    for text in (code("A1"), code("B2", OTHER)):
        read(receipt, text)
    assert lines(receipt) == {"A1": "75", "B2": "75"}
    figure_then(receipt, code("A1"))
    assert lines(receipt) == {"A1": "150", "B2": "60"}
    figure_then(receipt, "INCONNU-1")
    expect(receipt.locator(".scan-notes li").last).to_contain_text(re.compile("INCONNU-1|60 a été retiré"))
    notes = " ".join(receipt.locator(".scan-notes li").all_inner_texts())
    assert "60 a été retiré de la ligne" in notes and "A1" in notes and "retapez-le" in notes
    assert lines(receipt) == {"A1": "150", "B2": "60"}


def test_a_refused_or_unanswered_code_stays_in_sight(receipt):
    for text in ("INCONNU-1", "INCONNU-2"):
        read(receipt, text, 5)
    expect(receipt.locator(".scan-notes li")).to_have_count(2)
    receipt.route("**/store/scan", lambda route: route.abort())
    read(receipt, code("A1"), 5)
    expect(receipt.locator(".scan-notes li")).to_have_count(3, timeout=15_000)
    receipt.unroute("**/store/scan")
    receipt.locator(".scan-notes li button").nth(2).click()
    assert lines(receipt) == {"A1": "75"}
    for text in ("INCONNU-3", "INCONNU-4", "INCONNU-4"):
        read(receipt, text, 5)
    assert lines(receipt) == {"A1": "75"}
    open_ones = receipt.locator(".scan-notes > ul li")
    expect(open_ones).to_have_text([re.compile(f"INCONNU-{number}") for number in (2, 3, 4)])
    expect(receipt.locator(".scan-notes summary")).to_have_text("Messages précédents\N{NO-BREAK SPACE}: 1")
    open_ones.nth(2).get_by_role("button").click()
    expect(open_ones).to_have_text([re.compile(f"INCONNU-{number}") for number in (1, 2, 3)])


def test_digits_after_a_code_that_is_not_known_change_no_line(receipt):
    read(receipt, code("A1"), 5)
    assert lines(receipt) == {"A1": "75"}
    read(receipt, "INCONNU-1", 5)
    expect(receipt.locator(".scan-notes li")).to_have_count(1)
    receipt.keyboard.type("40", delay=150)
    assert lines(receipt) == {"A1": "75"}


def test_a_doubtful_lot_is_typed_by_hand(receipt):
    read(receipt, f"]d201{PACK}10LOT42A17280630", 5)
    assert lines(receipt) == {"": "75"}
    expect(receipt.locator("[data-doubt]")).to_contain_text("LOT42A17280630")
    assert receipt.evaluate("document.activeElement.dataset.field") == "lot"
    receipt.keyboard.type("LOT42A", delay=90)
    expect(receipt.locator("[data-doubt]")).to_have_count(0)


@pytest.mark.parametrize("ending", ["Enter", "Tab"])
def test_a_reader_on_another_keyboard_layout(receipt, ending):
    """A reader set to QWERTY on an AZERTY computer: the places of the keys are right, the signs are not."""
    azerty = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))
    keys = [{"key": azerty[digit], "code": f"Digit{digit}", "text": azerty[digit]} for digit in PACK]
    send(receipt, [*keys, ENDS[ending]], 5)
    assert lines(receipt) == {"": "75"}


def test_a_code_at_the_sheet_of_a_count_goes_to_the_line_of_its_lot(enter):
    """The browser went to the search; in a field of words the whole code stayed: it became the name of a lot."""
    page = enter("magasinier")
    page.goto("/elmis/counts/")
    page.get_by_role("button", name="Ouvrir la feuille").click()
    address, line = page.url, page.locator("[data-line]", has_text="luméfantrine 20/120").first
    lot, day = line.locator("td").nth(0).inner_text(), line.locator("td").nth(1).inner_text()
    known = f"010952919000010817{day[8:]}{day[3:5]}{day[:2]}10{lot}"
    for first in (page.locator("[data-line] [data-field=quantity]").last, page.locator("[name=lot]")):
        page.locator("[data-found]").evaluate("found => { found.open = true; }")
        first.focus()
        read(page, known)
        expect(line.locator("[data-field=quantity]")).to_be_focused()
        expect(line).to_be_in_viewport()
    assert "scanned" in line.get_attribute("class") and page.locator("[name=lot]").input_value() == ""
    page.keyboard.type("41", delay=150)
    page.wait_for_timeout(600)
    read(page, known)  # the same lot on a second shelf
    expect(line.locator("[data-doubt]")).to_contain_text("Déjà compté : 41")
    expect(line.locator("[data-field=quantity]")).to_have_value("41")
    line.locator("[data-measure]").select_option("pack")
    line.locator("[data-loose]").fill("7")
    units = 41 * int(line.locator("[data-size]").input_value()) + 7
    expect(line.locator("[data-in-units]")).to_have_text(re.compile(f"^= {units:,} ".replace(",", r"\s")))
    page.wait_for_timeout(600)
    read(page, known)
    expect(line.locator("[data-doubt]")).to_contain_text(
        re.compile(f"Déjà compté : {units:,} ".replace(",", r"\s").replace(" :", r"\s:"))
    )
    read(page, code("NEUF"))
    expect(page.locator("[name=extra]")).to_be_focused()
    found = {name: page.locator(f"[name={name}]").input_value() for name in ("product", "lot", "expiry")}
    assert found == {"product": "PAL004", "lot": "NEUF", "expiry": "30/06/2028"} and page.url == address
    page.goto(page.locator("main a[href*='count.cancel']").get_attribute("href"))
    page.locator("main [name=reason]").focus()
    read(page, known)
    expect(page.locator(".toast")).to_contain_text(lot)
    assert page.locator("main [name=reason]").input_value() == "" and "/do/elmis.count.cancel/" in page.url
    page.locator("main [name=reason]").fill("essai")
    page.locator("main form .button").first.click()
