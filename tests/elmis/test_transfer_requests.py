"""A district pharmacist asks a store to give what it has too much of; the store sends it, or refuses with a reason."""

import re
from datetime import timedelta

import pytest

from core.data.db import db, today
from core.data.errors import NotAllowed, Refused
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.promises.models import Shipment
from plugins.elmis.transfers import services
from plugins.elmis.transfers.models import TransferRequest
from tests import make as people
from tests.elmis import make
from tests.elmis.test_settings import sent
from tests.pages import Forms

pytestmark = pytest.mark.both_databases
ROOT = "/elmis/transfer-requests"


def verb(action, address):
    """Return the address of what is done to the request of an address."""
    return f"/do/elmis.transfer_request.{action}/{address.rpartition('/')[2]}"


@pytest.fixture
def district(app, world):
    """The first centre holds 1,000 of an article, the second none; each has its keeper, the district its pharmacist."""
    make.reference()
    with unit_of_work():
        for login, place, role in (
            ("chantal", "P1A", "district_pharmacist"), ("holder", "P1A-CDS1", "storekeeper"),
            ("other", "P1A-CDS2", "storekeeper"), ("far", "P2A", "district_pharmacist"),
        ):  # fmt: skip
            world.users[login] = people.user(login, world[place], role).id
        lot = make.lot(make.product("AMX", tracer=True, pack_size=1), "SOON", today() + timedelta(days=60))
        make.receive(world["P1A-CDS1"], lot, 1000)
    return world, lot.id


@pytest.fixture
def asked(app, district):
    """A client of the holder, and the address of a request for 300 units that the pharmacist has sent by the page."""
    world, lot = district
    client = app.test_client()
    people.sign_in(client, "chantal")
    there = {"from": world.ids["P1A-CDS1"], "to": world.ids["P1A-CDS2"], "lot": lot, "quantity": 300}
    opened = f"{ROOT}/new?" + "&".join(f"{name}={value}" for name, value in there.items())
    assert 'value="300"' in client.get(opened).text
    shown = next(form for form in Forms(client.get(opened).text).found if "quantity" in form.inputs).data()
    answer = client.post(opened, data=shown | {"reason": "Rupture depuis huit jours"})
    assert answer.status_code == 302
    return client, answer.location


def entered(app, login):
    client = app.test_client()
    people.sign_in(client, login)
    return client


def test_the_holder_finds_the_request_and_sends_what_it_says(app, asked, district):
    pharmacist, address = asked
    holder = entered(app, "holder")
    assert address in holder.get("/").text and address not in entered(app, "other").get("/").text
    page = holder.get(address).text
    assert "Rupture depuis huit jours" in page and "Chantal" in page and f"{address}/send" in page
    opened = holder.get(f"{address}/send")
    (form,) = [one for one in Forms(opened.text).found if "lines-0-product" in one.inputs]
    data = form.data() | {"packages": "2"}
    assert (data["facility"], data["lines-0-lot"], data["lines-0-quantity"]) == ("P1A-CDS2", "SOON", "300")
    wrong = holder.post(f"{address}/send", data={**data, "facility": "P1A-DEPOT"})
    assert wrong.status_code == 422 and 'id="facility-error"' in wrong.text and not db.session.query(Shipment).count()
    answer = holder.post(f"{address}/send", data=data)
    assert answer.status_code == 302
    shipment = db.session.query(Shipment).one()
    assert (shipment.facility.code, shipment.lines[0].quantity) == ("P1A-CDS2", 300)
    assert shipment.number in pharmacist.get(address).text and shipment.number in pharmacist.get(f"{ROOT}/").text
    assert address not in holder.get("/").text
    assert holder.get(f"{address}/send").status_code == 409


def test_a_refusal_gives_its_reason_to_who_asked_until_it_is_noted(app, asked):
    pharmacist, address = asked
    holder = entered(app, "holder")
    assert 'id="reason-error"' in sent(holder, verb("refuse", address), reason="").text
    assert sent(holder, verb("refuse", address), reason="Garde pour la campagne").status_code == 302
    assert address in pharmacist.get("/").text
    assert "Garde pour la campagne" in pharmacist.get(address).text
    assert pharmacist.post(verb("note", address)).status_code == 302
    assert address not in pharmacist.get("/").text
    assert db.session.query(TransferRequest).one().state == "noted"


def test_what_was_asked_is_withdrawn_by_who_asks_and_not_asked_twice(district, asked):
    world, lot = district
    pharmacist, address = asked
    with unit_of_work(world.access("chantal")), pytest.raises(Refused):
        services.ask(world["P1A-CDS2"], world["P1A-CDS1"], db.session.get(Lot, lot), 10, "encore")
    assert sent(pharmacist, verb("withdraw", address), reason="Reçu entre-temps").status_code == 302
    assert db.session.query(TransferRequest).one().state == "withdrawn"


@pytest.mark.parametrize("login", ["far", "other", "nobody"])
def test_nobody_else_asks_or_answers(app, district, asked, login):
    world, lot = district
    client, address = entered(app, login), asked[1]
    assert client.get(verb("refuse", address)).status_code in (403, 404)
    assert client.get(f"{address}/send").status_code in (403, 404)
    assert client.post(verb("note", address)).status_code in (403, 404)
    with unit_of_work(world.access(login)), pytest.raises(NotAllowed):
        services.ask(world["P1A-CDS2"], world["P1A-CDS1"], db.session.get(Lot, lot), 10, "x")


@pytest.mark.parametrize("quantity, reason, field", [(1001, "x", "quantity"), (0, "x", "quantity"), (5, " ", "reason")])
def test_no_more_is_asked_than_lies_there_and_never_without_a_reason(district, quantity, reason, field):
    world, lot = district
    with unit_of_work(world.access("chantal")), pytest.raises(Refused) as refused:
        services.ask(world["P1A-CDS2"], world["P1A-CDS1"], db.session.get(Lot, lot), quantity, reason)
    assert refused.value.field == field
    assert not re.search("None", str(refused.value.message))
