"""The papers of an order: what stands on them, and a code that a reader finds again."""

import re
import subprocess
import sys
from datetime import date, timedelta
from queue import LifoQueue

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from pypdfium2.raw import FPDF_PAGEOBJ_PATH as PATH

from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import unit_of_work
from core.web import documents
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.orders import services
from plugins.elmis.orders.receiving import Counted
from plugins.elmis.orders.settling import withdraw
from plugins.elmis.promises.models import Receipt
from tests import make
from tests.elmis import flow
from tests.elmis import make as rows
from tests.pages import ROOT


@pytest.fixture
def ids(world):
    return flow.stocked(world)


def opened(client: FlaskClient, address: str) -> tuple[str, list[str], str]:
    """Return a paper's text, the codes read from the raster of its first page, and its name."""
    answer = client.get(address)
    assert answer.status_code == 200 and answer.mimetype == "application/pdf", answer.text[:1000]
    paper = pypdfium2.PdfDocument(answer.data)
    text = " ".join(page.get_textpage().get_text_range() for page in paper)
    image = paper[0].render(scale=150 / 72).to_pil()
    codes = [found.text for found in zxingcpp.read_barcodes(image)]
    plain = re.sub(r"[\s\u00a0\u202f]+", " ", text)
    return plain, codes, answer.headers["Content-Disposition"]


def test_the_picking_list_names_lots_and_quantities(world, ids, client):
    order_id = flow.order(world, ids["product"], 1600)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id)))
    short = sum(line.open for line in flow.of(order_id).lines)
    number = flow.of(order_id).number
    make.sign_in(client, "depot")
    text, codes, _name = opened(client, f"/elmis/orders/{order_id}/picking.pdf")
    assert codes == [number] and "LISTE DE PRÉLÈVEMENT" in text.upper()
    assert text.index("SOON") < text.index("LATE") and "600" in text and "6 × 100" in text
    assert short and re.search(rf"Non réservé, donc à ne pas prélever : [^;]* {short} ", text)
    found = client.get(f"/search?q={number}")
    assert f"/elmis/orders/{order_id}" in found.text


def test_a_picking_list_is_printed_on_the_last_day_of_february(world, ids, client, monkeypatch):
    """A lot without an expiry was put last by the year 9999, which has no such day."""
    order_id = flow.order(world, ids["product"], 1600)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id)))
    with unit_of_work(Access.system("test")):
        db.session.get(Lot, ids["soon"]).expiry = None
    monkeypatch.setattr(documents, "today", lambda: date(2028, 2, 29))
    make.sign_in(client, "depot")
    text, _codes, _name = opened(client, f"/elmis/orders/{order_id}/picking.pdf")
    assert text.index("LATE") < text.index("SOON")


def test_the_delivery_note_names_both_sides_and_the_ministry(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    make.sign_in(client, "keeper")
    text, codes, name = opened(client, f"/elmis/shipments/{shipment_id}/note.pdf")
    assert codes == ["BL-2026-00001"] or re.fullmatch(r"BL-\d{4}-00001", codes[0])
    assert codes[0] in name and "BON DE LIVRAISON" in text.upper()
    for words in (
        "Lutte contre le Sida",
        flow.DEPOT,
        flow.CENTRE,
        "Produit AMOX",
        "SOON",
        "LATE",
        "600",
        "400",
        "Juma",
    ):
        assert words.lower() in text.lower(), words
    assert "10 000" in text  # 1000 units at 10
    assert all(one in text for one in ("magasinier", "transporteur", "réceptionnaire"))


def test_the_goods_received_note_is_blank_before_and_filled_after_the_count(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id, lines = flow.expected(shipment_id), flow.lines(shipment_id)
    make.sign_in(client, "keeper")
    before, _codes, _name = opened(client, f"/elmis/receipts/{receipt_id}/note.pdf")
    assert "mouillé" not in before and "600" in before
    counted = [
        Counted(lines["SOON"].id, 580, missing=13, damaged=7, comment="carton mouillé"),
        Counted(lines["LATE"].id, 400),
    ]
    flow.count(world, receipt_id, counted, commission="A. Niyonzima, magasinier")
    text, codes, _name = opened(client, f"/elmis/receipts/{receipt_id}/note.pdf")
    assert codes and codes[0].startswith("PV-") and "PROCÈS-VERBAL DE RÉCEPTION" in text.upper()
    for words in ("580", "13", "7", "carton mouillé", "A. Niyonzima, magasinier"):
        assert words in text, words
    card = client.get(f"/elmis/stock/products/{ids['product']}").text
    assert f'href="/elmis/receipts/{receipt_id}">{codes[0]}<' in card
    receipt = db.session.get(Receipt, receipt_id)
    wet = next(line for line in receipt.lines if line.lost)
    flow.by(world, "keeper", lambda: withdraw(db.session.merge(receipt), "sous la palette", {wet.id: 13}))
    text, _codes, _name = opened(client, f"/elmis/receipts/{receipt_id}/note.pdf")
    words = " ".join(text.split())
    assert "retrouvé 13" in words and "perte du destinataire 7" in words  # 13 missing stood there for ever


def test_papers_of_others_are_not_found(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    make.sign_in(client, "other")
    assert client.get(f"/elmis/shipments/{shipment_id}/note.pdf").status_code == 404


def many_lots(world, product_id, count):
    """Store a depot with so many lots of ten units."""
    with unit_of_work(Access.system("test")):
        product = db.session.get(Product, product_id)
        for number in range(count):
            lot = rows.lot(product, f"LOT{number:03}", today() + timedelta(days=100 + number))
            rows.receive(world[flow.DEPOT], lot, 10, today() - timedelta(days=5))


def pages_of(content):
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


def test_every_paper_keeps_its_signatures_with_its_last_lines():
    """As the delivery note below, drawn with many lines: remarks and signatures are a row of the body that stays whole."""
    papers = [
        path for path in (ROOT / "plugins/elmis/templates").rglob("*.html") if "{{ signatures(" in path.read_text()
    ]
    assert len(papers) >= 6
    for path in papers:
        lines, _mark, rest = path.read_text().partition('<tr class="ending">')
        assert (
            "{{ closing(loop) }}" in lines
            and "{{ signatures(" in rest
            and rest.index("{{ signatures(") < rest.index("</tr>")
        ), path


def room_to_sign(page):
    """Return how high the place below each word "Signature" is, in millimetres, its cell as it is drawn."""
    text, boxes = page.get_textpage(), [each.get_bounds() for each in page.get_objects() if each.type == PATH]
    search, found = text.search("Signature"), []
    while place := search.get_next():
        left, _bottom, right, top = text.get_charbox(place[0])
        found.append(min(top - low for x, low, far, high in boxes if x < left and right < far and low < top < high))
    return [each / 72 * 25.4 for each in found]


@pytest.mark.slow
def test_no_page_of_a_delivery_note_holds_signatures_alone(world, ids, client):
    many_lots(world, ids["product"], 30)
    make.sign_in(client, "depot")
    several = 0
    for lines in (1, 13, 15, 17, 19, 21, 23, 25):
        shipment_id = flow.shipped(world, flow.order(world, ids["product"], lines * 10))
        pages = pages_of(client.get(f"/elmis/shipments/{shipment_id}/note.pdf").data)
        several += len(pages) > 1
        assert "Signature" in pages[-1] and "LOT" in pages[-1], f"{lines} lines"
        with unit_of_work(Access.system("test")):
            for line in flow.lines(shipment_id).values():
                rows.receive(world[flow.DEPOT], line.lot, line.quantity, today() - timedelta(days=5))
    assert several > 2


def test_what_was_not_delivered_stands_on_the_note(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 2000))  # the depot has 1500
    make.sign_in(client, "depot")
    text, _codes, _name = opened(client, f"/elmis/shipments/{shipment_id}/note.pdf")
    assert (
        "non livré" in text
        and "500" in text[text.index("non livré") :][:20]
        and "−" not in text
        and "CMD-" in text[text.index("non livré") :]
    )


def test_a_word_of_two_hundred_letters_pushes_nothing_off_the_sheet(world, ids, client):
    with unit_of_work(Access.system("test")):
        db.session.get(Product, ids["product"]).name_fr = "X" * 200 + "\u202egnol"
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    make.sign_in(client, "depot")
    paper = pypdfium2.PdfDocument(client.get(f"/elmis/shipments/{shipment_id}/note.pdf").data)
    width, _height = paper[0].get_size()
    pages = [page.get_textpage() for page in paper]
    for words in ("SOON", "LATE", "600", "400"):
        found = [(page, place) for page in pages if (place := page.search(words).get_next())]
        assert found, words
        assert all(page.get_charbox(at + length - 1)[2] < width - 20 for page, (at, length) in found), words
    assert "\u202e" not in client.get(f"/elmis/shipments/{shipment_id}").text
    room = room_to_sign(paper[len(paper) - 1])
    assert len(room) == 3 and min(room) > 11, room


def test_papers_are_drawn_outside_by_a_process_that_stays_and_is_replaced_when_it_broke(app, monkeypatch):
    monkeypatch.setattr(documents, "PENS", LifoQueue())
    documents.PENS.put(None)
    monkeypatch.setattr(documents, "render_template", lambda _name, **_context: "<p>court</p>")
    assert documents.pdf("any.html").startswith(b"%PDF-") and "weasyprint" not in sys.modules
    pen = documents.PENS.queue[0]
    assert documents.pdf("any.html").startswith(b"%PDF-") and documents.PENS.queue[0] is pen
    pen.kill()
    pen.wait()
    monkeypatch.setattr(documents, "DRAWER", documents.DRAWER.with_name("nothing.py"))
    with pytest.raises(Refused):
        documents.pdf("any.html")
    monkeypatch.undo()
    monkeypatch.setattr(documents, "render_template", lambda _name, **_context: "<p>court</p>")
    assert documents.pdf("any.html").startswith(b"%PDF-")


def test_a_paper_beyond_its_share_is_nothing_and_the_next_one_is_drawn():
    code = """if True:
        from core.web import drawing
        drawing.draw = lambda html, _base: b"x" * (drawing.MEMORY if html == "much" else 3)
        print(drawing.draw_in_child("much", ""), drawing.draw_in_child("little", ""))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["b''", "b'xxx'"]
