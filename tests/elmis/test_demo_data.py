"""The catalogue's reference rows: complete, consistent, no two alike."""

import csv
import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

import plugins.elmis
from core.contract.ports import RoleSpec
from core.data.access import Access, acting
from core.data.db import db
from core.facilities import country
from core.users.data.people import PEOPLE
from core.users.demo import PASSWORD
from plugins.elmis import reference
from plugins.elmis.demo.history import history, silent_months
from plugins.elmis.rights import PERMISSIONS
from tests import make as people
from tests.pages import Forms

DATA = Path(plugins.elmis.__file__).parent / "data"


def rows(name):
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def products():
    return rows("products")


def test_there_are_400_products_no_two_alike(products):
    assert len(products) == 400
    for column in ("code", "name_fr", "name_en", "gtin"):
        assert len({row[column].casefold() for row in products}) == 400


def test_every_product_is_complete(products):
    wanted = (
        "code",
        "name_fr",
        "name_en",
        "form_fr",
        "form_en",
        "base_unit_fr",
        "base_unit_en",
        "pack_label_fr",
        "pack_label_en",
    )
    for row in products:
        assert all(row[column].strip() == row[column] != "" for column in wanted), row["code"]
        assert None not in row
        assert None not in row.values()
        assert int(row["pack_size"]) >= 1
        assert row["ven"] in {"V", "E", "N"}
        assert float(row["monthly"]) > 0
        assert row["season"] in {"malaria", "diarrhoea", "respiratory", "none"}
        assert row["level"] in {"cds", "hospital"}


def test_gtins_have_right_check_digits(products):
    for row in products:
        digits = [int(digit) for digit in row["gtin"]]
        assert len(digits) == 14
        assert row["gtin"].startswith("0952")
        assert sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits)) % 10 == 0


def test_prices_fit_four_decimals(products):
    for row in products:
        price = Decimal(row["unit_price"])
        assert price > 0
        assert price == round(price, 4)


def test_cold_products_have_a_range(products):
    for row in products:
        assert (row["cold"] == "1") == bool(row["cold_min"] and row["cold_max"])
        assert row["cold"] == "0" or int(row["cold_min"]) < int(row["cold_max"])
    vaccines = [row for row in products if row["form_fr"] == "vaccin"]
    assert len(vaccines) >= 12
    assert all(row["cold"] == "1" for row in vaccines)


def test_tracers_and_the_demonstration_range(products):
    tracers = [row for row in products if row["tracer"] == "1"]
    assert 20 <= len(tracers) <= 30
    assert all(row["in_district_demo"] == "1" for row in tracers)
    shown = [row for row in products if row["in_district_demo"] == "1"]
    assert len(shown) == 60
    assert all(row["level"] == "cds" for row in shown)


def test_programmes_of_products_and_policies_exist(products):
    known = {row["code"] for row in rows("programmes")}
    assert {row["programme"] for row in products} == known
    assert {row["programme"] for row in rows("policies")} <= known | {""}


def test_policies_are_ordered_and_of_known_facility_types():
    types = {row["code"] for row in country._rows("types")}
    for row in rows("policies"):
        assert row["facility_type"] in types
        assert 0 < float(row["emergency_months"]) < float(row["min_months"]) < float(row["max_months"])
    keys = [(row["facility_type"], row["programme"]) for row in rows("policies")]
    assert len(keys) == len(set(keys))


def test_reasons_move_stock_the_way_of_their_sign():
    reasons = rows("reasons")
    assert len({row["code"] for row in reasons}) == len(reasons)
    for row in reasons:
        assert row["label_en"]
        assert row["label_fr"]
        assert row["from_kind"] != row["to_kind"] or row["code"] in {"store_move", "loss_taken_over"}  # of two places
        if "store" in (row["from_kind"], row["to_kind"]):
            assert row["sign"] == ("1" if row["to_kind"] == "store" else "-1")
    assert {row["code"] for row in reasons if row["counts_as_consumption"] == "1"} == {"issue_ward", "dispensed"}


UNTIL = date(2026, 11, 22)
INTO = {"initial_count", "receipt", "delivery", "count_excess"}


@pytest.fixture(scope="module")
def chain():
    units = country.demonstration()
    return [unit for unit in units if unit.code == country.CENTRAL_DEPOT] + country.district(units)


@pytest.fixture(scope="module")
def shown():
    return [product for product in reference.products() if product.in_district_demo]


@pytest.fixture(scope="module")
def past(shown, chain):
    return list(history(shown, chain, until=UNTIL))


def signed(event):
    if event.reason.endswith("_transit"):
        return 0
    return event.quantity if event.reason in INTO else -event.quantity


def test_specs_are_typed():
    product = reference.products()[0]
    assert product.pack_size == 180 and product.tracer is True and product.unit_price == Decimal(118)


def test_the_past_is_of_the_wanted_size_and_in_order(past):
    assert 30_000 <= len(past) <= 66_000
    assert [event.on for event in past] == sorted(event.on for event in past)
    assert past[0].on == date(2025, 10, 1) and past[-1].on <= UNTIL
    assert all(event.quantity > 0 for event in past)


def test_no_lot_of_any_store_is_ever_negative(past):
    held = Counter()
    for event in past:
        key = event.facility, event.product, event.lot, event.expiry
        held[key] += signed(event)
        assert held[key] >= 0, event


def test_all_that_was_shipped_arrived_was_missing_or_damaged(past):
    road = Counter()
    for event in past:
        key = event.document, event.product, event.lot
        if event.reason == "shipment":
            road[key] += event.quantity
        elif event.reason in {"delivery", "missing_transit", "damaged_transit"}:
            road[key] -= event.quantity
            assert road[key] >= 0, event
    assert not any(road.values())


def test_the_past_uses_known_reasons_products_and_facilities(past, chain, shown):
    reasons = {row["code"] for row in rows("reasons")}
    assert {event.reason for event in past} <= reasons
    assert {event.product for event in past} == {product.code for product in shown}
    assert {event.facility for event in past} <= {unit.code for unit in chain}
    wards = {event.counterpart for event in past if event.reason == "issue_ward"}
    assert wards <= {unit.code for unit in chain}


def test_nothing_expired_is_dispensed_and_a_lot_has_one_expiry(past):
    expiries = defaultdict(set)
    for event in past:
        expiries[event.product, event.lot].add(event.expiry)
        assert event.reason not in {"dispensed", "issue_ward"} or event.expiry >= event.on
    assert all(len(dates) == 1 for dates in expiries.values())


def test_malaria_has_its_seasons(past):
    used = Counter()
    for event in past:
        if event.product == "PAL002" and event.reason in {"dispensed", "issue_ward"}:
            used[event.on.month] += event.quantity
    assert min(used[5], used[12]) > 1.4 * max(used[8], used[9])


@pytest.mark.parametrize("until", [UNTIL, date(2027, 3, 1), date(2026, 7, 31)])
def test_stock_outs_are_neither_rare_nor_the_rule(shown, chain, until):
    share = stock_out_share(history(shown, chain, until=until), chain)
    assert 0.04 <= share <= 0.13


def stock_out_share(past, chain):
    """The share of product-months at serving facilities with a whole day at zero."""
    serving = {unit.code for unit in chain if unit.type == "cds" or unit.type.endswith("_hospital")}
    stock, months, out, last = Counter(), set(), set(), {}
    for event in past:
        key = event.facility, event.product
        if event.facility not in serving or not signed(event):
            continue
        if key in last and stock[key] == 0 and (event.on - last[key]).days > 1:
            out |= months_between(key, last[key] + timedelta(days=1), event.on - timedelta(days=1))
        if key in last:
            months |= months_between(key, last[key], event.on)
        stock[key] += signed(event)
        last[key] = event.on
    return len(out) / len(months)


def months_between(key, first, last):
    return {
        (key, first.year + (first.month - 1 + number) // 12, (first.month - 1 + number) % 12 + 1)
        for number in range((last.year - first.year) * 12 + last.month - first.month + 1)
    }


def test_silent_months_and_a_late_opening_show(past, chain):
    silent = silent_months(chain, until=UNTIL)
    assert 5 <= len(silent) <= 30
    used = {(event.facility, event.on.replace(day=1)) for event in past if event.reason == "dispensed"}
    assert not used & silent
    first = {}
    for event in past:
        first.setdefault(event.facility, event.on)
    assert max(first.values()) > date(2026, 3, 1)


def test_the_first_health_centre_needs_an_order_and_the_depot_can_serve_it(past, shown):
    stock = Counter()
    for event in past:
        stock[event.facility, event.product] += signed(event)
    empty = [product for product in shown if stock["CDS-KAYANZA-01", product.code] == 0]
    served = [product for product in shown if stock["DD-KAYANZA", product.code] > 0]
    assert 1 <= len(empty) <= 15 and len(served) >= 50


def test_same_seed_same_past(past, shown, chain):
    assert list(history(shown, chain, until=UNTIL)) == past
    assert list(history(shown, chain, until=UNTIL, seed=7)) != past


@pytest.mark.slow
def test_what_the_readme_promises_of_two_people_comes_true(demonstration):
    from plugins.elmis.requisitions.models import Requisition

    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert "Several stores and wards in one facility" in readme and "Orders and stock of the whole country" in readme
    hospital, central = demonstration.test_client(), demonstration.test_client()
    people.sign_in(hospital, "hopital", PASSWORD)
    forms = Forms(hospital.get("/elmis/store/new/issue").text).found
    fields = next(form.inputs for form in forms if "ward" in form.inputs)
    assert len(fields["store"].options) > 1 and len(fields["ward"].options) > 5
    people.sign_in(central, "camebu", PASSWORD)
    listed = re.search(r"(\d+) lignes", central.get("/elmis/requisitions/").text)
    with acting(Access.system("test")):
        places = db.session.scalars(select(Requisition.facility_id)).all()
        db.session.rollback()
    assert listed and int(listed[1]) == len(places) > 5
    assert all(central.get(f"/elmis/stock/?facility={place}").status_code == 200 for place in places)


def test_somebody_of_the_demonstration_signs_for_the_whole_country():
    signs = {
        role.code
        for role in PERMISSIONS
        if isinstance(role, RoleSpec) and "elmis.requisition.approve" in role.permissions
    }
    assert [one.login for one in PEOPLE if one.facility == "BI" and one.role in signs] == ["ministere"]
