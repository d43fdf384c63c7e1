"""Plots as SVG drawn by the server: they print, mail, and load on a weak link; maps.py draws the maps.

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
ROOM = 60  # to the right of the lines, for what their last points are
CLASSES = ("", " second", " third")


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


def line(labels: Sequence[str], series: Sequence[Series], unit: str = "", limits: Sequence[float] = ()) -> Plot:
    """Return a line a series over the labels (the newest last), with its last value beside it, and its limits."""
    known = [value for each in series for value in each.values if value is not None]
    scale = _scale([*known, *limits])
    parts = [_grid(scale, unit), _x_labels(labels)]
    for limit in limits:
        y = _y(limit, scale)
        parts.append(Markup('<path class="chart-limit" d="M{} {}H{}"/>').format(LEFT, y, WIDTH - RIGHT))
    for index, each in reversed(list(enumerate(series))):
        parts.append(_path(each, CLASSES[min(index, 2)], len(labels), scale, unit))
    return _plot(parts, series, labels, unit)


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
