"""Maps as SVG drawn by the server: outlines where they are known, dots where only points are, names and figures."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from core.contract.ports import Words
from core.web.charts import Plot

MAP = 400
LETTER = 7.2  # the width of one, as phones show it
SPAN = 0.02  # degrees that a drawing holds at least
Point = tuple[float, float]  # (latitude, longitude)
Spot = tuple[int, int]  # in the drawing
Box = tuple[float, float, float, float]
Rings = Sequence[Sequence[Point]]


@dataclass(frozen=True)
class Place:
    """A place of the map: its figure, step of the scale (0–4, None unknown) and what it opens.

    One with an outline (its rings, holes among them) is an area; any other is a dot at its position.
    """

    label: str
    position: Point | None
    value: str
    step: int | None
    url: str = ""
    outline: Rings = ()

    @property
    def tint(self) -> str:
        """Return the class of its colour."""
        return "chart-none" if self.step is None else f"chart-step-{self.step}"


@dataclass(frozen=True)
class Label:
    """Words on the map: where they stand, and their box."""

    x: float
    y: float
    anchor: str
    lines: Sequence[str]
    box: Box


class Frame:
    """Turns degrees into the units of a drawing that is `width` wide, north up, and leaves a margin for names."""

    def __init__(self, points: Sequence[Point], width: int, height: tuple[int, int], margin: tuple[int, int]) -> None:
        lats, lons = zip(*points, strict=True)
        self.squeeze = math.cos(math.radians(lats[0]))
        self.middle = (max(lats) + min(lats)) / 2, (max(lons) + min(lons)) / 2
        self.width, (least, most) = width, height
        wide, tall = (max(lons) - min(lons)) * self.squeeze, max(lats) - min(lats)
        self.scale = min((width - 2 * margin[0]) / max(wide, SPAN), (most - 2 * margin[1]) / max(tall, SPAN))
        self.height = max(least, round(tall * self.scale) + 2 * margin[1])

    def at(self, point: Point) -> Spot:
        """Return the place of a point in the drawing."""
        x = self.width / 2 + (point[1] - self.middle[1]) * self.squeeze * self.scale
        return round(x), round(self.height / 2 - (point[0] - self.middle[0]) * self.scale)

    def path(self, rings: Rings) -> str:
        """Return rings as a path of whole numbers, each corner from the one before."""
        return "".join(self._ring(ring) for ring in rings)

    def _ring(self, ring: Sequence[Point]) -> str:
        spots = [self.at(point) for point in ring]
        moves = [(x - a, y - b) for (a, b), (x, y) in pairwise(spots) if (x, y) != (a, b)]
        said = "".join(f"{x}{y:+d}" if x < 0 or not number else f" {x}{y:+d}" for number, (x, y) in enumerate(moves))
        return f"M{spots[0][0]} {spots[0][1]}l{said}z" if len(moves) > 1 else ""


def district_map(places: Sequence[Place], label: Words, head: Sequence[Words], land: Rings = ()) -> Plot:
    """Return a map of places with their names and figures, where the drawing has room for them.

    `land` is what is known of the land around, drawn below and without a link. Nothing is drawn around a point whose
    outline nobody knows: what lies between two points belongs to nobody's district for certain.
    """
    margin = (12, 12) if any(each.outline for each in places) else (60, 30)  # names stand inside an area, beside a dot
    frame = Frame(corners(places, land), MAP, (200, 440), margin)
    drawn = sorted(
        ((each, spot_of(each, frame)) for each in places), key=lambda pair: (not pair[0].outline, -(pair[0].step or 0))
    )
    parts = [Markup('<path class="chart-land" d="{}"/>').format(frame.path(land))] if land else []
    parts += [_linked(place, _area(place, frame) if place.outline else _dot(place, spot)) for place, spot in drawn]
    parts.append(names(drawn, frame))
    svg = Markup('<svg class="chart chart-map" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>').format(
        MAP, frame.height, str(label), Markup("").join(parts)
    )
    return Plot(svg, head, [[each.label, each.value] for each in places])


def names(drawn: Sequence[tuple[Place, Spot]], frame: Frame, radius: int = 7, others: Sequence[Spot] = ()) -> Markup:
    """Return the names and figures of places that lie at these spots, the first ones first; none covers another, nor
    a dot, those of `others` neither. They are left out of what is read aloud: each place says its own already.
    """
    dots = [*others, *(spot for place, spot in drawn if not place.outline)]
    taken: list[Box] = [(x - radius, y - radius, x + radius, y + radius) for x, y in dots]
    common = len(_common([place.label for place, _spot in drawn]))
    found = [label for place, spot in drawn if (label := _label(place, spot, common, taken, frame)) is not None]
    return Markup('<g aria-hidden="true">{}</g>').format(Markup("").join(map(_text, found)))


def corners(places: Iterable[Place], land: Rings = ()) -> list[Point]:
    """Return the points that a drawing of these places and this land must hold."""
    found = [point for ring in land for point in ring]
    for each in places:
        found += [point for ring in each.outline for point in ring]
        found += [each.position] if each.position and not each.outline else []
    return found


def spot_of(place: Place, frame: Frame) -> Spot:
    """Return where a place has its dot, or an area its name: the middle of its largest ring."""
    if not place.outline:
        return frame.at(place.position or (0, 0))
    middles = (_middle([frame.at(point) for point in ring]) for ring in place.outline)
    return max(middles, key=lambda each: each[1])[0]


def _middle(ring: Sequence[Spot]) -> tuple[Spot, float]:
    """Return the centre of gravity of a ring, and twice its area."""
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)
    if not doubled:
        return ring[0], 0
    x = sum((x1 + x2) * (x1 * y2 - x2 * y1) for (x1, y1), (x2, y2) in pairs) / (3 * doubled)
    y = sum((y1 + y2) * (x1 * y2 - x2 * y1) for (x1, y1), (x2, y2) in pairs) / (3 * doubled)
    return (round(x), round(y)), abs(doubled)


def _common(names: Sequence[str]) -> str:
    """Return the words with which all names begin, such as “District ”: the drawing has no room to repeat them."""
    if len(names) < 2:
        return ""
    first, last = min(names), max(names)
    shared = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: first.rfind(" ", 0, shared) + 1]


def _label(place: Place, spot: Spot, common: int, taken: list[Box], frame: Frame) -> Label | None:
    """Return words that cover nothing, the name and figure of a place or the figure alone, or None."""
    for each in _tried(place, place.label[common:], spot):
        left, top, right, bottom = each.box
        if (
            left < 0
            or right > frame.width
            or top < 0
            or bottom > frame.height
            or any(_meet(each.box, one) for one in taken)
        ):
            continue
        taken.append(each.box)
        return each
    return None


def _tried(place: Place, name: str, spot: Spot) -> Iterable[Label]:
    """Yield the labels of a place, the best first: inside an area, around a dot."""
    x, y = spot
    if place.outline:
        for lines in ([name, place.value], [place.value]) if place.step is not None else ([name],):
            wide, tall = LETTER * max(map(len, lines)), 13 * len(lines)
            yield Label(x, y - tall / 2 + 10, "middle", lines, (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2))
        return
    for words in filter(None, (f"{name} {place.value}".strip(), place.value)):
        wide = LETTER * len(words)
        for left, top, anchor in (
            (x + 9, y - 7, "start"), (x - 9 - wide, y - 7, "end"), (x - wide / 2, y + 8, "middle"),
            (x - wide / 2, y - 23, "middle"),
        ):  # fmt: skip
            at = {"start": left, "end": left + wide, "middle": x}[anchor]
            yield Label(at, top + 11, anchor, [words], (left, top, left + wide, top + 14))


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _text(label: Label) -> Markup:
    text = Markup('<text class="chart-name" x="{:.0f}" y="{:.0f}" text-anchor="{}">{}</text>')
    return Markup("").join(
        text.format(label.x, label.y + 13 * number, label.anchor, line) for number, line in enumerate(label.lines)
    )


def _area(place: Place, frame: Frame) -> Markup:
    return Markup('<path class="chart-outline {}" d="{}"/>').format(place.tint, frame.path(place.outline))


def _dot(place: Place, spot: Spot) -> Markup:
    return Markup('<circle class="{}" cx="{}" cy="{}" r="7"/>').format(place.tint, *spot)


def _linked(place: Place, drawn: Markup) -> Markup:
    said = Markup("<title>{}</title>{}").format(f"{place.label}: {place.value}", drawn)
    return Markup('<a href="{}">{}</a>').format(place.url, said) if place.url else Markup("<g>{}</g>").format(said)
