"""Plots drawn by the server: unknown is a hole and never a zero, words are escaped, a table says the same."""

import re

from core.web.charts import Series, line
from core.web.maps import Place, district_map


def test_an_unknown_value_is_a_hole(app):
    with app.test_request_context():
        plot = line(["01", "02", "03"], [Series("x", [90.0, None, 95.0])], "%")
    path = re.search(r'chart-line" d="([^"]+)"', plot.svg).group(1)
    assert path.count("M") == 2 and "L" not in path
    assert [row[1] for row in plot.rows] == ["90", "–", "95"]


def test_a_flat_line_lies_where_its_value_is(app):
    with app.test_request_context():
        plot = line(["01", "02"], [Series("x", [100.0, 100.0])], "%")
    assert re.findall(r">(\d+)\xa0%</text>", plot.svg)[:5] == ["0", "25", "50", "75", "100"]
    assert re.search(r'chart-line" d="M46\.?0? 18\.0L', plot.svg), "at the top of the drawing"


def test_names_are_text_and_places_are_links(app):
    places = [Place(f"<b>{n}</b>", (-3.0 - n / 10, 29.0 + n * n / 10), "1 %", 2, f"/x/{n}") for n in range(4)]
    with app.test_request_context():
        plot = district_map(places, "carte", ["lieu", "part"])
    assert "<b>" not in plot.svg and plot.svg.count("<a href=") == 4
    assert len(plot.rows) == 4


def test_a_map_draws_dots_with_names_and_figures_and_no_border_that_nobody_knows(app):
    places = [Place(f"Lieu {n}", (-3.0 - n / 10, 29.0 + n * n / 10), f"{n} %", 2) for n in range(4)]
    with app.test_request_context():
        plain, land = (
            district_map(places, "carte", ["lieu", "part"], border).svg
            for border in ((), [[(-4, 29), (-3, 31), (-2, 30)]])
        )
    assert plain.count("<circle") == 4 and "<path" not in plain and land.count("<path") == 1
    assert re.findall(r">(\d \d %)</text>", plain) == [f"{n} {n} %" for n in range(4)], "without what all are called"
    assert "<title>Lieu 1: 1 %</title>" in plain


def test_names_in_a_crowd_give_way_and_never_cover_one_another(app):
    places = [Place(f"Centre de santé {n}", (-3.0, 29.0 + n / 1000), "3", 4) for n in range(40)]
    with app.test_request_context():
        svg = district_map([*places, Place("Loin", (-3.5, 30.0), "1", 0)], "carte", ["lieu", "part"]).svg
    assert svg.count("<circle") == 41 and 1 < svg.count("<text") < 41
