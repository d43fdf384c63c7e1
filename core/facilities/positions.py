"""Where a facility lies among its neighbours: the places of a small map, north up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import select

from core.data.db import db
from core.facilities.geography import OUTLINE, Point
from core.facilities.models import OPEN, Facility

WIDTH, MARGIN, NEIGHBOURS = 320, 30, 400
Spot = tuple[int, int]


@dataclass
class Map:
    """A drawing: its height, the border of the country, the facility itself, and the others as (facility, x, y)."""

    height: int
    land: list[Spot] = field(default_factory=list)
    here: Spot | None = None
    others: list[tuple[Facility, int, int]] = field(default_factory=list)
    width: int = WIDTH


def position_map(facility: Facility) -> Map | None:
    """Return the map of a facility with those below it, or beside it; None when no position is known."""
    others = _around(facility)
    points = [_point(each) for each in others]
    own = None if facility.latitude is None else _point(facility)
    points += [own] if own else []
    if not points:
        return None
    land = OUTLINE if current_app.config["COUNTRY"] == "BI" else ()
    frame = _Frame([*points, *(land if facility.parent_id is None else ())])
    spots = [(each, *frame.at(_point(each))) for each in others]
    return Map(frame.height, [frame.at(point) for point in land], frame.at(own) if own else None, spots)


def _around(facility: Facility) -> Sequence[Facility]:
    """Return the open facilities with a position below it, or beside it when none lies below."""
    placed = select(Facility).where(Facility.latitude.is_not(None), Facility.status == OPEN, Facility.id != facility.id)
    near = Facility.parent_id.in_([facility.id, facility.parent_id or 0])
    below_first = Facility.parent_id != facility.id
    rows = db.session.scalars(placed.where(near).order_by(below_first, Facility.id).limit(NEIGHBOURS)).all()
    return [row for row in rows if row.parent_id == rows[0].parent_id]


def _point(facility: Facility) -> Point:
    return facility.latitude or 0.0, facility.longitude or 0.0


class _Frame:
    """Turns degrees into the drawing's units."""

    def __init__(self, points: Sequence[Point]) -> None:
        lats, lons = [lat for lat, _lon in points], [lon for _lat, lon in points]
        self.squeeze = math.cos(math.radians(lats[0]))
        self.middle = (max(lats) + min(lats)) / 2, (max(lons) + min(lons)) / 2
        span = max((max(lons) - min(lons)) * self.squeeze, max(lats) - min(lats), 0.04)
        self.scale = (WIDTH - 2 * MARGIN) / span
        self.height = min(WIDTH, max(160, round((max(lats) - min(lats)) * self.scale) + 2 * MARGIN))

    def at(self, point: Point) -> Spot:
        """Return the place of a point in the drawing."""
        x = WIDTH / 2 + (point[1] - self.middle[1]) * self.squeeze * self.scale
        return round(x), round(self.height / 2 - (point[0] - self.middle[0]) * self.scale)
