"""A page that others went past takes no step unseen, though the state is the same again: unpacked, packed anew."""

import pytest
from sqlalchemy import select

from core.data.db import db, today
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.orders import services
from plugins.elmis.promises.models import Shipment
from plugins.elmis.recalls import services as recalls
from tests import make as people
from tests.elmis import flow
from tests.elmis.flow import DEPOT
from tests.pages import Forms

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world):
    ids = flow.stocked(world)
    with unit_of_work(flow.Access.system("test")):
        world.users["depot2"] = people.user("depot2", world[DEPOT], "depot_storekeeper").id
        world.users["pharmacist"] = people.user("pharmacist", world["BI"], "central_pharmacist").id
        world.users["pharmacist2"] = people.user("pharmacist2", world["BI"], "central_pharmacist").id
    return ids


def form_of(client, address, end=""):
    """Return what the form of a page sends whose address ends so, or the one that has a key."""
    found = Forms(client.get(address).text).found
    form = next(one for one in found if (one.action.endswith(end) if end else "_key" in one.inputs))
    return form.data()


def packed(world, order, units, login="depot"):
    line, place = flow.of(order).lines[0].id, flow.make.store(world[DEPOT]).id
    lot = db.session.scalars(select(Lot.id).where(Lot.number == "SOON")).one()
    flow.by(world, login, lambda: services.allocate(flow.of(order), {line: {(place, lot): units}}))
    flow.by(world, login, lambda: services.pick(flow.of(order)))
    return flow.by(world, login, lambda: services.pack(flow.of(order), packages=1).number)


def test_an_older_page_ships_no_other_note_than_the_one_it_showed(world, ids, client):
    order = flow.order(world, ids["product"], 500)
    packed(world, order, 1)
    people.sign_in(client, "depot")
    address = f"/elmis/orders/{order}/ship"
    older = form_of(client, address) | {"shipped_on": f"{today():%d/%m/%Y}", "rest": "follows", "driver": "Juma"}
    flow.by(world, "depot2", lambda: services.unpack(flow.of(order)))
    number = packed(world, order, 500, "depot2")
    refused = client.post(address, data=older)
    assert refused.status_code == 409 and "Depot2" in refused.text and "Emballer" in refused.text
    assert 'value="Juma"' in refused.text and db.session.scalars(select(Shipment.state)).all() == [
        "cancelled",
        "packed",
    ]
    again = next(one for one in Forms(refused.text).found if "driver" in one.inputs).data()  # whoever has read it
    assert number in refused.text and client.post(address, data=again).status_code == 302
    assert db.session.scalars(select(Shipment.state)).all() == ["cancelled", "shipped"]


def test_an_older_button_confirms_no_picking_of_other_lots(world, ids, client):
    order = flow.order(world, ids["product"], 500)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order)))
    people.sign_in(client, "depot")
    older = form_of(client, f"/elmis/orders/{order}", f".pick/{order}")
    flow.by(world, "depot2", lambda: services.allocate(flow.of(order)))
    assert "Depot2" in client.get(client.post(f"/do/elmis.order.pick/{order}", data=older).location).text
    assert flow.of(order).state == "allocated"
    client.post(f"/do/elmis.order.pick/{order}", data=form_of(client, f"/elmis/orders/{order}", f".pick/{order}"))
    assert flow.of(order).state == "picked"


def test_a_lot_that_was_held_anew_is_not_released_by_an_older_page(world, ids, client):
    def decide(login, action):
        flow.by(world, login, lambda: recalls.decide(db.session.get(Lot, ids["soon"]), action, "aspect"))

    decide("pharmacist", "hold")
    people.sign_in(client, "pharmacist")
    address = f"/elmis/catalogue/lots/{ids['soon']}/release"
    older = form_of(client, address) | {"reason": "rien trouvé"}
    decide("pharmacist2", "release")
    decide("pharmacist2", "hold")
    refused = client.post(address, data=older)
    assert refused.status_code == 409 and "Pharmacist2" in refused.text
    assert db.session.get(Lot, ids["soon"]).status == "held"
