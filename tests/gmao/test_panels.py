"""Panels of rows on the page of a piece: one statement says which have any, and the others cost nothing."""

import re

import pytest

from core.data.access import acting
from core.data.work import unit_of_work
from core.nouns.pages import listed
from core.web.panels import ordered
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.moves import services as moves
from plugins.gmao.moves.models import Move
from plugins.gmao.moves.tables import MoveTable
from plugins.gmao.testing.models import EquipmentTest
from plugins.gmao.testing.tables import TestTable as EquipmentTests
from tests import make as people
from tests.gmao.make import piece, row
from tests.statements import statements

pytestmark = pytest.mark.both_databases


def moved(world, *pieces):
    """Send pieces elsewhere."""
    for id in pieces:
        with unit_of_work(world.access("head")):
            moves.send(row(id), facility=world["P1A-CDS2"], purpose="loan")


def test_a_panel_stands_where_there_are_rows_and_counts_them(app, country):
    gone, stays = piece(country), piece(country)
    moved(country, gone)
    client = app.test_client()
    people.sign_in(client, "head")
    shown, bare = (client.get(f"/gmao/equipment/{id}").text for id in (gone, stays))
    number = re.search(r"/gmao/moves/\?q=[^>]*>[^<]*\(1\)", shown)
    assert number and "/gmao/moves/?q=" not in bare and "/gmao/tests/?q=" not in shown


def test_all_panels_are_counted_by_one_statement_and_only_what_is_seen(app, country):
    gone = piece(country)
    moved(country, gone)
    for login, titles in (("head", 1), ("other", 0)):
        with app.test_request_context("/"), acting(country.access(login)):
            found = [
                *listed(MoveTable, Move.equipment_id == gone, {}, empty=False),
                *listed(EquipmentTests, EquipmentTest.equipment_id == gone, {}, empty=False),
            ]
            with statements() as sent:
                assert len(ordered(found)) == titles
            assert len([each for each in sent if "count(" in each]) == 1


def test_a_panel_whose_rows_cannot_be_read_does_not_take_the_page_with_it(app, country, monkeypatch):
    gone = piece(country)
    moved(country, gone)
    client = app.test_client()
    people.sign_in(client, "head")
    latest = MoveTable.latest

    def broken(self, *given, **more):
        raise ValueError("broken")

    monkeypatch.setattr(MoveTable, "latest", broken)
    answer = client.get(f"/gmao/equipment/{gone}")
    assert answer.status_code == 200 and row(gone).code in answer.text and latest is not MoveTable.latest
    assert "/gmao/moves/?q=" not in answer.text


def test_a_piece_without_anything_asks_few_statements(app, country):
    id = piece(country)
    client = app.test_client()
    people.sign_in(client, "head")
    client.get(f"/gmao/equipment/{id}")
    with statements() as sent:
        client.get(f"/gmao/equipment/{id}")
    assert Equipment.__tablename__ in " ".join(sent) and len(sent) <= 24
