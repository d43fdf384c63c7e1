"""Plots and maps as SVG drawn by the server: they print, mail, and load on a weak link.

Every function returns a `Plot`: the drawing and the same figures as a table, so that
nobody needs to see the colours. A None in a series is unknown and leaves a hole, never a zero.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from core.contract.ports import Words
from core.web.pages import number

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 560, 240, 46, 10, 18, 26
NBSP = "\N{NO-BREAK SPACE}"
MAP = 400
ROOM = 60  # to the right of the lines, for what their last points are
CLASSES = ("", " second", " third")
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Plot:
    """A drawing, and its figures as rows under a head."""

    svg: Markup
    head: Sequence[Words]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Series:
    """A named row of figures."""

    label: Words
    values: Sequence[float | None]


@dataclass(frozen=True)
class Place:
    """A place of the map: its figure, step of the scale (0–4, None unknown) and what it opens."""

    label: str
    latitude: float
    longitude: float
    value: str
    step: int | None
    url: str = ""


def line(labels: Sequence[str], series: Sequence[Series], unit: str = "", limit: float | None = None) -> Plot:
    """Return a line a series over the labels (the newest last), with its last value beside it."""
    known = [value for each in series for value in each.values if value is not None]
    scale = _scale(known + ([limit] if limit is not None else []))
    parts = [_grid(scale, unit), _x_labels(labels)]
    if limit is not None:
        y = _y(limit, scale)
        parts.append(Markup('<path class="chart-limit" d="M{} {}H{}"/>').format(LEFT, y, WIDTH - RIGHT))
    for index, each in reversed(list(enumerate(series))):
        parts.append(_path(each, CLASSES[min(index, 2)], len(labels), scale, unit))
    return _plot(parts, series, labels, unit)


def district_map(places: Sequence[Place], label: Words, head: Sequence[Words], land: Sequence[Point] = ()) -> Plot:
    """Return a map of places as dots with their names and figures, where the drawing has room for them; north is up.

    `land` is a border that is known, as (latitude, longitude). No other is drawn: what lies between two points
    belongs to nobody's district for certain.
    """
    frame = _Frame([(place.latitude, place.longitude) for place in places], land)
    spots = [frame.at((place.latitude, place.longitude)) for place in places]
    taken: list[Box] = [(x - 7, y - 7, x + 7, y + 7) for x, y in spots]
    parts = [_border([frame.at(point) for point in land])] if land else []
    by_weight = sorted(zip(places, spots, strict=True), key=lambda each: -(each[0].step or 0))
    parts += [_dot(place, spot, _room(place, spot, taken, frame)) for place, spot in by_weight]
    svg = Markup('<svg class="chart chart-map" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>').format(
        MAP, frame.height, str(label), Markup("").join(parts)
    )
    return Plot(svg, head, [[each.label, each.value] for each in places])


class _Frame:
    """Turns degrees into the drawing's units, with room around for names."""

    def __init__(self, points: Sequence[Point], land: Sequence[Point]) -> None:
        lats, lons = zip(*(*points, *land), strict=True)
        self.squeeze = math.cos(math.radians(lats[0]))
        self.middle = (max(lats) + min(lats)) / 2, (max(lons) + min(lons)) / 2
        wide, tall = (max(lons) - min(lons)) * self.squeeze, max(lats) - min(lats)
        self.scale = min((MAP - 120) / max(wide, 0.01), 380 / max(tall, 0.01))
        self.height = max(200, round(tall * self.scale) + 60)

    def at(self, point: Point) -> tuple[int, int]:
        """Return the place of a point in the drawing."""
        x = MAP / 2 + (point[1] - self.middle[1]) * self.squeeze * self.scale
        return round(x), round(self.height / 2 - (point[0] - self.middle[0]) * self.scale)


def _border(corners: Sequence[tuple[int, int]]) -> Markup:
    return Markup('<path class="chart-land" d="M{}Z"/>').format("L".join(f"{x} {y}" for x, y in corners))


def _room(place: Place, spot: tuple[int, int], taken: list[Box], frame: _Frame) -> tuple[float, float, str, str] | None:
    """Return (x, y, anchor, words) of a label that covers nothing, its name and figure or the figure alone, or None."""
    x, y = spot
    for words in (f"{place.label} {place.value}", place.value):
        wide = 6.4 * len(words)
        for left, top, anchor in (
            (x + 9, y - 7, "start"), (x - 9 - wide, y - 7, "end"), (x - wide / 2, y + 8, "middle"),
            (x - wide / 2, y - 23, "middle"),
        ):  # fmt: skip
            box = (left, top, left + wide, top + 14)
            if box[0] < 0 or box[2] > MAP or box[1] < 0 or box[3] > frame.height or any(_meet(box, o) for o in taken):
                continue
            taken.append(box)
            return {"start": left, "end": left + wide, "middle": x}[anchor], top + 11, anchor, words
    return None


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _dot(place: Place, spot: tuple[int, int], room: tuple[float, float, str, str] | None) -> Markup:
    tint, said = "chart-none" if place.step is None else f"chart-step-{place.step}", f"{place.label}: {place.value}"
    drawn = Markup('<title>{}</title><circle class="{}" cx="{}" cy="{}" r="7"/>').format(said, tint, *spot)
    if room is not None:
        text = Markup('<text class="chart-name" x="{:.0f}" y="{:.0f}" text-anchor="{}">{}</text>')
        drawn += text.format(*room)
    return Markup('<a href="{}">{}</a>').format(place.url, drawn) if place.url else Markup("<g>{}</g>").format(drawn)


def _scale(values: Sequence[float]) -> tuple[float, float, float]:
    """Return (lowest, highest, step) of an axis with round steps; it begins at 0 unless far from it, or flat."""
    if not values:
        return 0, 1, 1
    low, high = min(values), max(values)
    low = 0 if 0 <= low < high * 0.6 or 0 < low == high else low
    step = _round_step((high - low) / 4 or 1)
    return math.floor(low / step) * step, max(math.ceil(high / step) * step, step), step


def _round_step(rough: float) -> float:
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def _y(value: float, scale: tuple[float, float, float]) -> float:
    low, high, _step = scale
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / ((high - low) or 1)), 1)


def _x(index: int, count: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * index / max(count - 1, 1), 1)


def _grid(scale: tuple[float, float, float], unit: str) -> Markup:
    low, high, step = scale
    parts = []
    for turn in range(round((high - low) / step) + 1):
        value = low + turn * step
        y = _y(value, scale)
        text = f"{number(round(value, 4))}{NBSP + unit if unit == '%' else ''}"
        parts.append(Markup('<path class="chart-grid" d="M{} {}H{}"/>').format(LEFT, y, WIDTH - RIGHT))
        label = Markup('<text class="chart-axis" x="{}" y="{}" text-anchor="end">{}</text>')
        parts.append(label.format(LEFT - 8, y + 4, text))
    return Markup("").join(parts)


def _x_labels(labels: Sequence[str]) -> Markup:
    every = math.ceil(len(labels) / 8) or 1
    parts = []
    for index, label in enumerate(labels):
        if (len(labels) - 1 - index) % every == 0:
            x, anchor = _x(index, len(labels)), "middle" if index < len(labels) - 1 else "end"
            text = Markup('<text class="chart-axis" x="{:.1f}" y="{}" text-anchor="{}">{}</text>')
            parts.append(text.format(x, HEIGHT - 6, anchor, label))
    return Markup("").join(parts)


def _path(series: Series, tint: str, count: int, scale: tuple[float, float, float], unit: str) -> Markup:
    commands, pen_down, last = [], False, None
    for index, value in enumerate(series.values):
        if value is None:
            pen_down = False
            continue
        last = (_x(index, count), _y(value, scale), value)
        commands.append(f"{'L' if pen_down else 'M'}{last[0]} {last[1]}")
        pen_down = True
    drawn = Markup('<path class="chart-line{}" d="{}"/>').format(tint, "".join(commands))
    if last is None:
        return drawn
    said = f"{number(round(last[2], 1))}{NBSP + unit if unit else ''}"
    dot = Markup('<circle class="chart-dot{}" cx="{}" cy="{}" r="4"/>').format(tint, last[0], last[1])
    text = Markup('<text class="chart-label{}" x="{}" y="{}">{}<title>{}</title></text>')
    return drawn + dot + text.format(tint or " first", last[0] + 9, last[1] + 4, said, series.label)


def _plot(
    parts: Sequence[Markup], series: Sequence[Series], labels: Sequence[str], unit: str, width: int = WIDTH
) -> Plot:
    name = ", ".join(str(each.label) for each in series)
    svg = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH + ROOM, HEIGHT, escape(name), Markup("").join(parts)
    )
    rows = [[label, *(number(each.values[index]) for each in series)] for index, label in enumerate(labels)]
    return Plot(svg, ["", *(f"{each.label} ({unit})" if unit else each.label for each in series)], rows)
