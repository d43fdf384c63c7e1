"""The pages of orders without script: an order carried by clicks from its lots to a disputed receipt."""

import re

import pytest
from sqlalchemy import func, select

from core.data.db import db
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.orders import services
from plugins.elmis.promises.models import Receipt, Shipment, ShipmentLine
from plugins.elmis.promises.taking import take
from tests import make
from tests.elmis import flow


@pytest.fixture
def ids(world):
    return flow.stocked(world)


def sent(client, address, **fields):
    answer = client.post(address, data=fields)
    assert answer.status_code == 302, answer.text[answer.text.find("<main") :][:3000]
    return client.get(answer.location)


def test_an_order_by_clicks_from_lots_to_an_answered_dispute(world, ids, client):
    order_id = flow.order(world, ids["product"], 1000)
    page = f"/elmis/orders/{order_id}"
    make.sign_in(client, "depot")
    assert "Préparer" in client.get("/inbox").text and page in client.get("/inbox").text
    lots = client.get(f"{page}/allocate").text
    names = [part.split('"')[0] for part in lots.split('name="')[1:] if part.startswith("q-")]
    assert len(names) == 2 and lots.index("SOON") < lots.index("LATE")
    too_many = client.post(f"{page}/allocate", data={names[0]: "601", names[1]: "0"})
    assert too_many.status_code == 422 and "601" in too_many.text
    aside = sent(client, f"{page}/allocate", **{names[0]: "600", names[1]: "300"}).text
    assert "0 article sur 1 est réservé en entier" in aside and re.search(r"<li>[^<]*, 100 ", aside)
    assert client.get(f"{page}/ship").status_code == 409
    sent(client, f"/do/elmis.order.pick/{order_id}")
    sent(client, f"{page}/pack", packages="3", seal="S-1")
    asked = client.get(f"{page}/ship").text
    choices = re.findall(r'<input[^>]*name="rest"[^>]*>', asked)
    assert "manque 100" in asked and len(choices) == 2 and not any("checked" in one for one in choices)
    undecided = client.post(f"{page}/ship", data={"shipped_on": flow.today().isoformat()})
    assert undecided.status_code == 422 and 'href="#rest' in undecided.text
    shown = sent(client, f"{page}/ship", shipped_on=flow.today().isoformat(), driver="Juma", rest="follows")
    assert "BL-" in shown.text and "En route" in shown.text
    shipment_id = db.session.scalar(select(Shipment.id))
    receipt_id, lines = flow.expected(shipment_id), flow.lines(shipment_id)
    assert client.get(f"/elmis/receipts/{receipt_id}/count").status_code == 403
    make.sign_in(client, "keeper")
    counting = f"/elmis/receipts/{receipt_id}/count"
    assert counting in client.get("/inbox").text and 'value="600"' in client.get(counting).text
    fields = {
        "lines-0-line": lines["SOON"].id, "lines-0-accepted": "590", "lines-0-missing": "10",
        "lines-1-line": lines["LATE"].id, "lines-1-accepted": "299", "received_on": flow.today().isoformat(),
    }  # fmt: skip
    wrong = client.post(counting, data=fields)
    assert wrong.status_code == 422 and "error-summary" in wrong.text and 'href="#lines-1-missing"' in wrong.text
    done = sent(client, counting, **fields, **{"lines-1-damaged": "1"})
    assert "En litige" in done.text
    again = client.post(counting, data={**fields, "lines-1-damaged": "1"})
    assert again.status_code in (409, 422)
    make.sign_in(client, "depot")
    receipt = f"/elmis/receipts/{receipt_id}"
    assert receipt in client.get("/inbox").text
    assert client.post(f"/do/elmis.receipt.contest/{receipt_id}", data={"reason": ""}).status_code == 422
    sent(client, f"/do/elmis.receipt.contest/{receipt_id}", reason="compté deux fois au départ")
    make.sign_in(client, "keeper")
    assert "compté deux fois" in client.get(receipt).text and receipt in client.get("/inbox").text
    blank = client.get(f"{receipt}/withdraw").text
    assert 'name="lines-0-found"' in blank and not re.search(r'name="lines-\d-found"[^>]*value="\d', blank)
    lost = [each.id for each in db.session.get(Receipt, receipt_id).lines if each.lost]
    line = {f"lines-{place}-line": key for place, key in enumerate(lost)}
    unsaid = client.post(f"{receipt}/withdraw", data={"reason": "retrouvés", **line})
    assert unsaid.status_code == 422 and db.session.get(Receipt, receipt_id).state == "disputed"
    sent(client, f"{receipt}/withdraw", reason="retrouvés", **line, **{"lines-0-found": "10", "lines-1-found": "0"})
    assert db.session.get(Receipt, receipt_id).state == "confirmed" and flow.of(order_id).state == "closed"
    assert verify_ledger() == []


def test_every_list_and_view_opens(world, ids, client):
    flow.shipped(world, flow.order(world, ids["product"], 1000))
    flow.order(world, ids["product"], 50)
    for login in ("depot", "keeper", "district"):
        make.sign_in(client, login)
        for address in ("orders", "shipments", "receipts"):
            for view in ("", "prepare", "underway", "late", "done", "receive", "disputed"):
                answer = client.get(f"/elmis/{address}?view={view}")
                assert answer.status_code == 200
        assert "BL-" in client.get("/elmis/shipments?view=underway").text
    make.sign_in(client, "other")
    assert "BL-" not in client.get("/elmis/shipments").text


def test_a_scan_finds_its_line(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id = flow.expected(shipment_id)
    make.sign_in(client, "keeper")
    assert "error" in client.post(f"/elmis/receipts/{receipt_id}/scan", data={"text": "AMOX"}).get_json()  # two lots
    only = flow.shipped(world, flow.order(world, ids["product"], 100))
    text, awaited = {"text": "AMOX"}, flow.expected(only)
    make.sign_in(client, "keeper")
    found = client.post(f"/elmis/receipts/{awaited}/scan", data=text).get_json()
    assert found["line"] == flow.lines(only)["LATE"].id
    assert "error" in client.post(f"/elmis/receipts/{receipt_id}/scan", data={"text": "nothing"}).get_json()


def test_a_transfer_by_its_page(world, ids, client):
    make.sign_in(client, "depot")
    assert client.get("/elmis/transfers/new").status_code == 200
    fields = {
        "facility": flow.CENTRE, "shipped_on": flow.today().isoformat(), "packages": "1", "note": "surplus",
        "lines-0-product": "AMOX", "lines-0-quantity": "400", "lines-1-product": "AMOX", "lines-1-quantity": "250",
    }  # fmt: skip
    shown = sent(client, "/elmis/transfers/new", **fields)
    assert "Transfert" in shown.text
    rows = db.session.execute(
        select(Lot.number, func.sum(ShipmentLine.quantity)).join(ShipmentLine.lot).group_by(Lot.number)
    )
    assert dict(map(tuple, rows)) == {"SOON": 600, "LATE": 50}  # two lines share the lots; both were given SOON
    refused = client.post("/elmis/transfers/new", data={**fields, "lines-0-quantity": "5000"})
    assert refused.status_code == 422 and "850" in refused.text


def test_the_differences_of_a_delivery_are_settled_by_clicks(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id, lines = flow.expected(shipment_id), flow.lines(shipment_id)
    receipt, make_sure = f"/elmis/receipts/{receipt_id}", {"received_on": flow.today().isoformat()}
    make.sign_in(client, "keeper")
    fields = {
        "lines-0-line": lines["SOON"].id, "lines-0-accepted": "580", "lines-0-missing": "15", "lines-0-refused": "5",
        "lines-0-comment": "humide", "lines-1-line": lines["LATE"].id, "lines-1-accepted": "402",
        "extras-0-product": "AMOX", "extras-0-lot": "AUTRE", "extras-0-expiry": "2031-12-31",
        "extras-0-quantity": "15", "extras-0-instead_of": str(lines["SOON"].id), **make_sure,
    }  # fmt: skip
    asked = client.post(f"{receipt}/count", data=fields)
    assert asked.status_code == 422 and "2 de plus que les 400" in asked.text.replace("\N{NO-BREAK SPACE}", " ")
    tokens = re.findall(r'name="_confirm" value="(\w+)"', asked.text)
    shown = sent(client, f"{receipt}/count", **fields, _confirm=tokens)
    assert "AUTRE" in shown.text and "En litige" in shown.text
    assert "conforme au bordereau" not in shown.text  # nor is that with 2 too many as the note says
    key = next(line.id for line in db.session.get(Receipt, receipt_id).lines if line.missing)
    wrong = client.post(f"{receipt}/find", data={"lines-0-line": key, "lines-0-found": "16", "reason": "trouvé"})
    assert wrong.status_code == 422 and 'href="#lines-0-found"' in wrong.text
    sent(client, f"{receipt}/find", **{"lines-0-line": key, "lines-0-found": "4"}, reason="trouvé")
    assert re.search(r'data-label="Reste à régler">11<', client.get(f"{receipt}/find").text)
    make.sign_in(client, "depot")
    sent(client, f"/do/elmis.receipt.acknowledge/{receipt_id}")
    assert client.get(f"{receipt}/find_here").status_code == 409  # all of it is settled
    assert f"{receipt}/take_back" in client.get("/inbox").text
    blank = client.get(f"{receipt}/take_back").text  # what comes into a stock was counted: nothing is filled in
    assert re.search(r'name="lines-0-good"[^>]*value=""', blank) or not re.search(
        r'name="lines-0-good"[^>]*value=', blank
    )
    empty = client.post(f"{receipt}/take_back", data={"lines-0-line": key})
    assert empty.status_code == 422 and 'id="lines-0-good-error"' in empty.text
    back = {"lines-0-line": key, "lines-0-good": "3", "lines-0-spoilt": "2"}
    sent(client, f"{receipt}/take_back", **back)
    assert f"{receipt}/take_back" not in client.get("/inbox").text
    flow.holds(shipment_id)
    line = flow.lines(shipment_id)["SOON"]
    assert (line.accepted, line.missing, line.refused) == (584, 11, 5)


def test_a_delivery_is_called_back_by_its_page(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 100))
    make.sign_in(client, "keeper")
    assert client.get(f"/do/elmis.shipment.call_back/{shipment_id}").status_code == 403
    make.sign_in(client, "depot")
    assert "elmis.shipment.call_back" in client.get(f"/elmis/shipments/{shipment_id}").text
    shown = sent(client, f"/do/elmis.shipment.call_back/{shipment_id}", reason="pont coupé", again="y")
    assert "take_back" in shown.text and "Rappelé" in shown.text


def test_a_scarce_line_is_filled_with_its_fair_share(world, ids, client):
    first, _second = flow.order(world, ids["product"], 1500), flow.order(world, ids["product"], 1500)
    make.sign_in(client, "depot")
    page = client.get(f"/elmis/orders/{first}/allocate").text
    assert [int(one) for one in re.findall(r'name="q-[^>]*value="(\d+)"', page)] == [600, 150]


def test_a_wrong_figure_of_a_receipt_keeps_the_layout_and_names_the_article(world, ids, client):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id, lines = flow.expected(shipment_id), flow.lines(shipment_id)
    make.sign_in(client, "keeper")
    address = f"/elmis/receipts/{receipt_id}/count"
    fields = {
        "lines-0-line": lines["SOON"].id, "lines-0-accepted": "590", "lines-0-missing": "11",
        "lines-1-line": lines["LATE"].id, "lines-1-accepted": "400", "received_on": flow.today().isoformat(),
    }  # fmt: skip
    right, wrong = client.get(address).text, client.post(address, data=fields)
    assert wrong.status_code == 422
    heads = [re.findall(r'<th scope="col".*?</th>', text) for text in (right, wrong.text)]
    assert heads[0] == heads[1] and wrong.text.count("<tr data-line") == right.count("<tr data-line")
    summary = wrong.text[wrong.text.index("error-summary") :].split("</ul>")[0]
    assert "Produit AMOX" in summary and "SOON" in summary


def steps_of(text):
    """Return [(label, class, day)] of the bar of steps of a page."""
    bar = text[text.index('<ol class="steps"') :].split("</ol>")[0]
    return [(label, kind, day) for kind, label, day in re.findall(
        r'<li class="([^"]*)"[^>]*>([^<]*)(?:<span[^>]*>[^<]*</span>)?(?:<small>([^<]*)</small>)?', bar)]  # fmt: skip


def test_the_steps_of_an_order_follow_its_present_state(world, ids, client):
    order_id = flow.order(world, ids["product"], 500)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id)))
    flow.by(world, "depot", lambda: services.pick(flow.of(order_id)))
    flow.by(world, "depot", lambda: services.pack(flow.of(order_id), packages=1).id)
    store = flow.by(world, "depot", lambda: flow.of(order_id).lines[0].allocations[0].location_id)
    flow.by(world, "depot", lambda: take(store, ids["soon"], 500, "BS-7 SOON", "Lot rappelé") and None)
    make.sign_in(client, "depot")
    text = client.get(f"/elmis/orders/{order_id}").text
    assert (
        "« Lot rappelé »" in text
        and "<p>BS-7 SOON</p>" in text
        and "Lots pris" in text[: text.index('<div class="section')]
    )
    first, *later = steps_of(text)
    assert "current" in first[1] and all(kind.strip() == "" and not day for _label, kind, day in later), later
