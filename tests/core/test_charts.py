"""Plots drawn by the server: unknown is a hole and never a zero, words are escaped, a table says the same."""

import re

from core.web.charts import Place, Series, district_map, line


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
    places = [Place(f"<b>{n}</b>", -3.0 - n / 10, 29.0 + n * n / 10, "1 %", 2, f"/x/{n}") for n in range(4)]
    with app.test_request_context():
        plot = district_map(places, "carte", ["lieu", "part"])
    assert "<b>" not in plot.svg and plot.svg.count("<a href=") == 4
    assert len(plot.rows) == 4
