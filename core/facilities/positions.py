"""A small map of where a facility lies among its neighbours, as SVG."""

import math
from collections.abc import Sequence

from flask import current_app, url_for
from markupsafe import Markup
from sqlalchemy import select

from core.data.db import db
from core.facilities.geography import OUTLINE
from core.facilities.models import OPEN, Facility

WIDTH, MARGIN, NEIGHBOURS = 320, 30, 400


def position_map(facility: Facility) -> Markup | None:
    """Return the map of a facility, its siblings or children as dots; None without a position."""
    others = _around(facility)
    own = (facility.latitude, facility.longitude) if facility.latitude is not None else None
    points = [*([own] if own else []), *((each.latitude, each.longitude) for each in others)]
    if not points:
        return None
    frame = _Frame([*points, *(_land() if facility.parent_id is None else ())])
    dots = [_dot(frame, each) for each in others]
    if own:
        x, y = frame.at(own)
        here = Markup('<circle class="chart-here" cx="{}" cy="{}" r="7"><title>{}</title></circle>')
        dots.append(here.format(x, y, facility.name))
    box = Markup('<svg class="chart chart-place" viewBox="0 0 {} {}" role="group" aria-label="{}">{}{}</svg>')
    return box.format(WIDTH, frame.height, facility.name, frame.outline(), Markup("").join(dots))


def _around(facility: Facility) -> Sequence[Facility]:
    """Return the open facilities with a position below it, or beside it when none lies below."""
    placed = select(Facility).where(Facility.latitude.is_not(None), Facility.status == OPEN, Facility.id != facility.id)
    below = db.session.scalars(placed.where(Facility.parent_id == facility.id).limit(NEIGHBOURS)).all()
    if below or facility.parent_id is None:
        return below
    return db.session.scalars(placed.where(Facility.parent_id == facility.parent_id).limit(NEIGHBOURS)).all()


def _dot(frame: "_Frame", facility: Facility) -> Markup:
    x, y = frame.at((facility.latitude or 0.0, facility.longitude or 0.0))
    dot = Markup('<circle class="chart-dot" cx="{}" cy="{}" r="4"><title>{}</title></circle>').format(
        x, y, facility.name
    )
    url = url_for("facilities.show", id=facility.id)
    return Markup('<a href="{}" aria-label="{}">{}</a>').format(url, facility.name, dot)


def _land() -> Sequence[tuple[float, float]]:
    """Return the border of the country, where it is known."""
    return OUTLINE if current_app.config["COUNTRY"] == "BI" else ()


class _Frame:
    """Turns degrees into the drawing's units, north up."""

    def __init__(self, points: Sequence[tuple[float | None, float | None]]) -> None:
        known = [(latitude or 0.0, longitude or 0.0) for latitude, longitude in points]
        self.squeeze = math.cos(math.radians(known[0][0]))
        lats, lons = [lat for lat, _lon in known], [lon for _lat, lon in known]
        self.middle = (max(lats) + min(lats)) / 2, (max(lons) + min(lons)) / 2
        span = max((max(lons) - min(lons)) * self.squeeze, max(lats) - min(lats), 0.04)
        self.scale = (WIDTH - 2 * MARGIN) / span
        self.height = min(WIDTH, max(160, round((max(lats) - min(lats)) * self.scale) + 2 * MARGIN))

    def at(self, point: tuple[float, float]) -> tuple[int, int]:
        """Return the place of a point in the drawing."""
        x = WIDTH / 2 + (point[1] - self.middle[1]) * self.squeeze * self.scale
        return round(x), round(self.height / 2 - (point[0] - self.middle[0]) * self.scale)

    def outline(self) -> Markup:
        """Return the border of the country, as far as it lies in the drawing."""
        corners = "L".join(f"{x} {y}" for x, y in map(self.at, _land()))
        return Markup("") if not corners else Markup('<path class="chart-land" d="M{}Z"/>').format(corners)
