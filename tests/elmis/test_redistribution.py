"""What some have too much of goes to those near by who lack it: worked out by hand on two centres and a third."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import unit_of_work
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.dashboards.redistribution import distance, moves, stands
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import reverse
from plugins.elmis.orders.models import Route
from plugins.elmis.promises.models import Shipment
from plugins.elmis.recalls import services as recalls
from plugins.elmis.replenishment.services import suggest
from plugins.elmis.requisitions.coming import expected
from tests import make as people
from tests.elmis import make
from tests.elmis.test_dashboards import months_ago

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")


@pytest.fixture
def district(app, world):
    """Three centres use 300 a month: one has 3,000, one has 200, one ran out; the second lies nearer to the first."""
    make.reference()
    with unit_of_work(SYSTEM):
        product = make.product("AMX", tracer=True, pack_size=1, unit_price=10)
        late, soon = make.lot(product, "LATE", today() + timedelta(days=700)), make.lot(product, "SOON", today() + timedelta(days=61))  # fmt: skip
        places = [world["P1A-CDS1"], world["P1A-CDS2"], world["P1B-CDS1"]]
        for place, place_of in zip(places, ((-3.0, 29.0), (-3.0, 29.1), (-3.0, 29.9)), strict=True):
            row = db.session.get(Facility, place.id)
            row.latitude, row.longitude = place_of
        for place, left in zip(places, (2000, 200, 0), strict=True):
            make.receive(place, late, 900 + left, months_ago(4))
            for month in (3, 2, 1):
                make.dispense(place, late, 300, months_ago(month))
        make.receive(places[0], soon, 1000, months_ago(1))
        people.user("chief", world["P1"], "administrator")
    return world, product.id


def test_a_surplus_goes_first_to_who_ran_out_and_no_more_than_is_used_before_it_expires(district):
    world, _product = district
    with acting(SYSTEM):
        found = stands(world["P1"])
        made = moves(found)
    spare = found[world.ids["P1A-CDS1"], _product]
    assert spare.found.status == "overstock" and spare.unused > 0
    first = made[0]
    assert (first.lot.number, first.target.facility.code, first.quantity) == ("SOON", "P1B-CDS1", 722)
    assert round(first.distance) == 100 and first.value == first.quantity * 10
    to_second = [move for move in made if move.target.facility.code == "P1A-CDS2"]
    assert sum(move.quantity for move in to_second) <= to_second[0].target.lacks
    assert all(move.source.facility.code == "P1A-CDS1" for move in made)
    assert sum(move.quantity for move in made) <= spare.spare


def test_of_two_that_ran_out_the_nearest_comes_first(district):
    world, _product = district
    with unit_of_work(SYSTEM):
        make.dispense(world["P1A-CDS2"], db.session.scalar(select(Lot).where(Lot.number == "LATE")), 200, today())
        for code, east in (("P1A-CDS2", 29.95), ("P1B-CDS1", 29.05)):
            db.session.get(Facility, world.ids[code]).longitude = east
    with acting(SYSTEM):
        made = moves(stands(world["P1"]))
    assert [move.target.facility.code for move in made][:2] == ["P1B-CDS1", "P1A-CDS2"]
    assert [round(move.distance) for move in made][:2] == [6, 105]


def test_what_expires_first_goes_first_whoever_has_it(district):
    world, product = district
    with unit_of_work(SYSTEM):
        first = make.lot(db.session.get(make.Product, product), "FIRST", today() + timedelta(days=50))
        make.receive(world["P1A-CDS2"], first, 3000, months_ago(1))
    with acting(SYSTEM):
        made = moves(stands(world["P1"]))
    assert (made[0].lot.number, made[0].source.facility.code) == ("FIRST", "P1A-CDS2")


def test_nothing_is_promised_that_is_held_or_whose_use_nobody_knows(district):
    world, _product = district
    with unit_of_work(SYSTEM):
        for lot in db.session.query(make.Lot).all():
            lot.status = "held"
    with acting(SYSTEM):
        assert moves(stands(world["P1"])) == []
        assert {one.found.status for one in stands(world["P1"]).values()} == {"stock_out"}


def test_what_could_not_be_sent_is_not_offered(district):
    """With the way from centre to centre ended, or a recall proposed, the page still offered moves."""
    world, _product = district
    with acting(SYSTEM):
        offered = moves(stands(world["P1"]))
    assert {move.lot.number for move in offered} == {"SOON", "LATE"}
    with unit_of_work(SYSTEM):
        soon = next(move.lot.lot_id for move in offered if move.lot.number == "SOON")
        recalls.propose(db.session.get(make.Lot, soon), world["P1A-CDS1"], "Comprimés tachés")
    with acting(SYSTEM):
        assert {move.lot.number for move in moves(stands(world["P1"]))} == {"LATE"}
    with unit_of_work(SYSTEM):
        kind = world["P1A-CDS1"].type.kind
        db.session.delete(db.session.query(Route).filter_by(from_kind=kind, to_kind=kind).one())
    with acting(SYSTEM):
        assert moves(stands(world["P1"])) == []


def test_a_place_that_is_not_known_has_no_distance():
    assert distance(Facility(latitude=-3.0, longitude=29.0), Facility()) is None


def test_one_click_leads_to_a_transfer_that_can_be_sent(app, district):
    world, product = district
    client = app.test_client()
    people.sign_in(client, "chief")
    page = client.get(f"/elmis/dashboards/stock-outs?facility={world.ids['P1B']}").text
    assert "AMX" in page
    page = client.get(f"/elmis/dashboards/redistribute?facility={world.ids['P1']}").text
    asked = {
        "from": world.ids["P1A-CDS1"],
        "to": world.ids["P1B-CDS1"],
        "product": product,
        "lot": "SOON",
        "quantity": 50,
    }
    opened = client.get(f"/elmis/transfers/new?{urlencode(asked)}")
    assert opened.status_code == 200 and "SOON" in opened.text and "Redistribution" in opened.text
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', opened.text))
    data = {
        "_key": fields["_key"], "facility": "P1B-CDS1", "shipped_on": today().isoformat(),
        "packages": "1", "note": "Redistribution", "lines-0-product": "AMX", "lines-0-lot": "SOON",
        "lines-0-quantity": "50", "lines-0-measure": "unit",
    }  # fmt: skip
    answer = client.post(f"/elmis/transfers/new?{urlencode(asked)}", data=data)
    assert answer.status_code == 302, re.sub(
        r"\s+", " ", re.sub("<[^>]*>", "", answer.text[answer.text.index("<main") :])
    )[:1500]
    sent = db.session.query(Shipment).one()
    assert (sent.supplier.code, sent.facility.code, sent.lines[0].quantity) == ("P1A-CDS1", "P1B-CDS1", 50)


def test_a_stock_out_tells_since_when_what_is_used_and_who_near_by_has_too_much(app, district):
    world, _product = district
    with unit_of_work(SYSTEM):
        late = db.session.query(make.Lot).filter_by(number="LATE").one()
        make.dispense(world["P1A-CDS2"], late, 200, months_ago(1))
    with acting(SYSTEM):
        found = stands(world["P1A"])
        move = next(one for one in moves(found) if one.target.facility.code == "P1A-CDS2")
    client = app.test_client()
    people.sign_in(client, "chief")
    page = client.get(f"/elmis/dashboards/stock-outs?facility={world.ids['P1A']}").text
    row = re.search(r'<tr><th scope="row">.*?</tr>', page, re.S)[0]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", row))
    used = round(float(move.target.found.inputs.cmm.value))
    assert f"{months_ago(1):%d/%m/%Y}" in words and f" {used} " in words
    assert f"P1A-CDS1, 11 km · {move.quantity} " in words
    link = re.search(r'href="(/elmis/transfers/new[^"]+)"', row)[1]
    assert f"from={world.ids['P1A-CDS1']}" in link and f"to={world.ids['P1A-CDS2']}" in link
    whole = client.get(f"/elmis/dashboards/stock-outs?facility={world.ids['P1']}").text  # of several districts
    address = f"/elmis/dashboards/stock-outs/{world.ids['P1A-CDS2']}/{move.product.id}"
    assert f'hx-get="{address}" hx-trigger="revealed"' in whole
    assert re.sub(r"\s+", " ", client.get(address).text).strip() == re.sub(r"\s+", " ", row)
    assert client.get(f"/elmis/dashboards/stock-outs/{world.ids['P1A-CDS1']}/{move.product.id}").status_code == 404


def test_a_mean_that_rests_on_older_months_is_that_of_the_order(app, world):
    make.reference()
    with unit_of_work(SYSTEM):
        lot = make.lot(make.product("AMX", tracer=True, pack_size=1), "A", today() + timedelta(days=700))
        other = make.lot(make.product("PAR", tracer=True, pack_size=1), "B", today() + timedelta(days=700))
        place = world["P1A-CDS1"]
        make.receive(place, lot, 600, months_ago(8))
        make.receive(place, other, 900, months_ago(8))
        for month in (7, 6):
            make.dispense(place, lot, 300, months_ago(month))  # out since, and no closed month of late says its use
        for month in range(7, 0, -1):
            make.dispense(place, other, 10, months_ago(month))
    with acting(SYSTEM):
        found = stands(world["P1A"])
        lacking = world["P1A-CDS1"]
        wanted = {one.product.id: one for one in suggest(lacking, today(), "adjusted", expected(lacking))}
    assert len(found) == len(wanted) == 2
    for (_place, product), one in found.items():
        assert one.found.inputs.cmm == wanted[product].suggestion.inputs.cmm
        assert (one.found.status, one.days_out) == (wanted[product].suggestion.status, wanted[product].days_out)
    assert found[world.ids["P1A-CDS1"], lot.product_id].found.inputs.cmm.value  # not unknown


def test_what_is_read_in_brief_for_many_is_what_the_order_of_each_says(app, world):
    """Out and back, out throughout, new of late, expired on the shelf, never out, and goods that came back."""
    make.reference()
    place, later = world["P1A-CDS1"], today() + timedelta(days=700)
    with unit_of_work(SYSTEM):
        names = ("BACK", "OUT", "NEW", "OLD", "ALL", "TAKEN")
        lots = {name: make.lot(make.product(name, tracer=True, pack_size=1), name, later) for name in names}
        lots["OLD"].expiry = months_ago(1) + timedelta(days=9)
        for name, months in (("BACK", 9), ("OUT", 9), ("NEW", 2), ("OLD", 9), ("ALL", 9), ("TAKEN", 9)):
            make.receive(place, lots[name], 300 if name in ("BACK", "OUT") else 2000, months_ago(months))
        for month in (3, 2, 1):
            make.dispense(place, lots["ALL"], 200, months_ago(month))
            make.dispense(place, lots["OLD"], 100, months_ago(month))
        make.dispense(place, lots["NEW"], 90, months_ago(1))
        for name in ("BACK", "OUT"):
            make.dispense(place, lots[name], 300, months_ago(3))
        make.receive(place, lots["BACK"], 500, months_ago(1) + timedelta(days=12))
        make.dispense(place, lots["TAKEN"], 700, months_ago(2))
        reverse(db.session.scalars(select(Movement).order_by(Movement.id.desc())).first(), "Erreur")
    with acting(SYSTEM):
        found = {one.product.code: one for one in stands(world["P1A"]).values()}
        wanted = {one.product.code: one for one in suggest(place, today(), "adjusted", expected(place))}
    assert set(found) == set(names)
    for name, one in found.items():
        order = wanted[name].suggestion
        assert (one.found.inputs, one.found.need, one.found.status) == (order.inputs, order.need, order.status), name
        assert one.days_out == wanted[name].days_out, name
    assert found["OUT"].days_out > 60 and found["BACK"].found.inputs.cmm.stockout_days > 30


def test_the_moves_are_narrowed_to_a_product_and_a_facility_and_come_in_pages(app, district, monkeypatch):
    world, product = district
    client = app.test_client()
    people.sign_in(client, "chief")
    with unit_of_work(SYSTEM):
        route = select(Facility).where(Facility.code == "P1B-CDS1")
        db.session.scalar(route).parent_id = world.ids["P1A"]
        db.session.scalar(route).path = f"{world['P1A'].path}{world.ids['P1B-CDS1']}/"
    address = f"/elmis/dashboards/redistribute?facility={world.ids['P1A']}"

    def shown(more):
        return re.findall(r'data-label="À">(P1.-CDS\d)', client.get(address + more).text)

    assert set(shown("")) == {"P1A-CDS2", "P1B-CDS1"}
    assert set(shown(f"&at={world.ids['P1A-CDS2']}")) == {"P1A-CDS2"} and shown(f"&product={product}") == shown("")
    assert shown("&product=999") == [] and "Rien ne correspond" in client.get(f"{address}&product=999").text
    monkeypatch.setattr("plugins.elmis.dashboards.views.ROWS", 1)
    assert shown("") + shown("&page=2") == shown("&page=1") + shown("&page=2") and len(shown("&page=2")) == 1


@pytest.mark.parametrize(("left", "over"), [(750, False), (850, True)])
def test_what_rounding_an_order_to_packs_brought_is_no_surplus(app, world, left, over):
    """300 a month, a maximum of some 600, packs of 200: an order may bring the shelf to 799, and nobody takes it away."""
    make.reference()
    with unit_of_work(SYSTEM):
        lot = make.lot(make.product("PK", tracer=True, pack_size=200), "A", today() + timedelta(days=700))
        make.receive(world["P1A-CDS1"], lot, 900 + left, months_ago(4))
        for month in (3, 2, 1):
            make.dispense(world["P1A-CDS1"], lot, 300, months_ago(month))
    with acting(SYSTEM):
        (stand,) = stands(world["P1A"]).values()
    assert (stand.found.status == "overstock") is over
    assert stand.spare == (left - stand.found.max_stock - 199 if over else 0)
