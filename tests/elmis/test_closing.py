"""Closing a facility: what lies there and what is under way goes somewhere first; who may send to whom is data."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import unit_of_work
from core.facilities import importer, services
from core.facilities.models import CLOSED, Facility, FacilityType
from core.users.rights.models import Grant
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.counts import services as counts
from plugins.elmis.counts.models import MACHINE as COUNT
from plugins.elmis.counts.models import Count
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.orders import shipping
from plugins.elmis.orders.callbacks import call_back
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import Journey, Sent
from plugins.elmis.promises.models import Shipment
from plugins.elmis.requisitions import services as requisitions
from plugins.elmis.requisitions.models import Requisition
from plugins.elmis.requisitions.states import MACHINE as REQUISITION
from plugins.elmis.transfers.machines import REQUEST
from plugins.elmis.transfers.models import TransferRequest
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT
from tests.elmis.test_orders import balance
from tests.pages import Forms

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world):
    return flow.stocked(world)


def close(world, code=CENTRE):
    with unit_of_work(world.access("admin")):
        services.close(world[code], today())


def test_a_facility_closes_only_when_nothing_is_left_behind(world, ids, client):
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], db.session.get(Lot, ids["soon"]), 70)
        lot, here = db.session.get(Lot, ids["soon"]), world[CENTRE]
        post([Move(lot.id, 20, location(here).id, location(here, "quarantine").id, "quarantine", comment="doute")])
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 100))
    waiting = flow.order(world, ids["product"], 10)
    with unit_of_work(Access.system("test")):
        request = requisitions.propose(world[CENTRE])
        asked = request.id
        give = TransferRequest(
            number="DT-1", supplier=world[CENTRE], facility=world[DEPOT], product_id=ids["product"], lot_id=ids["soon"],
            quantity=1, reason="manque", asked_on=today(), asked_by="District",
        )  # fmt: skip
        db.session.add(give)
        sheet = counts.start(location(world[CENTRE])).number
        for login in ("alone", "elsewhere_too"):
            person = people.user(login, world[CENTRE], "storekeeper")
        db.session.add(Grant(user_id=person.id, role_id=person.grants[0].role_id, facility_id=world.ids[DEPOT]))
        db.session.flush()
        give_id = give.id
    with pytest.raises(Refused, match="70"):
        close(world)
    people.sign_in(client, "admin")
    page = client.get(f"/facilities/{world.ids[CENTRE]}/close").text
    assert f"/elmis/transfers/empty/{world.ids[CENTRE]}" in page and "70" in page
    plain = page.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert f'href="/elmis/shipments/{shipment_id}"' in page and f'href="/elmis/orders/{waiting}"' in page
    sent = db.session.get(Shipment, shipment_id).number
    assert f"en route vers elle : 1 ({sent})" in plain
    assert f"non encore expédiées, pour elle ou par elle : 1 ({flow.of(waiting).number})" in plain
    assert f'href="/elmis/requisitions/{asked}"' in page and "en cours : 1 (RQ-" in plain
    assert "Demandes de transfert sans réponse : 1 (DT-1)" in plain and f"non enregistrés : 1 ({sheet})" in plain
    assert "(alone)" in plain and "(elsewhere_too)" not in plain, "whose only place it is"
    assert '<button class="button">Fermer' in plain, "the button does not stand out while anything is left"
    place = world.ids[CENTRE]
    fields = {"facility": DEPOT, "shipped_on": today().isoformat(), "packages": "2", "note": "fermeture"}
    answer = client.post(f"/elmis/transfers/empty/{place}", data=fields)
    assert answer.status_code == 302, answer.text[:2000]
    with pytest.raises(Refused):
        close(world)
    flow.by(world, "depot", lambda: call_back(db.session.get(Shipment, shipment_id), "fermé").id)
    from plugins.elmis.orders import services as orders

    flow.by(world, "depot", lambda: orders.cancel(flow.of(waiting), "fermé"))
    for sent in db.session.scalars(select(Shipment).where(Shipment.supplier_id == place)).all():
        flow.count(world, flow.expected(sent.id), flow.whole(sent.id), "depot")
        flow.holds(sent.id)
    assert balance(world[DEPOT], "store", ids["soon"]) == 600 + 50 - 100
    assert balance(world[DEPOT], "quarantine", ids["soon"]) == 20
    for number, end in (
        ("RQ-", lambda: REQUISITION.advance(db.session.get(Requisition, asked), "cancel", "fermé")),
        ("DT-1", lambda: REQUEST.advance(db.session.get(TransferRequest, give_id), "withdraw", "fermé")),
        (sheet, lambda: COUNT.advance(db.session.scalars(select(Count)).one(), "cancel", "fermé")),
    ):  # fmt: skip
        with pytest.raises(Refused, match=number):
            close(world)
        with unit_of_work(Access.system("test")):
            end()
    plain = client.get(f"/facilities/{place}/close").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "seule structure" in plain and "(alone)" in plain
    close(world)
    assert world[CENTRE].status == CLOSED


def test_goods_do_not_go_where_no_stock_is_kept(world, ids):
    for code, words in (("P2", "keeps no stock|ne tient pas"), (DEPOT, "another|autre")):
        with pytest.raises(Refused, match=words):
            flow.by(world, "depot", lambda: shipping.send(world[DEPOT], world[code], [Sent(ids["soon"], 1)], Journey()))
    with unit_of_work(Access.system("test")):
        world["P1A-CDS2"].status = CLOSED
    with pytest.raises(Refused, match=r"closed|fermé"):
        flow.by(
            world, "depot", lambda: shipping.send(world[DEPOT], world["P1A-CDS2"], [Sent(ids["soon"], 1)], Journey())
        )
    with unit_of_work(Access.system("test")):
        for route in db.session.scalars(select(Route).where(Route.from_kind == "depot", Route.to_kind == "care")):
            db.session.delete(route)
    with pytest.raises(Refused):
        flow.by(world, "depot", lambda: shipping.send(world[DEPOT], world[CENTRE], [Sent(ids["soon"], 1)], Journey()))


def test_what_left_before_the_receiver_closed_is_called_back(world, ids):
    sent = flow.by(
        world, "depot", lambda: shipping.send(world[DEPOT], world[CENTRE], [Sent(ids["soon"], 5)], Journey()).id
    )
    with unit_of_work(Access.system("test")):
        db.session.get(Facility, world.ids[CENTRE]).status = CLOSED  # as an older release closed it
    flow.by(world, "depot", lambda: call_back(db.session.get(Shipment, sent), "destinataire fermé").id)
    assert balance(world[DEPOT], "returning", ids["soon"]) == 5


def test_an_import_closes_no_facility_that_holds_stock(world, ids):
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], db.session.get(Lot, ids["soon"]), 70)
    plan = importer.Plan()
    for code, words in ((CENTRE, "70"), ("P1A-CDS2", "")):
        node = plan.by_code[key_of(code)]
        assert words in str(importer._stranded(node, {**node.values, "status": CLOSED}) or "")


def test_the_facts_of_a_place_say_nothing_against_what_was_recorded_there(world, ids, client):
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], db.session.get(Lot, ids["soon"]), 70, today() - timedelta(days=9))
    people.sign_in(client, "admin")
    address = f"/facilities/{world.ids[CENTRE]}/edit"
    form = next(one for one in Forms(client.get(address).text).found if "_seen" in one.inputs).data()
    assert "closed_on" not in form  # a place closes by its own step alone
    late = client.post(address, data=form | {"opened_on": f"{today() - timedelta(days=8):%d/%m/%Y}"})
    assert late.status_code == 422 and 'id="opened_on-error"' in late.text
    for kind in ("province", "depot", "service"):
        key = db.session.scalars(select(FacilityType.id).where(FacilityType.code == kind)).one()
        other = client.post(address, data=form | {"type_id": str(key)})
        assert other.status_code == 422 and 'id="type_id-error"' in other.text and "70" in other.text, kind
    day, hospital = today() - timedelta(days=9), select(FacilityType.id).where(FacilityType.code == "hospital")
    fine = form | {"opened_on": f"{day:%d/%m/%Y}", "type_id": str(db.session.scalars(hospital).one())}
    assert client.post(address, data=fine).status_code == 302
    assert world[CENTRE].opened_on == day and world[CENTRE].type.code == "hospital"
    node = importer.Plan().by_code[key_of(CENTRE)]
    assert "1" in str(importer._late(node, {**node.values, "opened_on": today()}))
    assert importer._late(node, {**node.values, "opened_on": day - timedelta(days=1)}) is None
