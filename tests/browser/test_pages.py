"""Every page that a demonstration user can reach: no fault of access, no overflow, no error, light enough."""

import hashlib
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pypdfium2
import pytest
from playwright.sync_api import Page

from tests.pages import follow, kind
from tests.pages import links as text_links

AXE = (Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURED = ["color-contrast", "link-in-text-block"]  # the rules that another theme can break
LEAVES = re.compile(r"/download|json(\?|$)")  # files: the browser saves them, or its own page of them asks for an icon
PEOPLE = ["admin", "magasinier", "district", "depot", "camebu"]


def links(page: Page) -> list[str]:
    """Return the addresses on this host that the page, as scripts have left it, links to."""
    found = page.eval_on_selector_all(
        "a[href]", 'all => all.map(a => new URL(a.getAttribute("href"), document.baseURI).href)'
    )
    host = urlsplit(page.url).netloc
    return [url.split("#")[0] for url in found if urlsplit(url).netloc == host and not LEAVES.search(url)]


def crawl(page: Page, looks: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """Yield (address, whether it is shown now) of one page of each kind that can be reached from the home page: what
    `looks` asks for is shown by the browser, of the others the links alone are read."""

    def look(url: str) -> tuple[bool | None, list[str]]:
        shown = looks(url)
        answer = page.goto(url) if shown else page.request.get(url)
        assert answer is not None and answer.status == 200, f"{url}: {answer and answer.status}"
        if not answer.headers.get("content-type", "").startswith("text/html"):  # a picture, or a paper
            return None, []
        return shown, links(page) if shown else linked(url, answer.text())

    for url, shown, _at in follow(look, [page.url]):
        if shown is not None:
            yield url, shown


def linked(url: str, text: str) -> list[str]:
    """Return the addresses on this host that the text of a page links to."""
    found = [urljoin(url, link).split("#")[0] for link in text_links(text)]
    return [one for one in found if urlsplit(one).netloc == urlsplit(url).netloc and not LEAVES.search(one)]


FAULTS = """asked => axe.run(document, asked)
    .then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`))"""


def faults(page: Page, rules: list[str], but: list[str] | None = None) -> list[str]:
    """Return what axe finds on the page as it is shown now, by these tags or rules."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # what a bar at the foot hides can be scrolled to
    asked = {
        "runOnly": rules,
        "rules": {rule: {"enabled": False} for rule in but or []},
        "resultTypes": ["violations"],  # the selectors of what is right take half of the time
    }
    return page.evaluate(FAULTS, asked)


def looked_at(page: Page) -> list[str]:
    """Return the faults of a page in both themes, on a laptop and on a phone, and where it is wider than a screen."""
    page.evaluate(AXE)
    wrong = []
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"wider than {width} px")
        if width > 320:
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            wrong += [f"light {width}: {fault}" for fault in faults(page, TAGS, but=COLOURED if width < 1280 else [])]
    page.set_viewport_size({"width": 390, "height": 900})
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark 390: {fault}" for fault in faults(page, COLOURED)]
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong


def first(mark: Path) -> bool:
    """Return whether nobody was here before, also no other worker."""
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


PLANTED = """
    <img src="/planted.png"><p style="color: light-dark(#eee, #222)">pale</p><p style="width: 340px">wide</p>
    <a href="/a" style="display: block; font-size: 9px; line-height: 1; width: 5px">a</a>
    <a href="/b" style="display: block; font-size: 9px; line-height: 1; width: 5px">b</a>
"""


def test_the_look_at_a_page_finds_what_is_planted(enter):
    page = enter("magasinier", bypass_csp=True)
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('afterbegin', html)", PLANTED)
    found = {fault.split(": <")[0] for fault in looked_at(page)}
    at_both = {f"light {width}: {rule}" for width in (1280, 390) for rule in ("image-alt", "target-size")}
    assert found == at_both | {"wider than 320 px", "light 1280: color-contrast", "dark 390: color-contrast"}


@pytest.mark.parametrize("login", PEOPLE)
def test_every_page_of_a_person_is_sound(enter, login, tmp_path_factory, worker_id):
    """A kind of page is looked at once, as whoever of the workers' people comes to it first."""
    base = tmp_path_factory.getbasetemp()
    looked = (base if worker_id == "master" else base.parent) / "looked"
    looked.mkdir(exist_ok=True)
    page = enter(login, bypass_csp=True)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    kinds = set()
    for url, shown in crawl(page, lambda url: first(looked / hashlib.sha256(kind(url).encode()).hexdigest())):
        kinds.add(kind(url))
        if shown:
            wrong += [f"{kind(url)}: {fault}" for fault in looked_at(page)]
    assert wrong == [] and len(kinds) > 20


LONG = """() => { for (const place of document.querySelectorAll(".crumbs, h1, .subtitle, .facts dd, .ranked span, tbody tr > :is(th, td:not(.n)):nth-child(-n+2)")) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());)
    if (!node.parentElement.closest(".badge, .button, .nowrap, .tap, button, small")) node.data = node.data.replace(/\\p{L}{7,}/gu, "X".repeat(150));
} }"""
WIDER = """() => [document.documentElement, ...document.querySelectorAll("main .card")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => `${one.className}: ${one.scrollWidth}`)"""
PLACES = ["", "stock-outs", "redistribute"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_name_of_one_long_word_makes_no_page_wider(enter, width):
    """A board was 2,423 px wide, the path of a page 1,575."""
    page, wide = enter("district", width), {}
    for path in (*(f"/elmis/dashboards/{name}" for name in PLACES), "/elmis/requisitions/2", "/elmis/stock/"):
        page.goto(path)
        page.evaluate(LONG)
        assert "X" * 150 in page.locator("main").inner_text()
        wide |= {path: found} if (found := page.evaluate(WIDER)) else {}
    assert wide == {}


def test_the_board_shows_every_tracer_at_1280_and_a_facility_has_its_own(enter):
    page = enter("district")
    page.goto("/elmis/dashboards/board")
    heads = [head.bounding_box() for head in page.locator(".board .turned").all()]
    assert len(heads) == 27 and max(box["x"] + box["width"] for box in heads) <= 1280
    frame = page.locator(".scroll:has(.board)")
    assert frame.evaluate("one => one.scrollWidth - one.clientWidth") < 16  # its own bar beside the rows
    place = page.locator(".board tbody th a").first
    name = place.inner_text()
    place.click()
    assert page.locator("main h1").inner_text().endswith(name) and page.locator("main tbody tr").count() > 20


def test_lists_print_from_page_one_and_no_page_of_a_stock_card_holds_signatures_alone(enter):
    page = enter("magasinier")

    def printed():
        return [one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(page.pdf())]

    page.goto("/elmis/stock/")
    first, last = (page.locator("main tbody th a").nth(n).inner_text() for n in (0, -1))
    pages = [" ".join(text.split()) for text in printed()]
    assert first in pages[0] and last not in pages[0] and last in pages[-1] and "Signature" not in pages[-1]
    page.locator("main tbody th a").first.click()
    lot = page.locator("[aria-labelledby=lots] tbody tr").first
    number = lot.locator("th").inner_text()
    assert "République du Burundi" in printed()[0]
    for _turn in range(10):  # 44 rows are more than a page, and the signatures take the place of 5
        lot.evaluate("row => { for (let n = 0; n < 4; n++) row.after(row.cloneNode(true)); }")
        text = printed()[-1]
        assert "Signature" in text and number in text


FORMS = {
    "admin": ["/users/new", "/roles/new", "/facilities/new", "/elmis/catalogue/products/new", "/password"],
    "magasinier": ["/elmis/store/new/receive", "/elmis/store/new/loss"],
}


@pytest.mark.parametrize(("login", "path"), [(login, path) for login, paths in FORMS.items() for path in paths])
def test_a_refused_form_is_sound_and_says_what_to_do(enter, login, path):
    page = enter(login, bypass_csp=True)
    assert page.goto(path).status == 200
    page.evaluate("document.querySelector('main form').noValidate = true")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        page.locator("main form .button.strong").first.click()
    assert refused.value.status == 422
    page.wait_for_load_state()
    assert page.evaluate("document.activeElement.closest('.error-summary') !== null"), "the summary has the focus"
    assert looked_at(page) == []


def test_a_comment_that_the_chosen_reason_needs_is_not_called_optional(enter):
    page = enter("magasinier")
    page.goto("/elmis/store/new/loss")
    optional = page.locator("label[for=comment] .optional")
    assert optional.is_visible()
    page.select_option("[name=reason]", page.locator("[name=reason]").get_attribute("data-when").split()[0])
    assert optional.is_hidden() and page.locator("[name=comment]").get_attribute("aria-required") == "true"


def test_pages_work_without_script(enter):
    page = enter("magasinier", java_script_enabled=False)
    page.goto("/elmis/store/new/dispense")
    page.fill("[name=lines-0-product]", "inconnu")
    page.fill("[name=lines-0-quantity]", "12,5")
    page.click("button.strong")
    assert page.locator(".error-summary, [role=alert]").first.is_visible()
    assert page.input_value("[name=lines-0-product]") == "inconnu"


def test_the_policy_stands_and_nothing_breaks_it(enter):
    page = enter("magasinier")
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    for path in ("/", "/inbox", "/elmis/store/", "/elmis/store/new/receive", "/elmis/dashboards/"):
        answer = page.goto(path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "") and "frame-ancestors 'none'" in policy
    assert [text for text in said if "Content Security Policy" in text] == []


WEIGHTS = {
    "/": 12,
    "/inbox": 12,
    "/facilities/": 12,
    "/elmis/stock/": 12,
    "/elmis/store/new/receive": 12,
    "/sign-in": 14,
}


@pytest.mark.parametrize(("path", "kib"), WEIGHTS.items())
def test_a_page_is_light_enough_for_a_weak_link(enter, served, path, kib):
    page = enter("depot")
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    headers = {"Accept-Encoding": "gzip", "Cookie": "" if path == "/sign-in" else cookies}
    with urllib.request.urlopen(urllib.request.Request(served + path, headers=headers)) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.read()) <= kib * 1024


def test_the_first_page_is_whole_within_its_budget(enter):
    page = enter("depot")
    sizes: dict[str, int] = {}  # the icon of the page before may still be on its way
    page.on("requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}))
    page.goto("/", wait_until="networkidle")
    assert len(sizes) <= 8 and sum(sizes.values()) <= 60 * 1024
