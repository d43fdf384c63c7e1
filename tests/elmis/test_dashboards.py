"""The dashboards: availability now and month by month, stock-outs, months of stock, expiries, within one's rights."""

import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import unit_of_work
from core.facilities import outlines
from plugins.elmis.catalogue.models import Product
from plugins.elmis.dashboards import boards, hooks, reports
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import reverse
from tests import make as core_make
from tests.elmis import make
from tests.elmis.test_turns import months_ago

pytestmark = pytest.mark.both_databases


@pytest.fixture
def stocks(app, world):
    """Two tracers and another product; one centre ran out of a tracer last month, another district has both."""
    make.reference()
    with unit_of_work(Access.system("test")):
        amx, ors = (make.product(code, name_fr=code, tracer=True) for code in ("AMX", "ORS"))
        plain = make.product("GANT", name_fr="GANT")
        lots = {
            one.code: make.lot(one, expiry=today() + timedelta(days=days))
            for one, days in ((amx, 700), (ors, 60), (plain, 60))
        }
        first, second, other = world["P1A-CDS1"], world["P1A-CDS2"], world["P2A-CDS1"]
        for place in (first, second, other):
            for lot in lots.values():
                make.receive(place, lot, 90, months_ago(4))
        for place, quantity in ((first, 90), (second, 30)):
            make.dispense(place, lots["AMX"], quantity, months_ago(1))
        make.dispense(second, lots["AMX"], 30, months_ago(2))
        core_make.user("bds", world["P1A"], "district_pharmacist")
        core_make.user("aline", first, "stock_manager")
    return {code: lot.product_id for code, lot in lots.items()}


def test_the_availability_is_that_of_the_tracers_below_a_place(world, stocks):
    for code, managed, there in (("BI", 6, 5), ("P1A", 4, 3), ("P1A-CDS1", 2, 1), ("P2", 2, 2), ("P2B", 0, 0)):
        found = reports.past(world[code]).now
        assert (found.managed, found.in_stock) == (managed, there), code
    found = reports.past(world["P1A"]).by_facility
    assert {id_: one.in_stock for id_, one in found.items()} == {world.ids["P1A-CDS1"]: 1, world.ids["P1A-CDS2"]: 2}


def test_the_course_tells_when_it_fell(world, stocks):
    rates = [rate for _day, rate in reports.past(world["P1A"]).trend(6)]
    assert rates == [None, 100.0, 100.0, 100.0, 75.0, 75.0]
    assert reports.past(world["P1A"]).trend(6)[-1][0] == today().replace(day=1)


def test_stock_outs_and_the_scarcest_first(world, stocks):
    assert [(row.facility_id, row.product) for row in reports.stock_outs(world["BI"])] == [
        (world.ids["P1A-CDS1"], "AMX")
    ]
    assert [(name, each.rate) for _id, name, each in reports.by_product(world["BI"])] == [("AMX", 66.7), ("ORS", 100.0)]


def test_a_product_that_is_no_tracer_any_more_is_left_out(world, stocks):
    with unit_of_work(Access.system("test")):
        db.session.get(Product, stocks["AMX"]).tracer = False
    assert reports.past(world["BI"]).now.rate == 100.0


def test_nobody_sees_beyond_his_rights(world, stocks):
    with acting(world_access("bds")):
        assert reports.past(world["BI"]).now.managed == 4
        assert [lot.facilities for lot in reports.expiring_lots(world["BI"])] == [2, 2]
        assert reports.by_area(world["BI"], [])[None, stocks["AMX"]].managed == 2
        assert {facility for facility, _product in reports.monthly_use(world["BI"], stocks.values())} <= {
            world.ids["P1A-CDS1"], world.ids["P1A-CDS2"],
        }  # fmt: skip


def world_access(login):
    from flask import current_app

    from core.users.accounts.models import User
    from core.users.rights.access import access_of

    person = db.session.query(User).filter_by(login=login).one()
    return access_of(person, current_app.extensions["amagara.permissions"])


def test_monthly_use_counts_closed_months_and_takes_back_what_was_reversed(world, stocks):
    pair = (world.ids["P1A-CDS2"], stocks["AMX"])
    assert reports.monthly_use(world["P1A"], stocks.values())[pair] == Fraction(60, 3)
    with unit_of_work(Access.system("test")):
        last = db.session.query(Movement).order_by(Movement.id.desc()).first()
        reverse(last, "Erreur")
    assert reports.monthly_use(world["P1A"], stocks.values())[pair] == Fraction(30, 3)


def test_what_expires_has_its_value(world, stocks):
    value, lots = reports.expiring_value(world["P1A"])
    assert (value, lots) == (Decimal(4 * 90 * 10), 4)
    found = reports.expiring_lots(world["P1A"])
    assert [(lot.quantity, lot.value) for lot in found] == [(180, Decimal(1800))] * 2
    assert [row.value for row in reports.expiring(world["P1A"], [found[0].id])] == [Decimal(900)] * 2


def test_the_board_of_a_district_shows_each_facility(world, stocks):
    found = boards.board(world["P1A"])
    cells = {facility.code: [cell.state and cell.quantity for cell in row] for facility, row in found.rows}
    assert [one.code for one in found.products] == ["AMX", "ORS"]
    assert cells == {"P1A-CDS1": [0, 90], "P1A-CDS2": [30, 90]}
    assert (
        boards.STATES[boards.OUT] == dict(zip(cells, [row[0].state for _f, row in found.rows], strict=True))["P1A-CDS1"]
    )


def test_the_board_of_a_country_shows_the_share_that_lacks_each_tracer(world, stocks):
    found = boards.overview(world["BI"], reports.districts(world["BI"]))
    rows = {place.code: [share.percent if share.state else None for share in shares] for place, shares in found.rows}
    assert rows == {"P1A": [50, 0, 25], "P2A": [0, 0, 0]} and found.silent == 2
    assert [one.code for one in found.products] == ["AMX", "ORS"]
    assert [(share.out, share.managed) for share in found.total] == [(1, 3), (0, 3), (1, 6)]


def test_the_pages_open_from_the_country_down_to_a_facility(client, world, stocks):
    core_make.sign_in(client, "admin")
    board = client.get("/elmis/dashboards/board").text
    assert "50" in board and f"/elmis/dashboards/board?facility={world.ids['P1A']}" in board
    for code in ("BI", "P1A", "P1A-CDS1", "P2B"):
        for page in ("", "board", "stock-outs", "expiring"):
            answer = client.get(f"/elmis/dashboards/{page}?facility={world.ids[code]}")
            assert answer.status_code == 200, (code, page)
    assert "P1A-CDS1" in client.get("/elmis/dashboards/stock-outs").text


def test_the_map_draws_districts_by_their_outlines_and_dots_where_none_is_known(client, world, stocks):
    square = "MULTIPOLYGON((({0} -4,{1} -4,{1} -3,{0} -3,{0} -4)))"
    with unit_of_work(Access.system("test")):
        for code, west in {"P1A": 29, "P2A": 30}.items():
            outlines.put(world[code], square.format(west, west + 1), "districts.geojson")
        world["P1B"].latitude, world["P1B"].longitude = -4.5, 29.5
    core_make.sign_in(client, "admin")
    drawn = client.get("/elmis/dashboards/").text.partition("chart-map")[2].partition("</svg>")[0]
    assert re.findall(r'<title>([^<]+)</title><(?:path|circle) class="([^"]+)"', drawn) == [
        ("P1A: 25 %", "chart-outline chart-step-4"), ("P2A: 0 %", "chart-outline chart-step-0"),
        ("P1B: –", "chart-none"),
    ]  # fmt: skip


@pytest.mark.parametrize(("then", "now", "said"), [(50, 49.2, "−1 point en"), (50, 52, "+2 points en"), (None, 3, "")])
def test_one_point_is_no_points(app, then, now, said):
    with app.test_request_context():
        found = str(hooks._change([then, 0, 0, now]))
    assert found.startswith(said) and bool(found) == bool(said)


def test_a_place_outside_ones_rights_is_refused(client, world, stocks):
    core_make.sign_in(client, "bds")
    assert client.get(f"/elmis/dashboards/board?facility={world.ids['P1A-CDS1']}").status_code == 200
    assert client.get(f"/elmis/dashboards/board?facility={world.ids['P2A']}").status_code == 403
    assert client.get("/elmis/dashboards/board?facility=999999").status_code == 404


def test_long_lists_come_in_pages_and_a_lot_is_named_once(client, world, stocks, monkeypatch):
    monkeypatch.setattr("core.web.paging.SIZE", 1)
    monkeypatch.setattr("plugins.elmis.dashboards.views.HOLDERS", 2)
    core_make.sign_in(client, "admin")
    first = client.get("/elmis/dashboards/expiring").text
    second = client.get("/elmis/dashboards/expiring?page=2").text
    assert first.count('scope="rowgroup"') == second.count('scope="rowgroup"') == 1
    assert first.count('scope="row"') == 3 and "3 structures" in first  # two of those that hold it, and the way to all
    assert 'rel="next"' in first and 'rel="prev"' in second
    assert client.get("/elmis/dashboards/expiring?page=999").status_code == 200
    whole = client.get("/elmis/dashboards/expiring" + re.search(r"expiring(\?lot=\d+)", first)[1]).text
    assert whole.count("/facilities/") - second.count("/facilities/") >= 1 and "P2A-CDS1" in whole
