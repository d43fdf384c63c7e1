"""The list of facilities."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from flask import request
from sqlalchemy import Select, case, literal_column, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _, label_of
from core.data.db import db
from core.data.states import State
from core.facilities import services
from core.facilities.models import CLOSED, OPEN, PLANNED, STATUSES, Facility, FacilityCode, FacilityType
from core.web.fields import row_id
from core.web.tables import Column, Table

Parent, Above = aliased(Facility), aliased(Facility)
TONES = {OPEN: "ok", CLOSED: "neutral", PLANNED: "info"}
ACTS = {
    OPEN: _("Opening of the facility"),
    CLOSED: _("Closing of the facility"),
    PLANNED: _("Planning of the facility"),
}
STATES = {status: State(words, TONES[status], ACTS[status]) for status, words in STATUSES.items()}


def type_labels() -> dict[int, str]:
    """Return {id: label} of the types of facilities."""
    return {kind.id: label_of(kind) for kind in services.types()}


def district() -> Any:
    """Return the SQL name of the district that a facility is, or lies in at most two levels below.

    Without bound values: PostgreSQL takes an expression with them for another one in GROUP BY.
    """
    districts = select(FacilityType.id).where(FacilityType.code == literal_column("'district'"))
    return case(*((place.type_id.in_(districts), place.name) for place in (Facility, Parent, Above)))


COLUMNS = (
    Column("name", _("Name"), Facility.name),
    Column("code", _("Code"), Facility.code),
    Column("type", _("Type"), Facility.type_id, facet=type_labels),
    Column("status", _("Status"), Facility.status, kind="state", facet=STATES),
    Column("district", _("District"), district(), facet=True),
    Column("parent", _("Lies in"), Parent.code, default=False),
    Column("parent_name", _("Lies in (name)"), Parent.name, default=False),
    Column("phone", _("Phone"), Facility.phone, kind="code"),
    Column("population", _("Population"), Facility.population, kind="number"),
    Column("opened_on", _("Opened on"), Facility.opened_on, kind="date", default=False),
    Column("closed_on", _("Closed on"), Facility.closed_on, kind="date", default=False),
    Column("latitude", _("Latitude"), Facility.latitude, kind="number", default=False),
    Column("longitude", _("Longitude"), Facility.longitude, kind="number", default=False),
)


def code_in(scheme: str) -> Column:
    """Return the column of the codes of another scheme, under the name by which they are imported."""
    query = select(FacilityCode.value).where(FacilityCode.facility_id == Facility.id, FacilityCode.scheme == scheme)
    return Column(f"code:{scheme}", f"code:{scheme}", query.limit(1).scalar_subquery(), default=False)


class FacilityTable(Table):
    """All facilities, or those below one (`under` in the address)."""

    model = Facility
    columns = COLUMNS
    search = services.SEARCHED
    asks = {"under": _("The number of the place below which they lie")}
    default_sort = "name"
    options = (selectinload(Facility.type),)

    def more(self) -> Iterator[Column]:
        """Yield the columns of the schemes of codes in use."""
        yield from map(code_in, services.schemes())

    @cached_property
    def under(self) -> Facility | None:
        """Return the facility whose subtree the address asks for."""
        wanted = request.args.get("under", type=row_id)
        return db.session.get(Facility, wanted) if wanted else None

    def query(self) -> Select[Any]:
        """Return the facilities, joined with the two levels above them."""
        query = select(Facility).outerjoin(Parent, Parent.id == Facility.parent_id)
        query = query.outerjoin(Above, Above.id == Parent.parent_id)
        return query.where(services.under(self.under.path)) if self.under else query
