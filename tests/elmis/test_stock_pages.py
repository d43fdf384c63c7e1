"""The stock pages as a storekeeper, a manager and a stranger see them."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from core.web import paging
from plugins.elmis.catalogue.models import Lot, Policy
from plugins.elmis.ledger.models import Discrepancy, Movement
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.stock import month
from plugins.elmis.stock.tables import StockTable
from tests import make as core_make
from tests.elmis import make

NAME = "Amoxicilline 250 mg <b>gélule</b>"


@pytest.fixture
def stock(app, world):
    """Store 500 units of which 120 were dispensed, and people who may see, manage or do nothing there."""
    make.reference()
    with unit_of_work(Access.system("test")):
        place = world["P1A-CDS1"]
        lot = make.lot(make.product("AMX", name_fr=NAME), "LOT-A00", today() + timedelta(days=40))
        make.receive(place, lot, 500, today() - timedelta(days=10))
        make.dispense(place, lot, 120, today() - timedelta(days=2))
        core_make.user("aline", place, "storekeeper")
        core_make.user("chef", place, "stock_manager")
        core_make.user("voisin", world["P1A-CDS2"], "stock_manager")
        core_make.user("bds", world["P1A"], "district_pharmacist")
        return {"product": lot.product_id, "lot": lot.id, "facility": place.id}


def seen(client, login, path):
    core_make.sign_in(client, login)
    return client.get(path)


def movements():
    return [row.id for row in db.session.query(Movement).order_by(Movement.id)]


PAGES = [
    "/",
    "/lots",
    "/expiring?days=90",
    "/products/{product}",
    "/month",
    "/?status=adequate",
    "/?sort=-value&q=amoxi",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_storekeeper_reads_the_stock_of_the_place(client, stock, path):
    answer = seen(client, "aline", "/elmis/stock" + path.format(**stock))
    assert answer.status_code == 200
    assert "<b>gélule</b>" not in answer.text


@pytest.fixture
def three(app, world, stock, monkeypatch):
    """Three articles where a page has two."""
    monkeypatch.setattr(paging, "SIZE", 2)
    monkeypatch.setattr(StockTable, "size", 2)
    with unit_of_work(Access.system("test")):
        for code in ("BBB", "CCC"):
            make.receive(world["P1A-CDS1"], make.lot(make.product(code, name_fr=f"Zinc {code}"), f"L-{code}"), 10)


@pytest.mark.parametrize("path", ["/elmis/stock/", "/elmis/stock/lots"])
def test_a_long_stock_comes_in_pages_and_is_searched_counted_and_printed_whole(client, stock, three, path):
    first, second = (seen(client, "aline", f"{path}?page={n}").text for n in (1, 2))
    assert [text.count("<tr>") for text in (first, second)] == [3, 2]  # with the heads
    assert "Zinc CCC" in second and "Zinc CCC" not in first
    assert "1–2 sur 3" in first and ("3 lots" in first or 'Tout <span class="count">3<' in first)
    found = client.get(f"{path}?q=zinc+ccc&page=2").text
    assert "Zinc CCC" in found and "Zinc BBB" not in found
    (whole,) = re.findall(r'id="print" href="([^"]+)"', first)
    printed = client.get(whole.replace("&amp;", "&")).text
    assert printed.count("<tr>") == 4 and "data-print" in printed and 'class="pages"' not in printed


def test_orders_statuses_and_files_of_a_long_stock_begin_at_its_first_page(client, stock, three):
    text = seen(client, "aline", "/elmis/stock/?page=2").text
    for sign in ("sort=value", "status=", "format=csv"):
        found = [link for link in re.findall(r'href="(/elmis/stock/\?[^"]+)"', text) if sign in link]
        assert found and not any("page=" in link for link in found)
    assert client.get("/elmis/stock/?page=2&format=csv").text.count("Zinc") == 2


def test_the_chips_count_what_the_search_leaves(client, stock):
    everything = seen(client, "aline", "/elmis/stock/").text
    assert re.search(r'Tout <span class="count">1<', everything)
    for asked in ("q=zzz", "q=zzz&f.status=adequate"):
        assert re.search(r'Tout <span class="count">0<', client.get(f"/elmis/stock/?{asked}").text)


def test_the_limits_of_the_card_are_units_of_the_product_and_say_so(client, world, stock):
    with unit_of_work(Access.system("test")):
        place, lot = world["P1A-CDS1"], db.session.get(Lot, stock["lot"])
        lot.product.base_unit_fr = "gélule"
        db.session.add(Policy(min_months=1, max_months=2, emergency_months=0, lead_time_days=0))
        make.receive(place, lot, 900, today() - timedelta(days=130))
        make.dispense(place, lot, 300, today() - timedelta(days=50))
    text = seen(client, "aline", f"/elmis/stock/products/{stock['product']}").text
    assert re.search(r"min \d+, max \d+ gélules", text), re.findall(r"min \d.*", text)


def test_the_card_has_the_columns_of_the_paper_and_a_running_balance(client, stock):
    text = seen(client, "aline", f"/elmis/stock/products/{stock['product']}").text
    balances = re.findall(r'main-figure" data-label="[^"]+">([\d\s\u202f\u00a0]+)</td>', text)
    assert [balance.strip() for balance in balances] == ["0", "500", "380", "380"]
    assert text.count('<th scope="col"') >= 9 and "LOT-A00" in text


def test_the_card_of_some_days_begins_with_what_was_there(client, stock):
    path = f"/elmis/stock/products/{stock['product']}?from={today() - timedelta(days=5)}&to={today()}"
    text = seen(client, "aline", path).text
    balances = re.findall(r'main-figure" data-label="[^"]+">([\d\s\u202f\u00a0]+)</td>', text)
    assert [balance.strip() for balance in balances] == ["500", "380", "380"]


@pytest.mark.parametrize("asked", ["from=hier&to=demain", "from=0000-00-00", "sort=drop&status=x", "days=-7"])
def test_what_nobody_can_read_in_an_address_is_passed_over(client, stock, asked):
    for path in (f"/products/{stock['product']}", "/", "/expiring"):
        assert seen(client, "aline", f"/elmis/stock{path}?{asked}").status_code == 200


def test_nobody_reads_the_stock_of_a_neighbour(client, stock):
    for path in ("/", "/lots", f"/products/{stock['product']}"):
        answer = seen(client, "voisin", f"/elmis/stock{path}?facility={stock['facility']}")
        assert answer.status_code == 403 and "LOT-A00" not in answer.text
    assert seen(client, "voisin", f"/elmis/stock/movements/{movements()[0]}").status_code == 404
    assert "LOT-A00" not in seen(client, "voisin", "/elmis/stock/expiring").text


def test_an_office_sees_the_stores_below_it(client, stock):
    text = seen(client, "bds", "/elmis/stock/").text
    assert f"facility={stock['facility']}" in text
    assert "LOT-A00" in seen(client, "bds", "/elmis/stock/expiring?days=60").text


def test_a_manager_reverses_a_movement_once(client, stock):
    row = movements()[-1]
    assert seen(client, "aline", f"/elmis/stock/movements/{row}/reverse").status_code == 403
    page = seen(client, "chef", f"/elmis/stock/movements/{row}/reverse")
    key = re.search(r'name="_key"[^>]*value="([^"]+)"', page.text).group(1)
    assert client.post(f"/elmis/stock/movements/{row}/reverse", data={"_key": key, "comment": " "}).status_code == 422
    for _turn in range(2):
        answer = client.post(f"/elmis/stock/movements/{row}/reverse", data={"_key": key, "comment": "erreur"})
        assert answer.status_code == 302
    again = client.post(f"/elmis/stock/movements/{row}/reverse", data={"_key": "other", "comment": "erreur"})
    assert again.status_code == 422
    assert len(movements()) == 3
    text = client.get(f"/elmis/stock/products/{stock['product']}").text
    assert 'class=" reversed"' in text
    assert client.get(answer.location).status_code == 200
    assert verify_ledger() == []


def test_the_list_is_taken_away_as_a_file(client, stock):
    answer = seen(client, "aline", "/elmis/stock/?format=csv")
    text = answer.data.decode("utf-8-sig")
    assert "AMX;" in text and ";380;" in text
    assert client.get("/elmis/stock/?format=xlsx").data[:2] == b"PK"


def test_the_cards_of_the_month_lead_to_what_is_there(client, stock, world):
    with unit_of_work(Access.system("test")):
        place = world["P1A-CDS1"]
        for units in (30, 5):
            make.dispense(place, db.session.get(Lot, stock["lot"]), units)
        there = make.on_hand(place, db.session.get(Lot, stock["lot"]))
        make.receive(place, lot := make.lot(make.product("LATE")), 9, on=today() - timedelta(days=30))
        assert [card.moved[0].units for card in month.cards(place) if card.product.id == lot.product_id] == [9]
        card = next(one for one in month.cards(place) if one.product.id == stock["product"])
        assert card.there == there == 345
        assert [(one.units, one.left) for one in card.moved[:2]] == [(-5, there), (-30, there + 5)]
    page = seen(client, "aline", "/elmis/stock/month")
    assert "data-find-card" in page.text and page.headers["Amagara-Keep"]


def test_a_month_of_a_large_depot_is_cut_to_what_a_device_keeps_and_the_page_says_so(client, stock, world, monkeypatch):
    one = month.Moved(today(), "BS-1", "", "A", -1, 0)
    many = [month.MonthCard(None, moved=[replace(one, left=left) for left in range(12)]) for _card in range(1500)]
    assert month.shorten(many[:200]) == 0 and month.shorten(many) == 2
    assert [[each.left for each in card.moved] for card in (many[0], many[-1])] == [
        [0, 1]
    ] * 2  # the last ones stand first
    with unit_of_work(Access.system("test")):
        for units in (3, 5):
            make.dispense(world["P1A-CDS1"], db.session.get(Lot, stock["lot"]), units)
    whole = seen(client, "aline", "/elmis/stock/month").text
    monkeypatch.setattr(month.shorten, "__defaults__", (1,))
    cut = client.get("/elmis/stock/month").text
    assert "derniers mouvements" in cut and "derniers mouvements" not in whole and len(cut) < len(whole)


def test_a_shortfall_waits_in_the_inbox_until_it_is_justified(client, stock, world):
    with unit_of_work(Access.system("test")):
        place = world["P1A-CDS1"]
        sides = location(place).id, location(place, "consumption").id
        post([Move(stock["lot"], 400, *sides, "dispensed")], covers_shortage=True)
    row = db.session.query(Discrepancy.id).scalar()
    assert "Amoxicilline" in seen(client, "chef", "/inbox").text
    assert client.get("/elmis/stock/shortfalls").status_code == 200
    page = client.get(f"/elmis/stock/shortfalls/{row}")
    key = re.search(r'name="_key"[^>]*value="([^"]+)"', page.text).group(1)
    answer = client.post(f"/elmis/stock/shortfalls/{row}", data={"_key": key, "explanation": "bon retrouvé"})
    assert answer.status_code == 302
    assert "bon retrouvé" in client.get("/elmis/stock/shortfalls").text
    assert "Amoxicilline" not in client.get("/inbox").text


def test_a_facility_page_tells_the_state_of_its_stock(client, stock):
    text = seen(client, "aline", f"/facilities/{stock['facility']}").text
    assert f"/elmis/stock/tally?facility={stock['facility']}" in text  # the browser asks for it afterwards
    text = client.get(f"/elmis/stock/tally?facility={stock['facility']}").text
    assert f"/elmis/stock/?facility={stock['facility']}" in text
