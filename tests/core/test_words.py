"""Messages: what users typed stands in them as text, in whichever template they are shown."""

import re
from collections import defaultdict
from types import ModuleType

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale
from pluggy import PluginManager

import core.plugin
from core import web
from core.contract.words import _, ngettext
from core.data.access import Access
from core.data.work import unit_of_work
from scripts.messages import KEYWORDS, METHODS, TEMPLATES
from tests import make
from tests.pages import ROOT, messages

PLACES = "facility|supplier|place|store|sender|receiver|source|target|counterpart|depot"
CONTRACTS = re.compile(
    rf"(?:\b(?:de|du|à|au)[ \u00a0]|d’)%\((?:{PLACES})\)s", re.I
)  # "de %(place)s": "de CDS" is no French


def test_a_package_is_a_colis_and_a_pack_is_none():
    """“Colis” meant the pack of an article here and the box on the lorry there; first expiry first goes by one name."""
    said = [(english.lower(), french.lower()) for english, french in messages()]
    boxed = [english for english, french in said if re.search(r"\bcolis\b", french)]
    assert len(boxed) > 3 and [english for english in boxed if "package" not in english] == []
    assert [english for english, french in said if re.search(r"\bpacks?\b", english) and "colis" in french] == []
    assert [french for _english, french in said if re.search(r"\b(fefo|peps|fifo)\b", french)] == []
    assert any("(ppps)" in french for _english, french in said)


def test_a_requisition_is_what_a_facility_asks_and_an_order_what_its_depot_makes_of_it():
    """About sixty texts called a requisition an order: “the order was returned”, with a button “Propose a requisition”."""
    made = {"made an order", "Made an order", "Making of the order", "Prepare the order"}  # what a depot makes of one
    made |= {"The order is ready to be prepared."}
    asked = {english: french for english, french in messages() if re.search("requisition", english, re.I)}
    assert len(asked) > 80 and not [each for each in asked.values() if not re.search("réquisition", each, re.I)]
    assert not [english for english, french in messages() if "réquisition" in french.lower() and english not in asked]
    server = re.compile("command|control sign|amagara")
    bought = [english for english, french in messages() if re.search(r"\bcommand(e|é)", french, re.I)]
    assert len(bought) > 40
    assert not [each for each in bought if not re.search(r"\border", each, re.I) and not server.search(each)]
    room = ROOT / "plugins" / "elmis"
    places = [*room.glob("requisitions/*.py"), *room.glob("templates/elmis/requisitions/*.html")]
    texts = {text for path in places for text in _texts(path)}
    assert len(texts) > 150 and {text for text in texts if re.search(r"\border(s|ed)?\b", text, re.I)} == made


def _texts(path):
    """Yield every message of a source."""
    for _line, found, *_more in extract_from_file(METHODS[path.suffix], str(path), KEYWORDS, options=TEMPLATES):
        yield from [found] if isinstance(found, str) else found


def test_a_text_has_one_french_word_whatever_plugins_are_on():
    """Catalogues are merged: of two words for a text the first plugin's would count on the pages of all."""
    said = defaultdict(set)
    for path in [*ROOT.glob("core/translations/fr/*/*.po"), *ROOT.glob("plugins/*/translations/fr/*/*.po")]:
        with path.open("rb") as file:
            for one in read_po(file):
                said[one.id].add(one.string)
    assert len(said) > 2000
    assert {english: words for english, words in said.items() if len(words) > 1} == {}


def test_the_core_and_then_the_first_plugin_have_the_word(tmp_path):
    for name, word in (("first", "Premier"), ("second", "Second")):
        folder = tmp_path / name / "translations" / "fr" / "LC_MESSAGES"
        folder.mkdir(parents=True)
        catalogue = Catalog("fr")
        catalogue.add("Only of plugins", word)
        catalogue.add("Save", "Trop")
        with (folder / "messages.mo").open("wb") as file:
            write_mo(file, catalogue)
    app, manager = Flask(__name__), PluginManager("amagara")
    manager.register(core.plugin, "core")
    for name in ("first", "second"):
        module = ModuleType(name)
        module.__file__ = str(tmp_path / name / "plugin.py")
        manager.register(module, name)
    Babel(app, default_translation_directories=";".join(web.catalogues(manager)))
    with app.app_context(), force_locale("fr"):
        assert (str(_("Only of plugins")), str(_("Save"))) == ("Premier", "Enregistrer")


BEHIND = re.compile(r"\}\}[;:!?](?=[\s<])[^\n]{0,40}")


def test_the_name_of_a_place_never_stands_behind_a_word_that_it_would_change():
    """“Du CDS”, “de l’hôpital”: names carry no article, so French messages name places beside, not inside, a phrase."""
    strings = [french for _english, french in messages()]
    assert len(strings) > 2000
    assert [string for string in strings if CONTRACTS.search(string)] == [], (
        "say “Destinataire : %(facility)s” or the like"
    )


def test_punctuation_that_french_spaces_stands_in_messages():
    """“l’a détenu;” came of a semicolon that a template put behind a message."""
    templates = [path for place in ("core", "plugins") for path in (ROOT / place).rglob("templates/**/*.html")]
    wrong = {path.name: found for path in templates if (found := BEHIND.findall(path.read_text("utf-8")))}
    assert wrong == {}


EVIL = "<script>alert('x')</script>"


def test_a_users_words_inside_a_message_are_text_and_no_html(app):
    template = app.jinja_env.from_string("{{ one }}{{ many }}")
    shown = template.render(one=_("No code %(code)s.", code=EVIL), many=ngettext("%(x)s", "%(x)s", 2, x=EVIL))
    assert shown.count("&lt;script&gt;") == 2 and "<script>" not in shown


def test_a_name_in_the_title_of_a_page_is_text(app, world, client):
    with unit_of_work(Access.system("test")):
        world.user("nobody").name = EVIL
    make.sign_in(client, "admin")
    for path in ("/users/{}", "/users/{}/rights", "/users/{}/grant"):
        text = client.get(path.format(world.users["nobody"])).text
        assert "&lt;script&gt;" in text and "<script>alert" not in text, path
    text = client.post(f"/users/{world.users['nobody']}/invite").text
    assert "&lt;script&gt;" in text and "<script>alert" not in text


def test_a_word_is_said_in_the_language_of_the_moment(app):
    """The catalogue is kept for a page: whoever forces another language within it hears that language, and then again
    his own."""
    said, many = _("Search"), ngettext("%(num)s day late", "%(num)s days late", 2)
    with app.test_request_context(), force_locale("fr"):
        french = str(said), str(many)
        with force_locale("en"):
            assert (str(said), str(many)) == ("Search", "2 days late")
        assert (str(said), str(many)) == french != ("Search", "2 days late")
        drawn = app.jinja_env.from_string('{{ _("%(name)s", name="<b>") }} {{ ngettext("%(num)s", "%(num)s %%", 2) }}')
        assert drawn.render() == "&lt;b&gt; 2 %"
