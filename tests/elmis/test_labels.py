"""Labels of lots and stores: who may read prints, and what is printed is understood when it is scanned."""

import re
from datetime import date
from html import unescape

import pypdfium2
import pytest
import zxingcpp

from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Pack, Product
from plugins.elmis.catalogue.scans import find_by_scan
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.ledger.services import Move, post
from plugins.elmis.orders.receiving import Counted
from tests import make
from tests.elmis import flow
from tests.elmis import make as rows
from tests.statements import statements

GTIN = "03453120000011"
PICKED = {"format": "70x37", "first": "1"}


@pytest.fixture
def ids(world):
    found = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        db.session.add(Pack(product_id=found["product"], size=100, label="Boîte de 100", gtin=GTIN))
        db.session.get(Lot, found["soon"]).expiry = date(2028, 6, 30)
    return found


def asked(client, address):
    """Return the ids and the numbers of labels that a page of labels proposes."""
    text = client.get(address).text
    found = re.findall(r'name="rows-(\d+)-(id|count)"[^>]*value="(\d+)"', text)
    said = {(number, name): int(value) for number, name, value in found}
    return {value: said[number, "count"] for (number, name), value in said.items() if name == "id"}


def sent(counts, **more):
    """Return a form of labels as a browser sends it."""
    lines = {f"rows-{number}-{name}": str(value) for number, pair in enumerate(counts.items())
             for name, value in zip(("id", "count"), pair, strict=True)}  # fmt: skip
    return {**lines, **PICKED, **more}


def read(answer):
    """Return the codes of each page of the PDF, as a reader sends them."""
    assert answer.status_code == 200 and answer.mimetype == "application/pdf", answer.text[-1500:]
    images = [page.render(scale=203 / 72).to_pil().convert("L") for page in pypdfium2.PdfDocument(answer.data)]
    return [[one.bytes.decode("latin-1") for one in zxingcpp.read_barcodes(image)] for image in images]


def words(answer):
    return " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(answer.data))


@pytest.mark.both_databases
def test_a_lot_is_printed_and_its_label_fills_a_line(world, ids, client):
    make.sign_in(client, "keeper")
    page = client.get(f"/elmis/catalogue/lots/{ids['soon']}").text
    way = unescape(re.search(r'href="(/labels/elmis\.lot[^"]*)"', page)[1])
    assert asked(client, way) == {ids["soon"]: 1}
    answer = client.post("/labels/elmis.lot", data=sent({ids["soon"]: 3}))
    (codes,) = read(answer)
    assert len(codes) == 3 and len(set(codes)) == 1
    found = find_by_scan(codes[0])
    assert (found.product.code, found.stored.id, found.expiry, found.quantity) == (
        "AMOX",
        ids["soon"],
        date(2028, 6, 30),
        100,
    )
    text = words(answer)
    assert all(each in text for each in ("Produit AMOX", "Lot SOON", "30/06/2028", "AMOX", "Boîte de 100", GTIN))


def test_a_lot_whose_product_has_no_gtin_or_whose_number_gs1_cannot_carry_is_found_by_its_number(world, ids, client):
    with unit_of_work(Access.system("test")):
        bare = rows.lot(rows.product("BARE"), "B-7 é").id
        odd = rows.lot(db.session.get(Product, ids["product"]), "(A) é").id
    make.sign_in(client, "keeper")
    (codes,) = read(client.post("/labels/elmis.lot", data=sent({bare: 1, odd: 1})))
    assert sorted(codes) == ["(A) é", "B-7 é"]
    assert client.get("/search", query_string={"q": "B-7 é"}).headers["Location"].endswith(f"/lots/{bare}")


def test_chosen_rows_of_the_list_and_all_of_a_filter_go_to_the_labels(world, ids, client):
    make.sign_in(client, "keeper")
    assert 'value="labels"' in client.get("/elmis/catalogue/lots").text
    one = client.post("/elmis/catalogue/lots", data={"action": "labels", "ids": [str(ids["late"])]})
    assert asked(client, one.headers["Location"]) == {ids["late"]: 1}
    every = client.post("/elmis/catalogue/lots?q=AMOX", data={"action": "labels", "all": "1"})
    assert asked(client, every.headers["Location"]) == {ids["soon"]: 1, ids["late"]: 1}
    none = client.post("/elmis/catalogue/lots", data={"action": "labels"})
    assert "/labels/" not in none.headers["Location"]
    assert client.post("/elmis/receipts", data={"action": "labels"}).status_code == 400, "receipts have no labels"


def test_a_receipt_proposes_a_label_for_each_package(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id, lines = flow.expected(shipment_id), flow.lines(shipment_id)
    make.sign_in(client, "keeper")
    assert "/labels/" not in client.get(f"/elmis/receipts/{receipt_id}").text, "nothing is there yet"
    counted = [Counted(lines["SOON"].id, 580, missing=20), Counted(lines["LATE"].id, 400)]
    flow.count(world, receipt_id, counted)
    page = client.get(f"/elmis/receipts/{receipt_id}").text
    way = unescape(re.search(r'href="(/labels/elmis\.lot[^"]*)"', page)[1])
    assert asked(client, way) == {ids["soon"]: 6, ids["late"]: 4}, "580 in packs of 100 are six packages, one begun"


def test_a_slip_of_what_came_in_proposes_labels_and_others_do_not(world, ids, client):
    day, lot = today(), ids["soon"]
    with unit_of_work(Access.system("test")):
        own, supplier, used = (rows.store(world[flow.CENTRE], kind).id for kind in ("store", "supplier", "consumption"))
        facts = {"occurred_on": day, "comment": ""}
        post([Move(lot, 250, supplier, own, "receipt", document="BE-1", **facts)])
        post([Move(lot, 50, own, used, "dispensed", document="BD-1", **facts)])
    make.sign_in(client, "keeper")
    page = client.get(f"/elmis/store/documents/BE-1?facility={world.ids[flow.CENTRE]}").text
    way = unescape(re.search(r'href="(/labels/elmis\.lot[^"]*)"', page)[1])
    assert asked(client, way) == {lot: 3}
    assert "/labels/" not in client.get(f"/elmis/store/documents/BD-1?facility={world.ids[flow.CENTRE]}").text


@pytest.mark.both_databases
def test_a_store_is_found_by_its_label(world, ids, client):
    with unit_of_work(Access.system("test")):
        place = rows.store(world[flow.DEPOT])
        store, transit = place.id, rows.store(world[flow.DEPOT], "consumption").id
    make.sign_in(client, "depot")
    assert f"/labels/elmis.location?ids={store}" in client.get("/elmis/store/stores").text
    answer = client.post("/labels/elmis.location", data=sent({store: 1, transit: 1}))
    assert read(answer) == [[f"MAG-{store}"]], "what is no store has no label"
    found = client.get(f"/search?q=mag-{store}")
    assert found.status_code == 302 and f"store={store}" in found.headers["Location"]
    assert client.get(found.headers["Location"]).status_code == 200
    make.sign_in(other := client.application.test_client(), "other")
    assert other.get(f"/search?q=MAG-{store}").status_code == 200, "another depot's stock is not this person's to read"
    assert client.get(f"/search?q=MAG-{transit}").status_code == 200 and db.session.get(StockLocation, transit)


def test_who_may_not_read_does_not_print(world, ids, client):
    assert client.get(f"/labels/elmis.lot?ids={ids['soon']}").status_code == 302, "first, one signs in"
    make.sign_in(client, "nobody")
    assert client.get(f"/labels/elmis.lot?ids={ids['soon']}").status_code == 404
    assert client.post("/labels/elmis.lot", data=sent({ids["soon"]: 1})).status_code == 404
    make.sign_in(keeper := client.application.test_client(), "keeper")
    for address in (
        "elmis.lot",
        "elmis.lot?ids=",
        "elmis.lot?ids=x,-1,99999",
        f"elmis.movement?ids={ids['soon']}",
        "none?ids=1",
    ):
        assert keeper.get(f"/labels/{address}").status_code == 404, address


def test_the_device_remembers_format_shift_and_next_free_label(world, ids, client):
    make.sign_in(client, "keeper")
    lot = ids["soon"]
    client.post("/labels/elmis.lot", data=sent({lot: 5}, format="38x21", first="63", right="0,5", lower="-0,3"))
    again = client.get(f"/labels/elmis.lot?ids={lot}").text
    assert '<option selected value="38x21">' in again and 'name="first"' in again
    assert re.search(r'name="first"[^>]*value="3"', again), "three lay on the first sheet, two on the next"
    assert re.search(r'name="lower"[^>]*value="-0,3"', again) and re.search(r'name="right"[^>]*value="0,5"', again)
    own = {"format": "own", "width": "80", "height": "40", "columns": "2", "lines": "3", "page_width": "170", "page_height": "130",
           "left": "5", "top": "5", "down": "0", "across": "0"}  # fmt: skip
    answer = client.post("/labels/elmis.lot", data=sent({lot: 7}, **own))
    assert [len(codes) for codes in read(answer)] == [6, 1]
    assert re.search(r'name="page_width"[^>]*value="170"', client.get(f"/labels/elmis.lot?ids={lot}").text)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"format": "own"}, "sur la page"),
        ({"format": "own", "width": "80", "height": "40", "columns": "3", "page_width": "210", "page_height": "297"}, "sur la page"),
        ({"format": "own", "width": "9", "height": "5"}, "trop fin"),
        ({"rows-0-count": "0"}, "au moins une"),
        ({"rows-0-count": "501"}, "trop grand"),
        ({"first": "0"}, "1 ou plus"),
        ({"height": "x"}, 'class="section" open'),
        ({"right": "21"}, "trop grand"),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_said(world, ids, client, said, why):
    make.sign_in(client, "keeper")
    answer = client.post("/labels/elmis.lot", data=sent({ids["soon"]: 1}) | said)
    assert answer.status_code == 422
    assert re.search(why, unescape(answer.text)), re.findall(r'class="error[^>]*>[^<]*', answer.text)


def test_hundreds_of_labels_ask_few_statements(world, ids, client):
    with unit_of_work(Access.system("test")):
        many = [rows.lot(rows.product(f"P{number}"), f"L{number}").id for number in range(40)]
    make.sign_in(client, "keeper")
    with statements() as asked_for:
        answer = client.get(f"/labels/elmis.lot?ids={','.join(map(str, many))}")
    assert answer.text.count('name="rows-') == 80 and len(asked_for) <= 25
    too_many = sent(dict.fromkeys(many, 30))
    assert client.post("/labels/elmis.lot", data=too_many).status_code == 422
