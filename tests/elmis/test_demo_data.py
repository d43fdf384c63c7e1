"""The catalogue's reference rows: complete, consistent, no two alike."""
import csv
from decimal import Decimal
from pathlib import Path

import pytest

import plugins.elmis
from core.facilities import country

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
    wanted = ("code", "name_fr", "name_en", "form_fr", "form_en", "base_unit_fr", "base_unit_en",
              "pack_label_fr", "pack_label_en")
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
        assert row["from_kind"] != row["to_kind"]
        if "store" in (row["from_kind"], row["to_kind"]):
            assert row["sign"] == ("1" if row["to_kind"] == "store" else "-1")
    assert {row["code"] for row in reasons if row["counts_as_consumption"] == "1"} == {"issue_ward", "dispensed"}
