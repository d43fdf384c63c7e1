"""The home page: what waits, then each plugin in its place, for whom works with it, as he arranged it."""

import re

import pytest
from flask import render_template_string

from core.contract.checks import DoesNotFit, sections_fit
from core.contract.hookspecs import hookimpl
from core.contract.ports import Action, Card, Home, Panel, Section
from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from core.web.icons import read
from tests import make
from tests.statements import statements

SHOWN = re.compile(r"<h2>(Section \w)</h2>")
RIGHTS = {
    "a": "core.facility.edit",
    "b": "core.user.view",
    "c": "core.audit.view",
    "d": "core.role.edit",
    "e": "core.import",
}


class Small:
    """A plugin with a section of four figures, as plugins are."""

    def __init__(self, letter, weight):
        self.letter, self.weight, self.asked, self.fails = letter, weight, 0, False

    @hookimpl
    def home(self):
        right = RIGHTS[self.letter]
        action = Action(f"Do {self.letter}", "facilities.index", right, {"q": self.letter})
        return [Section(f"Section {self.letter}", "facilities.index", {right: self.weight}, [action], "wrench")]

    @hookimpl
    def cards(self, facility):
        self.asked += 1
        if self.fails:
            raise ZeroDivisionError
        return [Card(f"Figure {self.letter}{n}", str(n), "facilities.index", order=9 - n) for n in range(5)]

    @hookimpl
    def panels(self, obj):
        place = "Plot" if isinstance(obj, Home) else "Panel"
        return [Panel(f"{place} {self.letter}", "error.html", {"heading": "", "advice": "", "status": 1, "title": ""})]


@pytest.fixture
def five(app):
    manager = app.extensions["amagara.plugins"]
    plugins = {letter: Small(letter, weight) for letter, weight in zip("abcde", (10, 50, 30, 20, 40), strict=True)}
    for letter, plugin in plugins.items():
        manager.register(plugin, f"small{letter}")
    yield plugins
    for plugin in plugins.values():
        if manager.is_registered(plugin):
            manager.unregister(plugin)


@pytest.fixture
def admin(world, client):
    make.sign_in(client, "admin")
    return client


def in_order(client):
    return "".join(name[-1] for name in SHOWN.findall(client.get("/").text))


def test_each_plugin_has_its_place_by_what_a_person_does(world, five, client):
    """The weights are declared; who holds no right of a section does not see it, nor are its figures asked for."""
    make.sign_in(client, "admin")
    text = client.get("/").text
    assert in_order(client) == "becda"
    assert text.index("rien ne vous attend") < text.index("Section b")
    assert "Figure b4" in text and "Figure b1" in text and "Figure b0" not in text, "four, by their order"
    assert text.count("Do a</a>") == 1 and "/facilities/?q=a" in text
    assert "Plot" not in text, "with five plugins there is no room for plots"
    make.sign_in(reader := client.application.test_client(), "auditor")
    five["a"].asked = five["d"].asked = 0
    assert set(in_order(reader)) <= set("bc") and not five["a"].asked and not five["d"].asked


def test_with_few_plugins_the_plots_stand_below(app, five, admin):
    for letter in "cde":
        app.extensions["amagara.plugins"].unregister(five[letter])
    text = admin.get("/").text
    assert "Plot a" in text and text.index("Figure a1") < text.index("Plot b")


@pytest.mark.both_databases
def test_a_plugin_that_fails_keeps_its_place_and_says_so(five, admin, caplog):
    five["e"].fails = True
    text = admin.get("/").text
    assert in_order(admin) == "becda" and "of the plugin smalle failed" in caplog.text
    part = text[text.index("Section e") : text.index("Section c")]
    assert "ne peut pas être affichée" in part and "Figure" not in part and "Figure c1" in text


def test_a_person_arranges_the_page_and_it_stays_so(five, admin, world):
    page = admin.get("/home/sections").text
    assert admin.get("/").text.count("/home/sections") == 1
    names = re.findall(r'name="sections-(\d+)-name"[^>]*value="(\w+)"', page)
    assert [name for _n, name in names] == ["smallb", "smalle", "smallc", "smalld", "smalla"]
    said = {f"sections-{n}-name": name for n, name in names} | {f"sections-{n}-shown": "y" for n, _name in names}
    said |= {"sections-4-position": "1", "sections-2-position": "2"}
    del said["sections-1-shown"]
    five["e"].asked = 0
    assert admin.post("/home/sections", data=said).headers["Location"] == "/"
    assert in_order(admin) == "acbd" and not five["e"].asked, "what is hidden asks nothing"
    again = admin.get("/home/sections").text
    assert re.search(r'name="sections-0-position"[^>]*value="1"', again) and "smalle" in again
    wrong = admin.post("/home/sections", data=said | {"sections-0-position": "0"})
    assert wrong.status_code == 422
    with unit_of_work(Access.system("test")):
        make.user("second", world["BI"], "administrator")
    make.sign_in(other := admin.application.test_client(), "second")
    assert in_order(other) == "becda", "it is this person's page alone"


def test_whoever_is_signed_in_arranges_a_page_of_his_own(five, world, client):
    make.sign_in(client, "auditor")
    (name, *_others) = re.findall(r'name="sections-\d+-name"[^>]*value="(\w+)"', client.get("/home/sections").text)
    answer = client.post("/home/sections", data={"sections-0-name": name, "sections-0-position": "3"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/"
    assert world.user("auditor").home == {"order": {name: 3}, "hidden": [name]}


def test_a_plugin_without_a_section_shows_its_figures_under_its_name(app, admin):
    class Older:
        LABEL = "Cahier"

        @hookimpl
        def cards(self, facility):
            return [Card("Visites", "7", "facilities.index")]

    app.extensions["amagara.plugins"].register(older := Older(), "older")
    try:
        text = admin.get("/").text
        assert "<h2>Cahier</h2>" in text and "Visites" in text
    finally:
        app.extensions["amagara.plugins"].unregister(older)


def test_five_plugins_ask_no_statement_more_than_their_own(five, admin):
    admin.get("/")
    with statements() as first:
        admin.get("/password")
    with statements() as home:
        admin.get("/")
    assert len(home) - len(first) <= 2


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (Section("x", "facilities.index", {"core.nothing": 1}), "core.nothing"),
        (Section("x", "no.page", {"core.import": 1}), "no.page"),
        (Section("x", "facilities.index", {"core.import": 1}, icon="ill:none"), "ill:none"),
        (Section("x", "facilities.index", {}), "for nobody"),
        (Section("x", "home.home", {"core.import": 1}, [Action("y", "no.page", "core.import")]), "no.page"),
    ],
)
def test_a_section_that_leads_nowhere_refuses_the_start(app, section, why):
    class Wrong:
        @hookimpl
        def home(self):
            return [section]

    manager = app.extensions["amagara.plugins"]
    manager.register(wrong := Wrong(), "ill")
    try:
        with pytest.raises(DoesNotFit, match=why):
            sections_fit(app, manager)
    finally:
        manager.unregister(wrong)


def svg(inside, more=""):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" {more}>{inside}</svg>'.encode()


@pytest.mark.parametrize(
    "content",
    [
        svg("<script>alert(1)</script>"), svg('<path onclick="x()" d="M0 0"/>'), svg('<image href="http://x/y.png"/>'),
        svg('<path d="M0 0" fill="url(http://x)"/>'), svg('<path style="fill:red" d="M0 0"/>'), svg("<text>x</text>"),
        svg("<foreignObject><p/></foreignObject>"), svg('<use href="#a"/>'), svg(f'<path d="{"M0 0" * 1100}"/>'),
        b"<svg", b"", b"<p viewBox='0 0 1 1'/>", svg("").replace(b"viewBox", b"view"),
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("<g>&a;</g>"),
    ],
)  # fmt: skip
def test_an_icon_is_shapes_and_nothing_else(content):
    with pytest.raises(DoesNotFit):
        read(content, "icon.svg")


def test_an_icon_of_a_plugin_stands_in_the_page(app):
    app.extensions["amagara.icons"]["x:icon"] = read(svg('<path class="a" d="M1 2z"/>', 'stroke-width="2"'), "icon.svg")
    try:
        with app.test_request_context():
            drawn = render_template_string("{{ icon('x:icon') }}")
        assert (
            drawn
            == '<svg class="icon " viewBox="0 0 24 24" aria-hidden="true"><g stroke-width="2"><path d="M1 2z" /></g></svg>'
        )
    finally:
        del app.extensions["amagara.icons"]["x:icon"]
        db.session.rollback()
