"""Where a facility lies among its neighbours: the places of a small map, north up."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from markupsafe import Markup
from sqlalchemy import or_, select

from core.data.db import db
from core.facilities import outlines
from core.facilities.geography import OUTLINE
from core.facilities.models import OPEN, Facility, FacilityOutline
from core.web.maps import Frame, Place, Rings, Spot, corners, names, spot_of

WIDTH, MARGIN, RADIUS, NEIGHBOURS = 320, 30, 4, 400


@dataclass
class Map:
    """A drawing: its height, the ground as a path, the facility itself, the others as (facility, outline as a path)
    or (facility, x, y), the names that find room, and the facility's own outline as it is stored."""

    height: int
    land: str
    here: Spot | None
    areas: list[tuple[Facility, str]]
    others: list[tuple[Facility, int, int]]
    names: Markup
    outline: FacilityOutline | None
    width: int = WIDTH


def position_map(facility: Facility) -> Map | None:
    """Return the map of a facility with those below it, or beside it; None when no position or outline is known."""
    others = _around(facility)
    ids = [facility.id, facility.parent_id or 0, *(row.id for row in others)]
    known = outlines.known(ids)
    shapes = {id_: outlines.rings(each.shape) for id_, each in known.items()}
    if not others and facility.position is None and facility.id not in shapes:
        return None
    places = [Place(row.name, row.position, "", None, outline=shapes.get(row.id, ())) for row in others]
    land = shapes.get(facility.id) or shapes.get(facility.parent_id or 0) or border()
    whole = land if facility.id in shapes or facility.parent_id is None else []  # of any other a part is enough
    own = facility.position
    frame = Frame([*corners(places, whole), *([own] if own else [])], WIDTH, (160, WIDTH), (MARGIN, MARGIN))
    spots = [spot_of(place, frame) for place in places]
    drawn = list(zip(others, places, spots, strict=True))
    return Map(
        frame.height, frame.path(land), frame.at(own) if own else None,
        [(row, frame.path(place.outline)) for row, place, _spot in drawn if place.outline],
        [(row, *spot) for row, place, spot in drawn if not place.outline],
        names(list(zip(places, spots, strict=True)), frame, RADIUS, [frame.at(own)] if own else []),
        known.get(facility.id),
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
