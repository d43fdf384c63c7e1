"""Outlines of places: read from lists, kept, asked whether a point lies within, and given out as GeoJSON."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Refused
from core.data.work import ask
from core.facilities.geography import Point, inside
from core.facilities.models import Facility, FacilityOutline
from core.imports import parse
from core.imports.files import shapes

EDIT = "core.facility.edit"
RING = re.compile(r"\(([^()]+)\)")
Ring = tuple[Point, ...]
Spot = tuple[float, float]


def place(value: str, reading: parse.Reading) -> Spot | str:
    """Return the (latitude, longitude) of a point, or the WKT of an outline; Refused says why it is neither."""
    if parse.POINT.fullmatch(value):
        return parse.point(value, reading)
    try:
        found = shapes.read(value)
    except shapes.Unclear as why:
        raise Refused(parse.SHAPES[str(why)]) from None
    if found is None:
        raise Refused(_("Write the place as POINT(longitude latitude), its outline as POLYGON or MULTIPOLYGON."))
    return shapes.wkt(found)


def rings(shape: str) -> list[Ring]:
    """Return the rings of an outline as (latitude, longitude), each closed by its first point."""
    return [tuple(map(_point, found.split(","))) for found in RING.findall(shape)]


def _point(pair: str) -> Point:
    longitude, latitude = pair.split()
    return float(latitude), float(longitude)


def points(shape: str) -> int:
    """Return the number of corners of an outline."""
    return sum(len(ring) - 1 for ring in rings(shape))


def holds(outline: Sequence[Ring], point: Point) -> bool:
    """Return whether a point lies within an outline, and in none of its holes."""
    return sum(inside(point, ring) for ring in outline) % 2 == 1


def turned(outline: Sequence[Ring]) -> list[Ring]:
    """Return an outline with latitude and longitude exchanged, as some files have them."""
    return [tuple((longitude, latitude) for latitude, longitude in ring) for ring in outline]


def of(facility: Facility) -> FacilityOutline | None:
    """Return the outline of a place, or None."""
    return db.session.scalar(select(FacilityOutline).where(FacilityOutline.facility_id == facility.id))


def known(ids: Iterable[int]) -> dict[int, FacilityOutline]:
    """Return {id: outline} of those of these places that have one."""
    query = select(FacilityOutline).where(FacilityOutline.facility_id.in_(list(ids)))
    return {row.facility_id: row for row in db.session.scalars(query)}


def every() -> dict[int, str]:
    """Return {id: outline} of all places that have one."""
    query = select(FacilityOutline.facility_id, FacilityOutline.shape)
    return {row.facility_id: row.shape for row in db.session.execute(query)}


def put(facility: Facility, shape: str, source: str) -> FacilityOutline:
    """Return the outline of a place, which it has from now on; `source` names the file."""
    current().require(EDIT, facility)
    row = of(facility) or FacilityOutline(facility=facility)
    row.shape, row.points, row.source = shape, points(shape), source[:200]
    db.session.add(row)
    db.session.flush()
    return row


def remove(facility: Facility) -> None:
    """Take the outline of a place away, once somebody has said yes; the trail keeps that it was, not the outline."""
    current().require(EDIT, facility)
    if (row := of(facility)) is None:
        raise Refused(_("This place has no outline."))
    words = _(
        "The outline goes off the maps, and only its file brings it back: “%(file)s”. Remove it?", file=row.source
    )
    ask("remove_outline", words, about=f"{row.facility_id} {row.source} {row.points}")
    db.session.delete(row)
    db.session.flush()


def features(below: Facility | None = None) -> Iterator[dict[str, Any]]:
    """Yield the places that have an outline or a position as features of GeoJSON, those of one place or all.

    Their properties bear the names of the fields of the import. An outline goes before the position, which then
    stands in the properties.
    """
    query = select(Facility).options(selectinload(Facility.type), selectinload(Facility.codes)).order_by(Facility.path)
    if below is not None:
        query = query.where(Facility.path.startswith(below.path, autoescape=True))
    codes = {row.id: row.code for row in db.session.execute(select(Facility.id, Facility.code))}
    found = every()
    for row in db.session.scalars(query):
        shape = found.get(row.id)
        if shape or row.latitude is not None:
            yield _feature(row, codes.get(row.parent_id or 0), shape)


def _feature(row: Facility, parent: str | None, shape: str | None) -> dict[str, Any]:
    known: dict[str, Any] = {
        "code": row.code, "name": row.name, "type": row.type.code, "parent": parent, "status": row.status,
        **{f"code:{code.scheme}": code.value for code in row.codes},
    }  # fmt: skip
    if shape:
        known |= {"latitude": row.latitude, "longitude": row.longitude}
    geometry = geojson(shape) if shape else {"type": "Point", "coordinates": [row.longitude, row.latitude]}
    told = {name: value for name, value in known.items() if value is not None}
    return {"type": "Feature", "properties": told, "geometry": geometry}


def geojson(shape: str) -> Mapping[str, Any]:
    """Return the geometry of an outline as GeoJSON has it."""
    polygons = [part.strip("()").split("),(") for part in shape.removeprefix("MULTIPOLYGON").split(")),((")]
    listed = [[[[*map(float, pair.split())] for pair in ring.split(",")] for ring in found] for found in polygons]
    return {"type": "MultiPolygon", "coordinates": listed}
