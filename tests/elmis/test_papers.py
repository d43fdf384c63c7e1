"""The papers of an order: what stands on them, and a code that a reader finds again."""

import re

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient

from plugins.elmis.orders import services
from plugins.elmis.orders.receiving import Counted
from tests import make
from tests.elmis import flow


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
    order_id = flow.order(world, ids["product"], 1000)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id)))
    number = flow.of(order_id).number
    make.sign_in(client, "depot")
    text, codes, _name = opened(client, f"/elmis/orders/{order_id}/picking.pdf")
    assert codes == [number] and "LISTE DE PRÉLÈVEMENT" in text.upper()
    assert text.index("SOON") < text.index("LATE") and "600" in text and "6 × 100" in text
    found = client.get(f"/search?q={number}")
    assert f"/elmis/orders/{order_id}" in found.text


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


def test_the_receipt_sheet_is_blank_before_and_filled_after_the_count(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id, lines = flow.expected(shipment_id), flow.lines(shipment_id)
    make.sign_in(client, "keeper")
    before, _codes, _name = opened(client, f"/elmis/receipts/{receipt_id}/sheet.pdf")
    assert "mouillé" not in before and "600" in before
    counted = [
        Counted(lines["SOON"].id, 580, missing=13, damaged=7, comment="carton mouillé"),
        Counted(lines["LATE"].id, 400),
    ]
    flow.count(world, receipt_id, counted, commission="A. Niyonzima, magasinier")
    text, codes, _name = opened(client, f"/elmis/receipts/{receipt_id}/sheet.pdf")
    assert codes and codes[0].startswith("PV-") and "PROCÈS-VERBAL DE RÉCEPTION" in text.upper()
    for words in ("580", "13", "7", "carton mouillé", "A. Niyonzima, magasinier"):
        assert words in text, words


def test_papers_of_others_are_not_found(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    make.sign_in(client, "other")
    assert client.get(f"/elmis/shipments/{shipment_id}/note.pdf").status_code == 404
