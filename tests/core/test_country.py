"""The demonstration country: its counts, tree, places and dates."""

from collections import Counter
from datetime import date

import pytest

from core.facilities import country
from core.facilities.geography import inside, scattered
from core.users.data.people import PEOPLE


@pytest.fixture(scope="module")
def units():
    return country.demonstration()


def by_type(units, *types):
    return [unit for unit in units if unit.type in types]


def test_the_counts_are_those_of_the_country(units):
    counts = Counter(unit.type for unit in units)
    assert (counts["country"], counts["commune"], counts["district"], counts["district_depot"]) == (1, 42, 49, 49)
    assert len([unit for unit in by_type(units, "province") if unit.status == "open"]) == 5
    assert len([unit for unit in by_type(units, "province") if unit.status == "closed"]) == 18
    served = by_type(units, "cds", "national_hospital", "regional_hospital", "district_hospital")
    assert counts["cds"] == 1130
    assert 1150 <= len(served) <= 1250


def test_every_type_is_known(units):
    known = {row["code"] for row in country._rows("types")}
    assert {unit.type for unit in units} <= known


def test_codes_names_and_identifiers_are_unique(units):
    for values in (
        [unit.code for unit in units],
        [unit.name for unit in units],
        [unit.codes["dhis2"] for unit in units],
        [unit.codes["snis"] for unit in units if "snis" in unit.codes],
    ):
        assert len(values) == len(set(values))


def test_a_parent_comes_before_its_children(units):
    seen = set()
    for unit in units:
        assert unit.parent in seen or unit.type == "country"
        seen.add(unit.code)


def test_every_place_is_within_the_outline(units):
    assert [unit.code for unit in units if not inside((unit.latitude, unit.longitude))] == []
    assert not inside((-3.6, 29.2))
    assert not inside((-1.9, 30.0))


def test_health_centres_lie_apart(units):
    places = [(unit.latitude, unit.longitude) for unit in by_type(units, "cds")]
    assert len(set(places)) == len(places)


def test_population_adds_up(units):
    total = next(unit for unit in units if unit.type == "country").population
    assert 12_000_000 <= total <= 13_000_000
    for kind in ("province", "commune", "district", "cds"):
        assert sum(unit.population or 0 for unit in by_type(units, kind)) == pytest.approx(total, abs=1000)


def test_districts_remember_their_former_provinces(units):
    closed = {unit.code for unit in by_type(units, "province") if unit.closed_on == date(2025, 6, 5)}
    for unit in by_type(units, "district"):
        assert unit.former_parents
        assert {parent for parent, _, _ in unit.former_parents} <= closed
    rumonge = next(unit for unit in units if unit.code == "DS-RUMONGE")
    assert [parent for parent, _, _ in rumonge.former_parents] == ["BI-BR", "BI-RM"]


def test_communes_named_by_facilities_exist_in_their_province(units):
    known = {unit.code: unit for unit in units}
    for unit in by_type(units, "cds", "district_hospital", "district_depot"):
        assert known[unit.commune].parent == known[unit.parent].parent


def test_health_centres_say_that_they_are_demonstration(units):
    assert all(unit.name.endswith("(démo)") for unit in by_type(units, "cds"))


def test_the_focus_district_is_of_a_size_to_show(units):
    counts = Counter(unit.type for unit in country.district(units))
    assert counts["district"] == counts["district_depot"] == counts["district_hospital"] == 1
    assert 20 <= counts["cds"] <= 30


def test_same_seed_same_country(units):
    assert country.demonstration() == units != country.demonstration(seed=1)


def test_scattered_points_stay_with_their_seat():
    seats = {"a": (-3.4, 29.9), "b": (-3.45, 29.95)}
    points = scattered("a", 12, seats)
    assert len(set(points)) == 12
    assert all(abs(lat + 3.4) < 0.2 for lat, _ in points)


def test_people_work_at_facilities_of_the_country(units):
    known = {unit.code for unit in units}
    assert {person.facility for person in PEOPLE} <= known
    assert len({person.login for person in PEOPLE}) == len({person.name for person in PEOPLE}) == len(PEOPLE)
    assert len({person.role for person in PEOPLE if person.shown}) == 15
