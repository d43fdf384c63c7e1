"""Where a facility lies among its neighbours: the places of a small map, north up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import or_, select

from core.data.db import db
from core.facilities import outlines
from core.facilities.geography import OUTLINE, Point
from core.facilities.models import OPEN, Facility, FacilityOutline
from core.web.maps import Frame, Rings, Spot

WIDTH, MARGIN, NEIGHBOURS = 320, 30, 400


@dataclass
class Map:
    """A drawing: its height, its own outline or that of the country, the facility itself, the others as
    (facility, outline as a path), (facility, x, y)."""

    height: int
    land: str = ""
    here: Spot | None = None
    areas: list[tuple[Facility, str]] = field(default_factory=list)
    others: list[tuple[Facility, int, int]] = field(default_factory=list)
    width: int = WIDTH


def position_map(facility: Facility) -> Map | None:
    """Return the map of a facility with those below it, or beside it; None when no position or outline is known."""
    others = _around(facility)
    ids = [facility.id, facility.parent_id or 0, *(row.id for row in others)]
    shapes = {id_: outlines.rings(shape) for id_, shape in outlines.known(ids).items()}
    areas = [(row, shapes[row.id]) for row in others if row.id in shapes]
    dots = [(row, _point(row)) for row in others if row.id not in shapes]
    own = None if facility.latitude is None else _point(facility)
    if not others and own is None and facility.id not in shapes:
        return None
    land = shapes.get(facility.id) or shapes.get(facility.parent_id or 0) or border()
    whole = land if facility.id in shapes or facility.parent_id is None else []  # of any other a part is enough
    corners = [point for rings in (whole, *(rings for _row, rings in areas)) for ring in rings for point in ring]
    points = [point for _row, point in dots] + ([own] if own else [])
    frame = Frame([*points, *corners], WIDTH, (160, WIDTH), (MARGIN, MARGIN))
    return Map(
        frame.height, frame.path(land), frame.at(own) if own else None,
        [(row, frame.path(rings)) for row, rings in areas], [(row, *frame.at(point)) for row, point in dots],
    )  # fmt: skip


def border() -> Rings:
    """Return the border of the country where it is known without a file."""
    return [OUTLINE] if current_app.config["COUNTRY"] == "BI" else []


def _around(facility: Facility) -> Sequence[Facility]:
    """Return the open facilities with a position or outline below it, or beside it when none lies below."""
    outlined = Facility.id.in_(select(FacilityOutline.facility_id))
    placed = select(Facility).where(
        or_(Facility.latitude.is_not(None), outlined), Facility.status == OPEN, Facility.id != facility.id
    )
    near = Facility.parent_id.in_([facility.id, facility.parent_id or 0])
    below_first = Facility.parent_id != facility.id
    rows = db.session.scalars(placed.where(near).order_by(below_first, Facility.id).limit(NEIGHBOURS)).all()
    return [row for row in rows if row.parent_id == rows[0].parent_id]


def _point(facility: Facility) -> Point:
    return facility.latitude or 0.0, facility.longitude or 0.0
