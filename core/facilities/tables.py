"""The list of facilities."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from flask import request
from sqlalchemy import Select, case, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _, label_of
from core.data.db import db
from core.data.states import State
from core.facilities import services
from core.facilities.models import CLOSED, OPEN, PLANNED, STATUSES, Facility, FacilityType
from core.web.tables import Column, Table

Parent, Above = aliased(Facility), aliased(Facility)
TONES = {OPEN: "ok", CLOSED: "neutral", PLANNED: "info"}
STATES = {status: State(words, TONES[status]) for status, words in STATUSES.items()}


def district() -> Any:
    """Return the SQL name of the district that a facility is, or lies in at most two levels below."""
    districts = select(FacilityType.id).where(FacilityType.code == "district")
    places = (Facility, Parent, Above)
    return case(*((place.type_id.in_(districts), place.name) for place in places), else_="")


class FacilityTable(Table):
    """All facilities, or those below one (`under` in the address)."""

    model = Facility
    search = services.SEARCHED
    default_sort = "name"
    options = (selectinload(Facility.type), selectinload(Facility.parent))

    @cached_property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """Return the columns; the types are rows and have their labels from there."""
        types = {kind.id: label_of(kind) for kind in services.types()}
        return [
            Column("name", _("Name"), Facility.name),
            Column("code", _("Code"), Facility.code),
            Column("type_id", _("Type"), Facility.type_id, facet=True, choices=types),
            Column("status", _("Status"), Facility.status, kind="state", facet=True, choices=STATES),
            Column("district", _("District"), district(), value=lambda row: row[1] or None, facet=True),
            Column("parent", _("Lies in"), Parent.name, value=_parent_name, default=False),
            Column("phone", _("Phone"), Facility.phone),
            Column("population", _("Population"), Facility.population, kind="number"),
            Column("opened_on", _("Opened on"), Facility.opened_on, kind="date", default=False),
            Column("closed_on", _("Closed on"), Facility.closed_on, kind="date", default=False),
            Column("latitude", _("Latitude"), Facility.latitude, kind="number", default=False),
            Column("longitude", _("Longitude"), Facility.longitude, kind="number", default=False),
        ]

    @cached_property
    def under(self) -> Facility | None:
        """Return the facility whose subtree the address asks for."""
        wanted = request.args.get("under", type=int)
        return db.session.get(Facility, wanted) if wanted else None

    def query(self) -> Select[Any]:
        """Return all facilities with their districts."""
        query = select(Facility, district().label("district")).outerjoin(Parent, Parent.id == Facility.parent_id)
        query = query.outerjoin(Above, Above.id == Parent.parent_id)
        return query.where(services.under(self.under.path)) if self.under else query


def _parent_name(row: Any) -> str | None:
    return row[0].parent.name if row[0].parent else None
