"""The shape of the demonstration country: its outline on land and points scattered inside it."""

import math

Point = tuple[float, float]

# (latitude, longitude) of the land border, simplified to about 2 km; the west follows the lake's shore.
OUTLINE: tuple[Point, ...] = (
    (-2.401, 30.555),
    (-2.645, 30.415),
    (-2.681, 30.422),
    (-2.649, 30.523),
    (-2.851, 30.415),
    (-2.944, 30.487),
    (-2.899, 30.537),
    (-2.975, 30.638),
    (-2.978, 30.825),
    (-3.047, 30.779),
    (-3.147, 30.833),
    (-3.275, 30.800),
    (-3.280, 30.721),
    (-3.333, 30.642),
    (-3.373, 30.602),
    (-3.419, 30.638),
    (-3.552, 30.433),
    (-3.704, 30.372),
    (-3.789, 30.383),
    (-3.790, 30.311),
    (-4.087, 30.149),
    (-4.272, 30.005),
    (-4.371, 29.846),
    (-4.375, 29.785),
    (-4.460, 29.734),
    (-4.440, 29.690),
    (-4.340, 29.595),
    (-4.150, 29.520),
    (-3.970, 29.432),
    (-3.730, 29.330),
    (-3.520, 29.338),
    (-3.390, 29.348),
    (-3.362, 29.270),
    (-3.334, 29.205),
    (-3.267, 29.241),
    (-3.167, 29.212),
    (-3.047, 29.234),
    (-2.926, 29.090),
    (-2.828, 29.050),
    (-2.797, 28.986),
    (-2.745, 29.029),
    (-2.620, 29.032),
    (-2.596, 29.130),
    (-2.651, 29.295),
    (-2.723, 29.338),
    (-2.826, 29.338),
    (-2.826, 29.504),
    (-2.787, 29.619),
    (-2.806, 29.720),
    (-2.760, 29.745),
    (-2.764, 29.824),
    (-2.693, 29.889),
    (-2.316, 29.932),
    (-2.431, 30.116),
    (-2.340, 30.206),
    (-2.358, 30.278),
    (-2.303, 30.379),
)


def inside(point: Point, outline: tuple[Point, ...] = OUTLINE) -> bool:
    """True if the point lies within the outline (ray casting)."""
    latitude, longitude = point
    crossings = 0
    for (lat1, lon1), (lat2, lon2) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if (lat1 > latitude) != (lat2 > latitude):
            at = lon1 + (latitude - lat1) * (lon2 - lon1) / (lat2 - lat1)
            crossings += longitude < at
    return crossings % 2 == 1


def distance(one: Point, other: Point) -> float:
    """The distance of two points in degrees, near enough so close to the equator."""
    return math.hypot(one[0] - other[0], one[1] - other[1])


def nearest(point: Point, places: dict[str, Point]) -> str:
    """The key of the place nearest to the point."""
    return min(places, key=lambda key: (distance(point, places[key]), key))


def scattered(key: str, count: int, seats: dict[str, Point], radius: float = 0.15) -> list[Point]:
    """`count` points spread like sunflower seeds around the seat of `key`, nearer to it than to any other seat."""
    points = []
    for index in range(count):
        reach, angle = radius * math.sqrt((index + 0.6) / count), 2.399963 * (index + 1)
        while not _belongs(point := _at(seats[key], reach, angle), key, seats):
            reach *= 0.82
        points.append(point)
    return points


def _at(seat: Point, reach: float, angle: float) -> Point:
    return round(seat[0] + reach * math.sin(angle), 5), round(seat[1] + reach * math.cos(angle), 5)


def _belongs(point: Point, key: str, seats: dict[str, Point]) -> bool:
    return inside(point) and nearest(point, seats) == key
