"""Outlines of areas, as WKT or GeoJSON: read, drawn with few points, and written as a WKT MULTIPOLYGON.

An outline of a megabyte would neither fit into a cell nor into a page, so it is simplified here, where memory and time
are bounded: Visvalingam and Whyatt, "Line generalisation by repeated elimination of points" (1993). Which points stay
depends on those beside them and on a threshold from a ladder, so that neighbours mostly keep the same points of the
border they share.
"""

import heapq
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

MOST, UNIT = 120, 10_000  # points of an outline; a ten-thousandth of a degree, 11 metres
STEPS = 4  # of the ladder: each threshold is so many times the last
Point = tuple[int, int]  # (longitude, latitude) in units
Ring = list[Point]  # closed, the first point is not repeated
Polygon = list[Ring]  # the outer ring anticlockwise, then its holes clockwise
AREAS = ("Polygon", "MultiPolygon")
GEOMETRIES = (*AREAS, "Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection")
WKT = re.compile(r"(?:SRID ?= ?(\d{1,6}) ?; ?)?(MULTI)?POLYGON ?Z?M? ?(EMPTY|\(.*\))", re.ASCII | re.I | re.S)
OBJECT = re.compile(r'\{\s*"(?:type|coordinates|bbox|crs|geometries)"\s*:')
ONE = r"\(r(?:,r)*\)"
BUILT = {False: re.compile(ONE), True: re.compile(rf"\({ONE}(?:,{ONE})*\)")}  # r stands for a ring


class Unclear(ValueError):
    """No outline can be read, and why: unread, degrees or flat."""


def tidied(cell: str) -> str:
    """Return a cell of a list; an outline in it with few points, nothing when it is empty. Raises Unclear."""
    if not cell[:12].upper().startswith(("POLYGON", "MULTIPOLYGON", "SRID", "{")):
        return cell
    if cell.startswith("{"):
        return _of_text(cell) if OBJECT.match(cell) else cell
    found = read(cell)
    return cell if found is None else wkt(found)


def _of_text(cell: str) -> str:
    try:
        told = tidied_object(json.loads(cell))
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, Unclear) else Unclear("unread") from None
    return told if isinstance(told, str) else cell


def tidied_object(value: dict[str, Any]) -> Any:
    """Return an object of JSON; of a GeoJSON geometry its WKT, an outline as `tidied` has it. Raises Unclear."""
    if value.get("type") not in GEOMETRIES or not value.keys() & {"coordinates", "geometries"}:
        return value
    listed = value.get("coordinates") or []
    if value["type"] not in (*AREAS, "Point") or not isinstance(listed, list):
        raise Unclear("unread")
    if value["type"] == "Point":
        return f"POINT({' '.join(map(str, listed[:2]))})" if listed else ""
    return wkt(simplified(_whole([listed] if value["type"] == "Polygon" and listed else listed)))


def read(text: str) -> list[Polygon] | None:
    """Return the polygons of WKT, simplified: none of an empty outline, None of another text. Raises Unclear."""
    found = WKT.fullmatch(text := text.strip())
    if found is None:
        if text.upper().startswith(("POLYGON", "MULTIPOLYGON")):
            raise Unclear("unread")
        return None
    if found[1] not in (None, "0", "4326"):
        raise Unclear("degrees")
    return simplified([] if found[3].upper() == "EMPTY" else _whole(_wkt_polygons(found[3], bool(found[2]))))


def wkt(polygons: Sequence[Polygon]) -> str:
    """Return the MULTIPOLYGON of some polygons, or nothing when there are none."""
    said = (f"({','.join(f'({_pairs([*ring, ring[0]])})' for ring in polygon)})" for polygon in polygons)
    return f"MULTIPOLYGON({','.join(said)})" if polygons else ""


def _pairs(ring: Ring) -> str:
    return ",".join(f"{_degrees(x)} {_degrees(y)}" for x, y in ring)


def _degrees(number: int) -> str:
    return f"{number / UNIT:.4f}".rstrip("0").rstrip(".")


def _wkt_polygons(body: str, many: bool) -> Iterator[list[list[list[str]]]]:
    """Yield the polygons of the part of WKT in brackets, as lists of rings of numbers."""
    bare = "".join(part.strip() for part in re.split(r"([()])", body))
    skeleton = re.sub(r"[^()]+", lambda part: "," if part[0].strip() == "," else "r", bare)
    if not BUILT[many].fullmatch(skeleton.replace("(r)", "r")):
        raise Unclear("unread")
    for polygon in re.split(r"\)\),", bare) if many else [bare]:
        yield [[point.split() for point in ring.split(",")] for ring in re.findall(r"\(([^()]+)", polygon)]


def _whole(polygons: Any) -> list[Polygon]:
    """Return polygons in whole units, without rings that enclose nothing; the outer rings turn anticlockwise."""
    try:
        read = [[_ring(ring) for ring in polygon] for polygon in polygons]
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise error if isinstance(error, Unclear) else Unclear("unread") from None
    found = [_turned(rings) for rings in read if rings and _doubled(rings[0])]
    if read and not found:
        raise Unclear("flat")
    return found


def _ring(points: Any) -> Ring:
    """Return a ring in whole units, no point twice in a row."""
    ring: Ring = []
    for point in points:
        longitude, latitude = float(point[0]), float(point[1])
        if not (abs(longitude) <= 180 and abs(latitude) <= 90):
            raise Unclear("degrees")
        found = round(longitude * UNIT), round(latitude * UNIT)
        if not ring or ring[-1] != found:
            ring.append(found)
    while len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    return ring


def _turned(rings: Sequence[Ring]) -> Polygon:
    kept = [ring for ring in rings if _doubled(ring)]
    return [
        ring if (_doubled(ring) > 0) is (number == 0) else [ring[0], *ring[:0:-1]] for number, ring in enumerate(kept)
    ]


def _doubled(ring: Ring) -> int:
    """Return twice the area of a ring, negative when it turns clockwise."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], *ring[:1]], strict=True))


def simplified(polygons: list[Polygon]) -> list[Polygon]:
    """Return polygons of at most `MOST` points together; islets and holes too small for that are left out."""
    if sum(len(ring) for polygon in polygons for ring in polygon) <= MOST:
        return polygons
    largest = max((polygon[0] for polygon in polygons), key=lambda ring: abs(_doubled(ring)))
    weighed = [[(ring, _weights(ring, ring is largest)) for ring in polygon] for polygon in polygons]
    threshold = 1
    while True:
        found = [_above(rings, threshold) for rings in weighed]
        if sum(len(ring) for polygon in found for ring in polygon) <= MOST:
            return [_turned(polygon) for polygon in found if polygon]
        threshold *= STEPS


def _above(rings: Sequence[tuple[Ring, list[float]]], threshold: int) -> Polygon:
    """Return the points of a polygon that weigh enough; without its outer ring nothing is left of it."""
    found = [[point for point, own in zip(*each, strict=True) if own >= threshold] for each in rings]
    return [ring for ring in found if len(ring) > 2] if len(found[0]) > 2 else []


def _weights(ring: Ring, stays: bool) -> list[float]:
    """Return for each point the area that is lost with it, once all points that matter less are gone.

    The last three go together; those of a ring that stays never go.
    """
    size = len(ring)
    before, after = [(at - 1) % size for at in range(size)], [(at + 1) % size for at in range(size)]
    area = [_triangle(ring[before[at]], ring[at], ring[after[at]]) for at in range(size)]
    heap, weights = [(area[at], ring[at], at) for at in range(size)], [0.0] * size  # by the point, whatever its turn
    heapq.heapify(heap)
    least, left, gone = 0, size, bytearray(size)
    while left > 3:
        own, _point, at = heapq.heappop(heap)
        if gone[at] or own != area[at]:
            continue
        least, left, gone[at] = max(least, own), left - 1, 1
        weights[at] = least
        previous, following = before[at], after[at]
        after[previous], before[following] = following, previous
        for near in (previous, following):
            area[near] = _triangle(ring[before[near]], ring[near], ring[after[near]])
            heapq.heappush(heap, (area[near], ring[near], near))
    for at in range(size):
        if not gone[at]:
            weights[at] = float("inf") if stays else max(least, area[at])
    return weights


def _triangle(one: Point, two: Point, three: Point) -> int:
    """Return twice the area of a triangle."""
    return abs((two[0] - one[0]) * (three[1] - one[1]) - (three[0] - one[0]) * (two[1] - one[1]))
