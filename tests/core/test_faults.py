"""One plugin's fault stays its own: its place is missing, the page says so, and all else serves."""

import pytest

from core.contract.hookspecs import hookimpl
from core.contract.ports import Home, Panel
from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from tests import make
from tests.statements import sql


class Ill:
    """A plugin all of whose parts fail, each in a way of its own."""

    @hookimpl
    def inbox(self):
        raise ZeroDivisionError

    @hookimpl
    def cards(self, facility):
        db.session.execute(sql("SELECT nothing FROM nowhere"))  # PostgreSQL refuses all that follows in the transaction

    @hookimpl
    def panels(self, obj):
        where = "here" if isinstance(obj, Home) else "there"
        return [Panel("A panel", "no/such/template.html", {"where": where})]

    @hookimpl
    def menu(self):
        raise KeyError("menu")

    @hookimpl
    def found(self, text):
        yield from [1 / 0]

    @hookimpl
    def closing(self, facility):
        raise ZeroDivisionError


@pytest.fixture
def ill(app):
    manager, plugin = app.extensions["amagara.plugins"], Ill()
    manager.register(plugin, "ill")
    yield plugin
    manager.unregister(plugin)


@pytest.mark.both_databases
@pytest.mark.parametrize("path", ["/", "/inbox", "/search?q=P1A", "/facilities/{P1}", "/facilities/"])
def test_a_page_serves_and_says_whose_part_is_missing(app, world, client, ill, path, caplog):
    make.sign_in(client, "admin")
    answer = client.get(path.format(**world.ids))
    assert answer.status_code == 200 and "Une partie de cette page manque" in answer.text and "ill" in answer.text
    assert "Administration" in answer.text and "of the plugin ill failed" in caplog.text
    if path in ("/", "/facilities/{P1}"):
        assert "A panel" in answer.text and "Cette partie ne peut pas être affichée" in answer.text


def test_what_must_be_known_before_a_step_is_never_left_out(app, world, client, ill):
    """What closing a place would strand is no decoration: without an answer it stays open."""
    make.sign_in(client, "admin")
    assert client.get(f"/facilities/{world.ids['P1A-CDS1']}/close").status_code == 500
    with pytest.raises(ZeroDivisionError), unit_of_work(Access.system("test")):
        from core.facilities import services

        services.close(world["P1A-CDS1"], today())
