"""Figures and days that a ministry sets: each is asked where its decision is made, at the place it is made for."""

from datetime import timedelta

import pytest

from core.data import migrations
from core.data.access import Access, acting
from core.data.db import db, today, utcnow
from core.data.errors import Refused
from core.data.settings import value_of
from core.data.work import unit_of_work
from core.settings.services import put
from plugins.elmis.catalogue.limits import EXPIRY_DAYS, MONTHS_BACK
from plugins.elmis.counts import services as counts
from plugins.elmis.counts.services import PAPER_DAYS, Counted
from plugins.elmis.dashboards import reports
from plugins.elmis.orders.offers import offers, proposal
from plugins.elmis.promises.models import Order, Receipt
from plugins.elmis.promises.services import (
    DELIVERY_DAYS,
    EMERGENCY_DAYS,
    SHORT_DAYS,
    TRAVEL_DAYS,
    Wanted,
    create,
)
from tests.conftest import build
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT
from tests.statements import sql

pytestmark = pytest.mark.both_databases


def set_to(world, setting, value, place=None):
    with unit_of_work(Access.system("test")):
        put(setting, place and world[place], value)


def test_a_depot_says_how_long_its_deliveries_take(world):
    ids = flow.stocked(world)
    set_to(world, DELIVERY_DAYS, 21, "P1A")  # of the district, for its depot
    set_to(world, DELIVERY_DAYS, 5, "P2A")
    set_to(world, EMERGENCY_DAYS, 1, DEPOT)
    set_to(world, TRAVEL_DAYS, 6)
    order_id = flow.order(world, ids["product"])
    with unit_of_work(world.access("depot")):
        urgent = create(world[DEPOT], world[CENTRE], [Wanted(ids["product"], 1, 1)], "BIF", urgent=True).needed_on
    assert flow.of(order_id).needed_on == today() + timedelta(days=21) and urgent == today() + timedelta(days=1)
    receipt = db.session.get(Receipt, flow.expected(flow.shipped(world, order_id)))
    assert receipt.expected_on == today() + timedelta(days=6)


def test_a_lot_is_proposed_as_long_as_the_depot_takes_it_for_lasting(world):
    ids = flow.stocked(world)  # lots of 300 and 700 days
    order_id = flow.order(world, ids["product"], 500)

    def proposed():
        order = db.session.get(Order, order_id)
        with unit_of_work(world.access("depot")):
            taken = [lot for each in proposal(order).values() for (_place, lot) in each]
            return taken, [one.short for one in offers(order)[ids["product"]]]

    assert proposed() == ([ids["soon"]], [False, False])
    set_to(world, SHORT_DAYS, 301, DEPOT)
    assert proposed() == ([ids["late"]], [True, False])


def test_a_place_is_warned_as_early_as_it_wishes(world):
    ids = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        assert reports.expiring_value(world["P1A"])[1] == 0
    set_to(world, EXPIRY_DAYS, 300, "P1A")
    with unit_of_work(Access.system("test")):
        assert [lot.id for lot in reports.expiring_lots(world["P1A"])] == [ids["soon"]]
        assert reports.expiring_value(world["P1"])[1] == 0  # the province keeps the ordinary warning


def test_a_sheet_may_wait_as_long_as_is_set(world):
    ids = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], db.session.get(make.Lot, ids["soon"]), 10, today() - timedelta(days=200))
        count = counts.start(make.store(world[CENTRE]), "all")
        count_id, line_id = count.id, count.lines[0].id
    found = {line_id: Counted(9, None, at=utcnow() - timedelta(days=100))}

    def fill():
        with unit_of_work(Access.system("test")):
            counts.fill(db.session.get(counts.Count, count_id), found)

    with pytest.raises(Refused, match="92"):
        fill()
    set_to(world, PAPER_DAYS, 120, "P1")
    fill()


def test_a_limit_that_was_set_before_settings_were_is_one_now(tmp_path):
    app = build(f"sqlite:///{tmp_path / 'a.db'}", tmp_path, PLUGINS=["elmis"])
    with app.app_context():
        migrations.upgrade("elmis_0019")
        with db.engine.begin() as connection:
            for code, value in (("quantity", 1_000_000), ("months_back", 6)):
                connection.execute(sql(f"INSERT INTO elmis_limit (code, value) VALUES ('{code}', {value})"))
        migrations.upgrade()
        assert migrations.faults() == []
        with db.engine.begin() as connection:
            assert connection.execute(sql("SELECT code, value FROM core_setting")).all() == [("elmis.months_back", "6")]
        with acting(Access.system("test")):
            assert value_of(MONTHS_BACK) == 6
        migrations.downgrade("elmis@elmis_0019")
        with db.engine.begin() as connection:
            rows = dict(connection.execute(sql("SELECT code, value FROM elmis_limit")).all())
    assert rows == {"quantity": 1_000_000, "expiry_years": 10, "months_back": 6, "count_times": 5}
