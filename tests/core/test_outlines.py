"""Outlines of places: from a file onto the maps and back, or refused for what is wrong with them."""

import json
import math
import re

import pytest
from flask_babel import refresh
from sqlalchemy import select

from core.data.db import db
from core.data.errors import Doubt, Refused
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.facilities import outlines, positions
from core.facilities.models import Facility, FacilityCode, FacilityOutline
from core.imports import parse, services
from core.imports.files import shapes
from core.imports.parse import Reading
from core.web.maps import Place, district_map
from tests import make

pytestmark = pytest.mark.both_databases
LAKE = [[29.4, -3.4], [29.4, -3.2], [29.6, -3.2], [29.6, -3.4], [29.4, -3.4]]
NORTH = [[[29, -4], [30, -4], [30, -3], [29, -3], [29, -4]], LAKE]
ISLAND = [[[30.1, -3.2], [30.2, -3.2], [30.2, -3.1], [30.1, -3.2]]]
NORTH_WKT = (
    "MULTIPOLYGON(((29 -4,30 -4,30 -3,29 -3,29 -4),(29.4 -3.4,29.4 -3.2,29.6 -3.2,29.6 -3.4,29.4 -3.4)),"
    "((30.1 -3.2,30.2 -3.2,30.2 -3.1,30.1 -3.2)))"
)


@pytest.fixture(autouse=True)
def english(app, monkeypatch):
    """Speak English: the tests read the words."""
    monkeypatch.setitem(app.config, "BABEL_DEFAULT_LOCALE", "en")
    refresh()


@pytest.fixture
def placed(app, world):
    """P1 has a code of DHIS2, and two centres below it lie at known points."""
    with unit_of_work():
        db.session.add(FacilityCode(facility=world["P1"], scheme="dhis2", value="ImspTQPwCqd"))
        for code, point in {"P1A-CDS1": (-3.5, 29.2), "P1B-CDS1": (-3.6, 29.8), "P2A-CDS1": (-2.5, 30.5)}.items():
            world[code].latitude, world[code].longitude = point
    return world


@pytest.fixture
def file(tmp_path):
    """Return a function that writes features, or a text, and returns the path."""

    def write(*given, name="places.geojson"):
        text = given[0] if isinstance(given[0], str) else json.dumps({"type": "FeatureCollection", "features": given})
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def feature(coordinates, kind="MultiPolygon", id_="ImspTQPwCqd", **properties):
    """Return a feature as DHIS2 writes it."""
    known = {"name": "Nord", "level": "2", "parent": "abc", "parentGraph": "abc", "groups": ["x"], **properties}
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "id": id_, "geometry": geometry, "properties": known}


def csv_of(shape, code="P1"):
    return f'code,geometry\n{code},"{shape}"\n'


def look(path, chosen=services.propose):
    return services.dry_run("core.facility", path, chosen)


def take(path, **options):
    return services.take("core.facility", path, **options)


def shape_of(world, code):
    return db.session.scalar(select(FacilityOutline.shape).where(FacilityOutline.facility_id == world.ids[code]))


def reasons(report):
    return {(each.line, each.field): str(each.reason) for each in report.refusals}


def test_an_outline_with_a_hole_and_an_island_comes_in_by_its_uid_and_once(placed, file):
    path = file(feature([[NORTH[0][::-1], LAKE[::-1]], ISLAND]))
    assert look(path).counts == {"outlined": 1}
    take(path)
    assert shape_of(placed, "P1") == NORTH_WKT
    assert look(path).counts == {"same": 1}
    assert placed["P1"].name == "P1", "a file of outlines renames nothing"
    (body,) = db.session.scalars(select(AuditEntry.body).where(AuditEntry.entity == "core.facility_outline"))
    assert json.loads(body)["changes"]["points"] == [None, 11] and "places.geojson" in body and "29.4" not in body
    take(file(feature([NORTH])))
    assert shape_of(placed, "P1").count("29.6 -3.4") == 1 and "30.1" not in shape_of(placed, "P1")


@pytest.mark.parametrize("shape", [
    NORTH_WKT, f"SRID=4326;{NORTH_WKT}", NORTH_WKT.replace(" ", "  ").replace("((29  ", "( (\n29 "),
    json.dumps({"type": "MultiPolygon", "coordinates": [NORTH, ISLAND]}).replace('"', '""'),
    NORTH_WKT.replace("MULTIPOLYGON", "MULTIPOLYGON Z ").replace(",", " 7,").replace(") 7", " 7)").replace(") 7", " 7)"),
])  # fmt: skip
def test_a_cell_holds_an_outline_as_text(placed, file, shape):
    take(file(csv_of(shape), name="list.csv"))
    assert shape_of(placed, "P1") == NORTH_WKT


def test_a_megabyte_becomes_a_hundred_points_of_the_same_area(placed, file):
    ring = [
        (29.5 + r * math.cos(a), -3.5 + r * math.sin(a))
        for a, r in ((n * math.tau / 27_000, 0.7 + 0.02 * math.sin(n / 40)) for n in range(27_000))
    ]
    text = f"POLYGON(({','.join(f'{x:.14f} {y:.14f}' for x, y in [*ring, ring[0]])}))"
    assert len(text) > 2**20 * 0.9
    take(file(csv_of(text), name="list.csv"))
    kept = shape_of(placed, "P1")
    assert outlines.points(kept) <= 120 and len(kept) <= 2_100
    ((found,),) = shapes.read(kept)
    assert shapes._doubled(found) / 2 / shapes.UNIT**2 == pytest.approx(math.pi * 0.49, rel=0.03)
    assert shapes.read(kept) == [[found]], "what is simple is left as it is"


def test_neighbours_keep_the_same_points_of_their_border():
    border = [(30 + 0.01 * math.sin(n * 7) + 0.05 * math.sin(n / 30), -4 + n / 1000) for n in range(1001)]
    west, east = ([(29, -3), (29, -4)], [(31, -3), (31, -4)])
    kept = []
    for corners in (west, east):
        (polygon,) = shapes.simplified(shapes._whole([[[*border, *corners]]]))
        kept.append({(x, y) for x, y in polygon[0] if 290_100 < x < 309_900 and -39_900 < y < -30_100})
    assert len(kept[0]) > 25 and kept[0] == kept[1]


@pytest.mark.parametrize(("shape", "said"), [
    ("POLYGON((1 2,3 4,5 6,1 2))", "encloses nothing"), ("POLYGON((29 -4,30 -4", "cannot be read"),
    ("POLYGON((780000 9600000,790000 9600000,790000 9700000,780000 9600000))", "no degrees"),
    (f"SRID=32735;{NORTH_WKT}", "no degrees"), ("POLYGON((29 nan,30 -4,30 -3,29 nan))", "no degrees"),
    ('{""type"":""LineString"",""coordinates"":[[1,2],[3,4]]}', "cannot be read"), ("LINESTRING(1 2,3 4)", "POLYGON"),
    ('{""type"":""Polygon"",""coordinates"":{""a"":1}}', "cannot be read"), ("MULTIPOLYGON(((1 2,3 4)),5)", "read"),
])  # fmt: skip
def test_what_is_no_outline_is_refused_for_its_reason(placed, file, shape, said):
    found = reasons(look(file(csv_of(shape), name="list.csv")))
    assert list(found) == [(2, "place")] and said in found[2, "place"]


@pytest.mark.parametrize("given", ["", "POLYGON EMPTY", '{""type"":""MultiPolygon"",""coordinates"":[]}'])
def test_an_empty_geometry_leaves_what_is_there(placed, file, given):
    take(file(feature([NORTH])))
    assert look(file(f'code,phone,geometry\nP1,12,"{given}"\n', name="list.csv")).counts == {"changed": 1}


def test_latitude_before_longitude_is_refused_by_the_places_below_or_by_the_country(placed, file):
    swapped = [[[y, x] for x, y in ring] for ring in NORTH]
    found = look(file(feature([swapped]), feature([swapped], id_="", code="P2B"), feature([NORTH], id_="", code="BI")))
    assert set(reasons(found)) == {(1, "place"), (2, "place")} and "exchanged" in reasons(found)[2, "place"]
    assert found.counts == {"outlined": 1}


def test_an_unknown_code_and_two_features_of_one_place_are_refused(placed, file):
    found = reasons(look(file(feature([NORTH]), feature([ISLAND], id_="unknown1234"), feature([ISLAND]))))
    assert found == {
        (2, "code"): "No facility has the code unknown1234. A new one needs a name and a type.",
        (3, "code"): "Line 1 names the same facility already.",
    }


def test_an_outline_beside_its_places_is_asked_about_and_taken_when_it_is_right(placed, file):
    path = file(feature([ISLAND]), feature([NORTH], id_="", code="P2"))
    assert look(path).counts == {"outlined": 2}
    with pytest.raises(Doubt) as doubt:
        take(path)
    (question,) = doubt.value.questions
    assert question.code == "outside" and "P1 (0/2); P2 (0/1)" in str(question.words)
    assert shape_of(placed, "P1") is None
    take(path, answers=lambda question: "yes")
    assert shape_of(placed, "P2").startswith("MULTIPOLYGON(((29 -4")


def test_a_new_place_comes_with_its_outline(placed, file):
    take(file(f'code,name,type,parent,geometry\nP3,Sud,province,BI,"{NORTH_WKT}"\n', name="list.csv"))
    row = db.session.scalar(select(Facility).where(Facility.code == "P3"))
    assert outlines.of(row).shape == NORTH_WKT and outlines.of(row).source == "list.csv"


def test_what_is_given_out_comes_back_as_it_is(client, placed, file):
    take(file(feature([NORTH, ISLAND])))
    make.sign_in(client, "admin")
    text = client.get(f"/facilities/places.geojson?under={placed.ids['P1']}").text
    found = {each["properties"]["code"]: each for each in json.loads(text)["features"]}
    assert set(found) == {"P1", "P1A-CDS1", "P1B-CDS1"} and found["P1"]["properties"]["code:dhis2"] == "ImspTQPwCqd"
    assert found["P1"]["geometry"] == {"type": "MultiPolygon", "coordinates": [NORTH, ISLAND]}
    assert found["P1A-CDS1"]["geometry"]["coordinates"] == [29.2, -3.5]
    everything = client.get("/facilities/places.geojson").text
    assert look(file(everything)).counts == {"same": 4}
    with unit_of_work():
        outlines.put(placed["P1"], "MULTIPOLYGON(((1 1,2 1,2 2,1 1)))", "x")
        placed["P1A-CDS1"].latitude = -3.55
    take(file(everything))
    assert shape_of(placed, "P1") == NORTH_WKT and placed["P1A-CDS1"].latitude == -3.5


def test_the_page_shows_the_outline_and_takes_it_away_once_it_was_asked(client, placed, file):
    take(file(feature([NORTH, ISLAND])))
    page, url = f"/facilities/{placed.ids['P1']}", f"/do/core.facility.remove_outline/{placed.ids['P1']}"
    make.sign_in(client, "nobody")
    shown = client.get(page).text
    assert "Contour de 11 points" in shown and "outline/remove" not in shown and 'class="chart-land" d="M' in shown
    assert client.post(url).status_code == 403 and shape_of(placed, "P1")
    client.post("/sign-out")
    make.sign_in(client, "admin")
    assert url in client.get(page).text
    asked = client.post(url).text
    assert "places.geojson" in asked and shape_of(placed, "P1")
    client.post(url, data={"_confirm": re.search(r'name="_confirm" value="(\w+)"', asked)[1]})
    assert shape_of(placed, "P1") is None and "Contour retiré" in client.get(page).text


def test_a_map_of_a_place_draws_the_outlines_below_it_and_dots_for_the_rest(placed, file):
    take(file(feature([NORTH])))
    found = positions.position_map(placed["BI"])
    assert [row.code for row, _path in found.areas] == ["P1"] and found.areas[0][1].count("z") == 2
    assert found.others == [], "P2 has no position either"
    below = positions.position_map(placed["P1A"])
    assert [row.code for row, _x, _y in below.others] == ["P1A-CDS1"] and below.land, "in the outline of its province"


def test_a_place_is_read_as_a_point_or_an_outline():
    assert outlines.place("POINT(29.3 -3.4)", Reading()) == (-3.4, 29.3)
    assert outlines.place(NORTH_WKT, Reading()) == NORTH_WKT
    assert outlines.holds(outlines.rings(NORTH_WKT), (-3.5, 29.2))
    assert not outlines.holds(outlines.rings(NORTH_WKT), (-3.3, 29.5)), "that is in the lake"
    with pytest.raises(Refused, match="POINT"):
        outlines.place("somewhere", Reading())
    assert parse.SHAPES.keys() == {"unread", "degrees", "flat"}


def test_an_area_is_a_link_with_its_figure_and_a_place_without_outline_stays_a_dot(app):
    rings = outlines.rings(NORTH_WKT)
    east = [tuple((lat, lon + 1.3) for lat, lon in ring) for ring in rings]
    places = [
        Place("District de Nord", (-3.5, 29.5), "4 %", 2, "/x/1", rings), Place("District d’Est", None, "–", None, "/x/2", east),
        Place("District de Sud", (-4.4, 29.5), "12 %", 4, "/x/3"),
    ]  # fmt: skip
    with app.test_request_context():
        plot = district_map(places, "carte", ["lieu", "part"], [[(-5, 29), (-5, 31), (-3, 31)]])
    areas = re.findall(
        r'<a href="([^"]+)"><title>([^<]+)</title><path class="chart-outline (chart-\S+)" d="([^"]+)"', plot.svg
    )
    assert [area[:3] for area in areas] == [
        ("/x/1", "District de Nord: 4 %", "chart-step-2"), ("/x/2", "District d’Est: –", "chart-none"),
    ]  # fmt: skip
    assert [area[3].count("z") for area in areas] == [3, 3] and plot.svg.count("<circle") == 1
    assert all(re.fullmatch(r"(M\d+ \d+l(-?\d+[+-]\d+ ?)+z)+", area[3]) for area in areas), "whole numbers"
    assert re.findall(r'class="chart-name"[^>]*>([^<]+)<', plot.svg) == ["de Nord", "4 %", "d’Est", "de Sud 12 %"]
    assert plot.svg.count('class="chart-land"') == 1 and len(plot.rows) == 3
