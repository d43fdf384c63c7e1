"""A recall stops every step of an order, and the state of a place follows from what lies there."""

import pypdfium2
import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db
from core.data.errors import Question, Refused
from core.data.states import history
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import Recall, RecallSite
from plugins.elmis.orders import services as orders
from plugins.elmis.orders.shipping import Journey, empty, ship
from plugins.elmis.promises.models import Shipment
from plugins.elmis.recalls import reports, services
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT
from tests.elmis.test_orders import balance
from tests.elmis.test_recalls import ids, recalled, rows, step

pytestmark = pytest.mark.both_databases
__all__ = ["ids"]  # the fixture


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_no_step_of_an_order_goes_on_with_a_recalled_lot(world, ids, client, steps):
    order_id = flow.order(world, ids["product"], 30)
    take = [
        lambda: orders.pick(flow.of(order_id)),
        lambda: orders.pack(flow.of(order_id), packages=1).id,
        lambda: ship(flow.of(order_id), Journey()).id,
    ]
    flow.by(world, "depot", lambda: orders.allocate(flow.of(order_id)))
    for done in take[:steps]:
        flow.by(world, "depot", done)
    recalled(world, ids)
    with pytest.raises(Refused, match=r"SOON.*([Rr]appelé|[Rr]ecalled).*([Cc]hoisissez|[Cc]hoose).*lot"):
        flow.by(world, "depot", take[steps])
    people.sign_in(client, "depot")
    text = client.get(f"/elmis/orders/{order_id}").text
    lines = text[text.index("<tbody>") : text.index("</tbody>")]
    assert "rappelé" in lines and "SOON" in lines and "ne peut pas être donné" in text[: text.index("<tbody>")]
    if steps < 2:
        paper = client.get(f"/elmis/orders/{order_id}/picking.pdf").data
        words = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paper)).split()
        assert "NE PAS PRÉLEVER" in " ".join(words)


def test_what_comes_in_quarantine_leaves_a_full_shelf_undone(world, ids):
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], db.session.get(Lot, ids["soon"]), 31)
    recall_id = recalled(world, ids)
    flow.count(world, flow.expected(ids["shipment"]), flow.whole(ids["shipment"]))
    found = rows(world, recall_id)[CENTRE]
    assert (found.state, found.shelves, found.quarantine, found.quarantined) == ("issued", 31, 100, 100)
    site = db.session.scalars(select(RecallSite).where(RecallSite.facility_id == world.ids[CENTRE])).one()
    assert [one.action for one in history(site)] == ["arrive"]
    step(world, "keeper", recall_id, CENTRE, "quarantine")
    found = rows(world, recall_id)[CENTRE]
    assert (found.state, found.shelves, found.quarantine, found.quarantined) == ("quarantined", 0, 131, 131)
    with unit_of_work(Access.system("test")):  # found on a shelf afterwards
        make.receive(world[CENTRE], db.session.get(Lot, ids["soon"]), 5)
    found = rows(world, recall_id)[CENTRE]
    assert (found.state, found.settled, found.shelves) == ("acknowledged", False, 5)


def test_a_place_that_is_emptied_sends_quarantine_and_is_done(world, ids):
    recall_id = recalled(world, ids)
    depot = lambda: empty(world[DEPOT], world["CAMEBU"], Journey(), 1, "fermeture") and None  # noqa: E731
    with pytest.raises(Refused, match=r"SOON.*(quarantaine|quarantine)"):
        flow.by(world, "depot", depot)
    step(world, "depot", recall_id, DEPOT, "quarantine")
    flow.by(world, "depot", depot)
    found = rows(world, recall_id)[DEPOT]
    assert (found.state, found.sent_back, found.quarantine) == ("sent_back", 500, 0)
    sent = db.session.scalars(select(Shipment.id).where(Shipment.facility_id == world.ids["CAMEBU"])).all()
    for one in sent:
        flow.count(world, flow.expected(one), flow.whole(one), "pharmacist")
    assert (balance(world["CAMEBU"], "quarantine", ids["soon"]), balance(world["CAMEBU"], "store", ids["soon"])) == (
        500, 0,
    )  # fmt: skip


def test_a_place_where_nothing_is_left_is_done_and_puts_nothing_in_quarantine(world, ids):
    flow.by(world, "keeper", lambda: services.propose(db.session.get(Lot, ids["soon"]), world[CENTRE], "odeur"))
    recall_id = db.session.scalars(select(Recall.id)).one()
    flow.count(world, flow.expected(ids["shipment"]), flow.whole(ids["shipment"]))
    assert (recall_id, world.ids[CENTRE], False) in reports.waiting(world.access("keeper"))
    why = Question("recall_proposed", "", f"{db.session.get(Recall, recall_id).number}/{world.ids[CENTRE]}").token
    with unit_of_work(world.access("keeper"), confirmed=[f"{why}:la structure ferme"]):
        empty(world[CENTRE], world[DEPOT], Journey(), 1, "fermeture")
    found = rows(world, recall_id)[CENTRE]
    assert (found.state, found.settled, found.held) == ("gone", True, 100)
    assert reports.waiting(world.access("keeper")) == []
    with pytest.raises(Refused):
        step(world, "keeper", recall_id, CENTRE, "quarantine")


def test_a_proposal_is_said_as_such_until_it_is_decided(world, ids, client):
    flow.by(world, "district", lambda: services.propose(db.session.get(Lot, ids["soon"]), world["P1A"], "odeur"))
    recall_id = db.session.scalars(select(Recall.id)).one()
    people.sign_in(client, "depot")
    text = client.get("/inbox").text
    assert "Un rappel du lot SOON" in text and "Mettre à part le lot rappelé" not in text
    text = client.get(f"/elmis/catalogue/lots/{ids['soon']}").text
    assert "jamais été bloqué" not in text and "n’est pas encore décidé" in text
    step(world, "depot", recall_id, DEPOT, "quarantine")
    flow.by(world, "pharmacist", lambda: services.refuse(db.session.get(Recall, recall_id), "odeur normale"))
    text = client.get(f"/elmis/recalls/{recall_id}").text
    assert "Pourquoi il est rappelé" not in text and "odeur normale" in text and "pas terminé" not in text
    assert "Remettre en rayon le lot SOON" in client.get("/inbox").text
    people.sign_in(client, "district")
    assert "Pas de rappel du lot SOON" in client.get("/inbox").text


def test_the_card_says_what_may_be_given_out_and_what_may_not(world, ids, client):
    recalled(world, ids)
    people.sign_in(client, "depot")
    text = client.get(f"/elmis/stock/products/{ids['product']}").text
    figures = " ".join(text[text.index('class="figures"') : text.index('aria-labelledby="moves"')].split())
    assert '<span class="figure-value">900</span>' in figures and "500 ne peuvent pas être donnés (rappelé)" in figures


def test_who_recalls_or_destroys_sees_how_much_first(world, ids, client):
    people.sign_in(client, "pharmacist")
    text = client.get(f"/elmis/catalogue/lots/{ids['soon']}/recall").text
    assert all(name in text for name in (DEPOT, CENTRE, "P2A-CDS1")) and "640" in text and "500" in text
    recall_id = recalled(world, ids)
    step(world, "depot", recall_id, DEPOT, "quarantine")
    people.sign_in(client, "depot")
    for action in ("destroy", "send_back"):
        text = client.get(f"/elmis/recalls/{recall_id}/{action}?place={world.ids[DEPOT]}").text
        assert "500" in text[text.index("<h1") : text.index("<form", text.index("<h1"))]
