"""A recall reaches who holds the lot, and who recalled it sees every place down to the last one."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db
from core.data.errors import Conflict, NotAllowed
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import Recall
from plugins.elmis.ledger.models import StockBalance
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.orders.callbacks import call_back
from plugins.elmis.orders.settling import Back, take_back
from plugins.elmis.promises.models import Receipt, ReceiptLine, Shipment
from plugins.elmis.recalls import reports, services
from plugins.elmis.store.services import add_store
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT
from tests.elmis.test_orders import balance

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world):
    """Return the lots; SOON lies at the depot (500), a health centre (40) and is on its way to another (100)."""
    ids = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        pharmacist = people.user("pharmacist", world["CAMEBU"], "central_pharmacist", at=world["BI"])
        world.users["pharmacist"] = pharmacist.id
        make.receive(world["P2A-CDS1"], db.session.get(Lot, ids["soon"]), 40)
    ids["shipment"] = flow.shipped(world, flow.order(world, ids["product"], 100))
    return ids


def recalled(world, ids):
    flow.by(
        world,
        "pharmacist",
        lambda: services.decide(db.session.get(Lot, ids["soon"]), "recall", "particules dans le flacon"),
    )
    return db.session.scalars(select(Recall.id)).one()


def step(world, login, recall_id, code, action, *rest):
    place = world.ids[code]

    def operation():
        from core.facilities.models import Facility

        return getattr(services, action)(services.site_of(recall_id, db.session.get(Facility, place)), *rest)

    return flow.by(world, login, operation)


def rows(world, recall_id, login="pharmacist"):
    return {one.name: one for one in reports.places(db.session.get(Recall, recall_id), world.access(login))}


def test_who_recalls_sees_every_place_and_each_place_is_told(world, ids, client):
    recall_id = recalled(world, ids)
    found = rows(world, recall_id)
    assert {name: (one.state, one.held, one.shelves, one.coming) for name, one in found.items()} == {
        DEPOT: ("issued", 500, 500, 0), "P2A-CDS1": ("issued", 40, 40, 0), CENTRE: ("issued", 100, 0, 100),
    }  # fmt: skip
    assert set(rows(world, recall_id, "keeper")) == {CENTRE}
    for login in ("keeper", "depot"):
        people.sign_in(client, login)
        assert f"/elmis/recalls/{recall_id}" in client.get("/inbox").text
        assert f"/elmis/recalls/{recall_id}" in client.get("/").text
    people.sign_in(client, "pharmacist")
    page = client.get(f"/elmis/recalls/{recall_id}").text
    assert all(name in page for name in (DEPOT, CENTRE, "P2A-CDS1")) and "particules" in page


def test_a_place_acknowledges_sets_apart_and_sends_back(world, ids, client):
    recall_id = recalled(world, ids)
    with pytest.raises(NotAllowed):
        step(world, "keeper", recall_id, DEPOT, "quarantine")
    people.sign_in(client, "depot")
    here = {"place": DEPOT}
    for action in ("acknowledge", "quarantine"):
        assert client.post(f"/do/elmis.recall.{action}/{recall_id}", data=here).status_code == 302
    assert (balance(world[DEPOT], "store", ids["soon"]), balance(world[DEPOT], "quarantine", ids["soon"])) == (0, 500)
    rest = client.get("/inbox").text
    assert f"/elmis/recalls/{recall_id}" in rest and "Renvoyer ou détruire le lot rappelé" in rest
    said = client.get(f"/elmis/recalls/{recall_id}").text
    assert "Elle a mis le lot à part, 1 doit encore le renvoyer ou le détruire" in said
    fields = {"facility": "CAMEBU", "shipped_on": flow.today().isoformat(), "packages": "1", "note": "retour"}
    assert client.post(f"/elmis/recalls/{recall_id}/send_back", data=fields | here).status_code == 302
    assert f"/elmis/recalls/{recall_id}" not in client.get("/inbox").text
    sent = db.session.scalars(select(Shipment.id).where(Shipment.facility_id == world.ids["CAMEBU"])).one()
    flow.count(world, flow.expected(sent), flow.whole(sent), "pharmacist")
    assert balance(world["CAMEBU"], "quarantine", ids["soon"]) == 500
    found = rows(world, recall_id)
    assert (found[DEPOT].state, found[DEPOT].sent_back, found[DEPOT].came_back) == ("sent_back", 500, 500)
    assert found["CAMEBU"].quarantine == 500
    flow.holds(sent)


def test_what_arrives_after_the_recall_goes_into_quarantine_and_can_be_destroyed(world, ids, client):
    recall_id = recalled(world, ids)
    step(world, "keeper", recall_id, CENTRE, "acknowledge")
    people.sign_in(client, "keeper")
    page = client.get(f"/elmis/receipts/{flow.expected(ids['shipment'])}/count").text
    assert "rappelé" in page and "quarantaine" in page
    flow.count(world, flow.expected(ids["shipment"]), flow.whole(ids["shipment"]))
    assert (balance(world[CENTRE], "store", ids["soon"]), balance(world[CENTRE], "quarantine", ids["soon"])) == (0, 100)
    assert reports.waiting(world.access("keeper")) == [(recall_id, world.ids[CENTRE], True)]
    found = rows(world, recall_id)[CENTRE]
    assert (found.state, found.quarantined, found.shelves, found.coming) == ("quarantined", 100, 0, 0)
    flow.holds(ids["shipment"])
    step(world, "keeper", recall_id, CENTRE, "destroy", "incinéré, PV 12")
    assert reports.waiting(world.access("keeper")) == []
    found = rows(world, recall_id)[CENTRE]
    assert (found.state, found.quarantined, found.destroyed, found.settled) == ("destroyed", 100, 100, True)
    said = select(AuditEntry.body).where(AuditEntry.body.contains("PV 12"), AuditEntry.entity == "elmis.movement")
    assert json.loads(db.session.scalars(said).one())["reason"] == "incinéré, PV 12", "the act says why"
    assert verify_ledger() == []
    flow.by(
        world, "pharmacist", lambda: services.decide(db.session.get(Lot, ids["soon"]), "release", "erreur du fabricant")
    )
    assert db.session.get(Recall, recall_id).state == "lifted"
    people.sign_in(client, "depot")
    assert f"/elmis/recalls/{recall_id}" not in client.get("/inbox").text


def test_recalled_goods_that_come_back_go_into_quarantine(world, ids):
    """100 were on the road when the lot was recalled: called back, 90 are good."""
    recall_id = recalled(world, ids)
    step(world, "depot", recall_id, DEPOT, "quarantine")
    flow.by(world, "depot", lambda: call_back(db.session.get(Shipment, ids["shipment"]), "rappel"))
    (line,) = db.session.scalars(select(ReceiptLine)).all()
    back = [Back(line.id, 90, 10)]
    flow.by(world, "depot", lambda: take_back(db.session.get(Receipt, line.receipt_id), back))
    held = {kind: balance(world[DEPOT], kind, ids["soon"]) for kind in ("store", "quarantine", "loss")}
    assert held == {"store": 0, "quarantine": 590, "loss": 10}
    found = rows(world, recall_id)[DEPOT]
    assert (found.state, found.shelves, found.quarantined) == ("quarantined", 0, 590) and verify_ledger() == []


def test_a_lifted_recall_gives_each_store_back_what_it_took_there(world, ids):
    with unit_of_work(Access.system("test")):
        day, lot = add_store(world[DEPOT], "Pharmacie de jour").id, db.session.get(Lot, ids["soon"])
        post([Move(lot.id, 120, location(world[DEPOT]).id, day, "store_move")])
    recall_id = recalled(world, ids)
    step(world, "depot", recall_id, DEPOT, "quarantine")
    flow.by(world, "pharmacist", lambda: services.decide(db.session.get(Lot, ids["soon"]), "release", "erreur"))
    step(world, "depot", recall_id, DEPOT, "release")
    held = {one.location_id: int(one.quantity) for one in db.session.query(StockBalance).filter_by(lot_id=ids["soon"])}
    assert (held[location(world[DEPOT]).id], held[day]) == (380, 120) and verify_ledger() == []


def test_who_may_not_recall_proposes_it_and_own_places_set_the_lot_apart(world, ids, client):
    people.sign_in(client, "district")
    lot = f"/elmis/catalogue/lots/{ids['soon']}"
    assert client.get(f"{lot}/recall").status_code == 403
    way = f"/elmis/recalls/new/{ids['soon']}"
    assert way in client.get(lot).text
    assert "Pharmacist · " in client.get(way).text  # who may
    assert client.post(way, data={"reason": "goût étrange", "place": "P1A"}).status_code == 302
    recall_id = db.session.scalars(select(Recall.id)).one()
    assert set(rows(world, recall_id)) == {DEPOT, CENTRE}  # not P2A: it lies outside the district
    assert db.session.get(Lot, ids["soon"]).status == "active"
    with pytest.raises(Conflict):
        flow.by(world, "keeper", lambda: services.propose(db.session.get(Lot, ids["soon"]), world[CENTRE], "encore"))
    step(world, "depot", recall_id, DEPOT, "quarantine")
    assert balance(world[DEPOT], "quarantine", ids["soon"]) == 500
    people.sign_in(client, "pharmacist")
    assert f"/elmis/recalls/{recall_id}" in client.get("/inbox").text
    assert client.post(f"/do/elmis.recall.refuse/{recall_id}", data={"reason": "goût normal"}).status_code == 302
    assert reports.waiting(world.access("keeper")) == []
    step(world, "depot", recall_id, DEPOT, "release")
    assert (balance(world[DEPOT], "store", ids["soon"]), balance(world[DEPOT], "quarantine", ids["soon"])) == (500, 0)
    assert verify_ledger() == []


def test_a_proposal_that_is_accepted_reaches_every_place(world, ids, client):
    flow.by(world, "keeper", lambda: services.propose(db.session.get(Lot, ids["soon"]), world[CENTRE], "particules"))
    recall_id = recalled(world, ids)
    assert db.session.get(Recall, recall_id).state == "open"
    assert set(rows(world, recall_id)) == {DEPOT, CENTRE, "P2A-CDS1"}


def test_who_is_late_comes_up_a_level_each_day(world, ids, client):
    recall_id = recalled(world, ids)
    with unit_of_work(Access.system("test")):
        for login, place, role in (("province", "P1", "provincial_approver"), ("far", "P2A", "district_pharmacist")):
            world.users[login] = people.user(login, world[place], role).id
    due = flow.today() + reports.CLOCK
    steps = [
        (0, {}), (1, {"district": 2, "far": 1}), (2, {"district": 2, "far": 1, "province": 2}),
        (3, {"district": 2, "far": 1, "province": 2, "pharmacist": 3}),
    ]  # fmt: skip
    for days, told in steps:
        heard = {
            login: one.number
            for login in ("district", "far", "province", "pharmacist")
            for one in reports.late(world.access(login), due + timedelta(days=days))
        }
        assert heard == told, days
    with unit_of_work(Access.system("test")):
        db.session.get(Recall, recall_id).issued_on -= timedelta(days=2)
    people.sign_in(client, "district")
    assert f"/elmis/recalls/{recall_id}" in client.get("/inbox").text
    people.sign_in(client, "pharmacist")
    assert "1 jour de retard" in client.get(f"/elmis/recalls/{recall_id}").text


def test_a_recall_that_is_over_names_a_few_places_and_each_store_has_a_name(world, ids, client):
    with unit_of_work(Access.system("test")):
        for code in ("P1A-CDS1", "P1A-CDS2", "P1B-CDS1", "P1B-CDS2", "P2A-CDS2", "P2B-CDS1"):
            make.receive(world[code], db.session.get(Lot, ids["soon"]), 10)
    recall_id = recalled(world, ids)
    people.sign_in(client, "pharmacist")
    places = len(rows(world, recall_id))
    assert places > 6 and client.get(f"/elmis/recalls/{recall_id}").text.count('scope="row"') == places
    flow.by(world, "pharmacist", lambda: services.decide(db.session.get(Lot, ids["soon"]), "release", "analyse bonne"))
    over = client.get(f"/elmis/recalls/{recall_id}").text
    assert over.count('scope="row"') == 5 and f"et {places - 5} autres structures" in over
    assert client.get(f"/elmis/recalls/{recall_id}?places=all").text.count('scope="row"') == places
    lot = client.get(f"/elmis/catalogue/lots/{ids['soon']}").text
    assert lot.count("Magasin principal") == lot.count("/elmis/stock/products/") > 5
