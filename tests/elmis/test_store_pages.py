"""The pages of a store by clicks: packs or units, stores, wards, what a line says, and questions with their ticks."""

import re
from datetime import timedelta

import pytest

from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import location
from plugins.elmis.store.services import add_store
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.test_papers import opened
from tests.pages import answers

PLACE = "P1A-CDS1"
NEW = "/elmis/store/new/"


@pytest.fixture
def shop(app, world, client):
    """Sign a storekeeper in where 350 of one lot lie in the main store, and a ward belongs to the place."""
    make.reference()
    with unit_of_work(Access.system("test")):
        world.users["keeper"] = people.user("keeper", world[PLACE], "storekeeper").id
        product = make.product("AMOX", pack_size=100)
        make.product("ASPI")
        make.receive(world[PLACE], make.lot(product, "A1", today() + timedelta(days=300)), 350)
        world.ids["ward"] = people.facility("W1", "service", world[PLACE], name="Maternité").id
        db.session.get(type(world["ward"]), world.ids["ward"]).type.kind = "unit"
    people.sign_in(client, "keeper")
    return world


def line(**values):
    return {f"lines-0-{name}": value for name, value in {"product": "AMOX", **values}.items()}


def last():
    return db.session.query(Movement).order_by(Movement.id.desc()).first()


def test_an_issue_in_packs_to_a_ward_of_the_list(shop, client):
    page = client.get(f"{NEW}issue").text
    assert "Maternité" in page and 'data-combo="/elmis/store/articles"' in page
    head = {"occurred_on": f"{today():%d/%m/%Y}", "ward": "Maternité"}
    answer = client.post(f"{NEW}issue", data={**head, **line(quantity="2", measure="pack")})
    assert answer.status_code == 302
    assert (last().quantity, last().counterpart) == (200, "Maternité")
    document = client.get(answer.headers["Location"], follow_redirects=True).text
    assert "2\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}100" in document and "conditionnement" not in document
    answer = client.post(f"{NEW}issue", data={**head, **line(quantity="2", measure="pack")})
    assert answer.status_code == 422 and "150" in answer.text  # at its line: 150 units are left


@pytest.mark.parametrize(("said", "units"), [("shown", 120), ("now", 200)])
def test_packs_are_those_that_the_page_showed_or_are_asked(shop, client, said, units):
    """The page said 60 a pack, the catalogue says 100 by the time it is sent: 2 packs were 200 without a word."""
    data = {"occurred_on": f"{today():%d/%m/%Y}", "ward": "Maternité", **line(quantity="2", measure="pack", size="60")}
    asked = client.post(f"{NEW}issue", data=data)
    assert asked.status_code == 422 and last().quantity == 350
    assert client.post(f"{NEW}issue", data=data | answers(asked.text, said)).status_code == 302
    assert last().quantity == units
    data |= line(quantity="1", measure="pack", size="100") | {"_key": "other"}
    assert client.post(f"{NEW}issue", data=data).status_code == 302 and last().quantity == 100


def test_a_line_says_what_is_there(shop, client):
    results = client.get("/elmis/store/articles?q=").get_json()["results"]
    assert [one["value"] for one in results] == ["AMOX", "ASPI"]  # what is in stock first
    assert "350" in results[0]["detail"] and "rien" in results[1]["detail"]
    lots = client.get("/elmis/store/lots?product=amox").get_json()["results"]
    assert lots[0]["value"] == "A1" and "350" in lots[0]["detail"]
    facts = client.get("/elmis/store/shelf?product=AMOX").get_json()
    assert (facts["unit"], facts["pack"], facts["free"], facts["by_lot"]) == ("comprimé", 100, 350, {"a1": 350})
    assert client.get("/elmis/store/shelf?product=NOTHING&store=99999999999999999999").get_json() == {}


def test_a_number_alone_picks_no_article_by_likeness(shop, client):
    """“75” and Enter, while a scan was awaited, took an article of 875 mg."""
    with unit_of_work(Access.system("test")):
        make.product("AMX", name_fr="Amoxicilline 875 mg")
        make.product("75", name_fr="Compresse")
    for address in ("/elmis/store/articles", "/lookup/elmis.product"):
        found = {text: client.get(f"{address}?q={text}").get_json()["results"] for text in ("75", "7", "87", "875 mg")}
        assert [[one["value"] for one in results] for results in found.values()] == [["75"], [], [], ["AMX"]]


def test_a_store_is_added_filled_and_remembered(shop, client):
    assert client.get(f"{NEW}move").status_code == 302  # to the stores: there is only one
    assert client.post("/elmis/store/stores", data={"name": "Réserve"}).status_code == 302
    assert client.post("/elmis/store/stores", data={"name": "RÉSERVE"}).status_code == 422
    other = location(shop[PLACE], "store", "réserve").id
    main = location(shop[PLACE]).id
    head = {"occurred_on": f"{today():%d/%m/%Y}", "store": main}
    target = client.get(f"{NEW}move").text.partition('name="target"')[2].partition("</select>")[0]
    assert f'<option selected value="{other}">' in target  # not the store that it leaves
    assert client.post(f"{NEW}move", data={**head, "target": main, **line(quantity="5")}).status_code == 422
    assert client.post(f"{NEW}move", data={**head, "target": other, **line(quantity="50")}).status_code == 302
    assert make.on_hand(shop[PLACE], db.session.query(Lot).one(), "Réserve") == 50
    head["store"] = other
    assert client.post(f"{NEW}dispense", data={**head, **line(quantity="20")}).status_code == 302
    assert re.search(rf'<option selected value="{other}">', client.get(f"{NEW}issue").text)  # this browser's last one
    page = client.get(f"/elmis/stock/lots?store={other}").text
    assert "1 lot, 300" in page.replace("\xa0", " ")  # 30 at 10 FBu
    assert client.post(f"/elmis/store/stores/{other}", data={"name": "Chambre froide"}).status_code == 302
    assert "Chambre froide" in client.get("/elmis/stock/").text


def test_questions_of_a_receipt_are_answered_by_ticks(shop, client):
    head = {"occurred_on": f"{today():%d/%m/%Y}", "_key": "k1"}
    sent = {**head, **line(lot="Z9", expiry="12/2097", quantity="2000000")}
    asked = client.post(f"{NEW}receive", data=sent)
    tokens = re.findall(r'type="checkbox"[^>]*name="_confirm" value="(\w+)"', asked.text)
    assert asked.status_code == 422 and len(tokens) == 2 and "31/12/2097" in asked.text
    half = client.post(f"{NEW}receive", data={**sent, "_confirm": tokens[:1]})
    assert half.status_code == 422 and f'type="hidden" name="_confirm" value="{tokens[0]}"' in half.text
    assert client.post(f"{NEW}receive", data={**sent, "_confirm": tokens}).status_code == 302
    assert last().comment.count("Confirmé") == 2


def test_a_delivery_is_put_into_the_store_that_is_chosen(app, world, client):
    ids = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        other = add_store(world[flow.CENTRE], "Réserve").id
        location(world[flow.CENTRE])
    shipment = flow.shipped(world, flow.order(world, ids["product"], 100))
    receipt = flow.expected(shipment)
    people.sign_in(client, "keeper")
    page = f"/elmis/receipts/{receipt}/count"
    assert "Réserve" in client.get(page).text
    (row,) = flow.lines(shipment).values()
    data = {"received_on": f"{today():%d/%m/%Y}", "store": other, "lines-0-line": row.id, "lines-0-accepted": 100}
    assert client.post(page, data=data).status_code == 302
    assert make.on_hand(world[flow.CENTRE], db.session.get(Lot, ids["soon"]), "Réserve") == 100


def test_a_transfer_leaves_the_store_that_is_chosen(shop, client):
    with unit_of_work(Access.system("test")):
        other = add_store(shop[PLACE], "Réserve")
        make.post([make.Move(db.session.query(Lot).one().id, 40, location(shop[PLACE]).id, other.id, "store_move")])
        other = other.id
    head = {
        "facility": "P1A-CDS2",
        "shipped_on": f"{today():%d/%m/%Y}",
        "packages": 1,
        "note": "surplus",
        "store": other,
    }
    assert client.post("/elmis/transfers/new", data={**head, **line(quantity="41")}).status_code == 422
    assert client.post("/elmis/transfers/new", data={**head, **line(quantity="40")}).status_code == 302
    assert make.on_hand(shop[PLACE], db.session.query(Lot).one(), "Réserve") == 0
    assert db.session.query(Product).filter_by(code="AMOX").one().pack_size == 100


def test_the_number_of_the_paper_has_its_own_place_is_found_and_is_asked_about_when_it_comes_again(shop, client):
    data = {"occurred_on": f"{today():%d/%m/%Y}", "counterpart": "CAMEBU", "reference": "BL-4711/b", "comment": "Camion 2",
            **line(lot="B1", expiry=f"{today() + timedelta(days=300):%d/%m/%Y}", quantity="7")}  # fmt: skip
    assert client.post(f"{NEW}receive", data=data).status_code == 302
    came = last()
    number, product = came.document, came.product_id
    assert (came.paper, came.comment) == ("BL-4711/b", "Camion 2")
    place = shop.ids[PLACE]
    pages = [f"/elmis/store/documents/{number}?facility={place}", f"/elmis/stock/movements/{came.id}",
             f"/elmis/stock/products/{product}?facility={place}"]  # fmt: skip
    assert all("BL-4711/b" in client.get(page).text for page in pages)
    assert f"{number}/{PLACE} (BL-4711/b)" in client.get("/search", query_string={"q": "BL-4711"}).text
    assert client.get("/search", query_string={"q": number}).location == pages[0]
    assert f'href="{pages[0]}">{number}<' in client.get(pages[2]).text, "a piece of the card is a link"
    again = client.post(f"{NEW}receive", data=data | {"_key": "second"})
    (token,) = re.findall(r'name="_confirm" value="(\w+)"', again.text)
    assert again.status_code == 422 and number in again.text
    assert client.post(f"{NEW}receive", data=data | {"_key": "third", "_confirm": token}).status_code == 302
    other = client.post(
        f"{NEW}receive", data=data | {"_key": "fourth", "counterpart": "Camebu", "reference": "bl 4711 B"}
    )
    assert other.status_code == 422 and number in other.text, "the same paper, however it is written"


def test_a_slip_and_a_count_sheet_are_papers_that_name_the_facility_and_are_found_by_their_code(shop, client):
    head = {"occurred_on": f"{today():%d/%m/%Y}", "counterpart": "CAMEBU"}
    new = line(lot="B1", expiry=f"{today() + timedelta(days=300):%d/%m/%Y}", quantity="7")
    assert client.post(f"{NEW}receive", data={**head, **new}).status_code == 302
    number, place = last().document, shop.ids[PLACE]
    count = client.post("/elmis/counts/", data={"what": "all"}).location
    for page, signers in (
        (f"/elmis/store/documents/{number}?facility={place}", ("Le magasinier", "Remis ou reçu par", "Le responsable")),
        (count, ("Premier compteur", "Second compteur", "Date, heure")),
    ):
        way, _mark, rest = page.partition("?")
        text, (code,), _name = opened(client, f"{way}/paper?{rest}")
        assert code.endswith(f"/{PLACE}") and code in text and "République du Burundi" in text
        assert all(words in text for words in ("B1", "Signature", *signers)), text
        found = client.get("/search", query_string={"q": code.lower()})
        assert found.status_code == 302 and found.location == page
    client.post("/sign-out")
    people.sign_in(client, "auditor")  # of the country: the address without the facility finds it, too
    answer = client.get(f"/elmis/store/documents/{number}", follow_redirects=True)
    assert answer.status_code == 200 and f"{number}/{PLACE}" in answer.text and "B1" in answer.text


def test_a_ward_that_is_typed_is_the_one_that_is_known_and_a_new_one_is_asked_about(shop, client):
    head = {"occurred_on": f"{today():%d/%m/%Y}", "ward": "", **line(quantity="1")}
    nobody = client.post(f"{NEW}issue", data=head)
    assert nobody.status_code == 422 and 'id="ward-error"' in nobody.text and last().quantity == 350
    assert client.post(f"{NEW}issue", data=head | {"counterpart": "maternite "}).status_code == 302
    assert last().counterpart == "Maternité"
    typo = client.post(f"{NEW}issue", data=head | {"counterpart": "Matrenité"})
    assert typo.status_code == 422 and "« Maternité »".replace(" ", "\N{NO-BREAK SPACE}") in typo.text
    new = client.post(f"{NEW}issue", data=head | {"counterpart": "Urgences"})
    (token,) = re.findall(r'name="_confirm" value="(\w+)"', new.text)
    assert new.status_code == 422
    assert client.post(f"{NEW}issue", data=head | {"counterpart": "Urgences", "_confirm": token}).status_code == 302
    assert last().counterpart == "Urgences" and 'value="Urgences"' in client.get(f"{NEW}issue").text
