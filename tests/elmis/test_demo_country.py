"""The past of the whole country: consistent books, every district with its own trouble, the same each time."""

from collections import Counter, defaultdict
from datetime import date

import pytest

from core.data.errors import Refused
from core.data.work import unit_of_work
from core.facilities import country as places
from plugins.elmis import reference
from plugins.elmis.demo import stocks
from plugins.elmis.demo.country import common, country
from plugins.elmis.demo.history import silent_months

UNTIL = date(2026, 11, 22)
INTO = {"initial_count", "receipt", "delivery", "count_excess"}
TRANSIT = {"missing_transit", "damaged_transit"}


@pytest.fixture(scope="module")
def specs():
    return places.demonstration()


@pytest.fixture(scope="module")
def few(specs):
    """The country cut down to its centre, its home district and three others."""
    kept = [places.district(specs, code) for code in (places.FOCUS, "DS-NGOZI", "DS-RUTANA", "DS-MUYINGA")]
    return [one for one in specs if one.code == places.CENTRAL_DEPOT] + [one for each in kept for one in each]


@pytest.fixture(scope="module")
def shown():
    return [product for product in reference.products() if product.in_district_demo]


@pytest.fixture(scope="module")
def past(shown, few):
    return list(country(shown, few, until=UNTIL))


def test_every_district_but_the_home_one_has_a_past(shown, specs):
    opening = set()
    for event in country(shown, specs, until=date(2026, 11, 1), months=4):
        opening.add(event.facility)
    serving = [one for one in specs if one.type in {"cds", "district_depot"} or one.type.endswith("_hospital")]
    home = {one.code for one in places.district(specs)}
    assert opening == {one.code for one in serving if one.code not in home} | {places.CENTRAL_DEPOT}
    assert len([one for one in specs if one.type == "district"]) == 49
    assert len(opening) > 1_200


def test_no_lot_is_ever_negative_and_all_that_was_shipped_arrived(past):
    held, road, last = Counter(), Counter(), date.min
    for event in past:
        assert last <= event.on <= UNTIL
        last = event.on
        key = event.facility, event.product, event.lot
        if event.reason not in TRANSIT:
            held[key] += event.quantity if event.reason in INTO else -event.quantity
            assert held[key] >= 0, event
        if event.reason == "shipment":
            road[event.document, event.product, event.lot] += event.quantity
        elif event.reason in {"delivery", *TRANSIT}:
            road[event.document, event.product, event.lot] -= event.quantity
    assert not any(road.values())


def test_the_lots_are_not_those_of_the_home_district(past):
    numbers = {(event.product, event.lot): event.expiry for event in past}
    assert all(number.startswith("Z") for _product, number in numbers)
    assert all(numbers[event.product, event.lot] == event.expiry for event in past)


def test_the_tracers_and_the_commonest_products_are_kept(past, shown):
    kept = common(shown)
    assert len(kept) == 50 and {one.code for one in shown if one.tracer} <= {one.code for one in kept}
    assert {event.product for event in past} == {one.code for one in kept}


def test_use_is_written_down_once_a_month_except_in_silent_months(past, few):
    used = {(e.facility, e.product, e.on) for e in past if e.reason in {"dispensed", "issue_ward"}}
    months = Counter((facility, product, day.replace(day=1)) for facility, product, day in used)
    assert set(months.values()) == {1}
    inside = [one for code in ("DS-NGOZI", "DS-RUTANA", "DS-MUYINGA") for one in places.district(few, code)]
    for code in ("DS-NGOZI", "DS-RUTANA", "DS-MUYINGA"):
        silent = silent_months(places.district(inside, code), until=UNTIL)
        assert silent and not silent & {(facility, month) for facility, _product, month in months}


def test_districts_differ_in_what_they_lack(past, specs):
    home = {}
    for one in specs:
        home[one.code] = one.code if one.type == "district" else home.get(one.parent)
    stock, out = Counter(), defaultdict(list)
    for event in past:
        if event.reason not in TRANSIT:
            sign = 1 if event.reason in INTO else -1
            stock[event.facility, event.product] += sign * event.quantity
    for (facility, _product), quantity in stock.items():
        out[home[facility]].append(quantity == 0)
    shares = [sum(each) / len(each) for place, each in out.items() if place]
    assert len(shares) == 3 and len({round(share, 3) for share in shares}) == 3
    assert all(0.005 < share < 0.25 for share in shares)


def test_same_seed_same_country(past, shown, few):
    assert list(country(shown, few, until=UNTIL)) == past
    assert next(country(shown, few, until=UNTIL, seed=7)) != past[0]


def test_the_country_is_not_added_to_stocks_of_ones_own(world, monkeypatch):
    monkeypatch.setattr(stocks, "_any_movement", lambda: True)
    with pytest.raises(Refused, match="before the demonstration"), unit_of_work():
        stocks.load("country")


@pytest.mark.slow
def test_district_first_then_country_gives_the_whole_once(app, session, monkeypatch, few):
    from core.contract.plugins import hooks, in_order
    from plugins.elmis.ledger.models import Movement
    from plugins.elmis.ledger.verify import verify_ledger

    monkeypatch.setattr(stocks, "country_history", lambda shown, _specs, until: country(shown, few, until=until))
    found = []
    for size in ("district", "country", "country"):
        with unit_of_work():
            in_order(hooks().seed, kind="reference", size=size)
            in_order(hooks().seed, kind="demo", size=size)
        found.append(session.query(Movement).count())
    assert 50_000 < found[0] < found[1] - 20_000
    assert found[1] == found[2]
    assert verify_ledger() == []
