"""The lists of the settings."""

from functools import cached_property
from typing import Any

from babel.dates import format_date
from flask import url_for
from flask_babel import get_locale
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _, label_of
from core.data.db import db
from core.data.states import State
from core.facilities.models import Facility, FacilityType
from core.facilities.tables import STATES
from core.web.tables import Column, Table
from plugins.elmis.ledger.models import KINDS, Period, Reason
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.requisitions.approvals import USUAL, places
from plugins.elmis.requisitions.country import SERVING
from plugins.elmis.requisitions.models import ApprovalLevel, Requisition, SupplyLine
from plugins.elmis.requisitions.states import OPEN_TO_EDITS, WAITING_APPROVAL

Place, Depot = aliased(Facility), aliased(Facility)
MONTHS = {False: State(_("Open to requisitions"), "ok"), True: State(_("Closed to requisitions"), "neutral")}
IN_USE = {True: State(_("In use"), "ok"), False: State(_("Not in use"), "neutral")}


class SupplyLineTable(Table):
    """Who supplies whom, where it is not the nearest depot."""

    model = SupplyLine
    columns = [
        Column("facility", _("Facility"), Place.name, value=lambda row: row.facility.name),
        Column("supplier", _("Supplier"), Depot.name, value=lambda row: row.supplier.name, facet=True),
        Column("status", _("State of the supplier"), Depot.status, kind="state", facet=STATES),
        Column("facility_code", _("Facility code"), Place.code, default=False),
        Column("supplier_code", _("Supplier (code)"), Depot.code, default=False),
    ]
    search = [Place.name, Place.code, Depot.name, Depot.code]
    default_sort = "facility"
    options = [selectinload(SupplyLine.facility), selectinload(SupplyLine.supplier)]
    empty = (_("No supply line"), _("The nearest depot above each facility supplies it."))

    def query(self) -> Select[Any]:
        """Return the lines with both facilities."""
        query = select(SupplyLine).join(Place, Place.id == SupplyLine.facility_id)
        return query.join(Depot, Depot.id == SupplyLine.supplier_id)


class WayTable(Table):
    """Between which kinds of facility goods may go."""

    model = Route
    columns = [
        Column("from_kind", _("Goes from"), facet=KEEPING, value=lambda row: KEEPING[row.from_kind],
               link=lambda row: url_for("elmis_settings.way", id=row.id)),
        Column("to_kind", _("Goes to"), facet=KEEPING, value=lambda row: KEEPING[row.to_kind]),
    ]  # fmt: skip
    default_sort = "from_kind"
    empty = (_("No way of goods"), _("Without one, nobody can send goods to another facility without an order."))


class LevelTable(Table):
    """Where the requisitions of each type of facility are approved, one place after the other."""

    model = FacilityType
    default_sort = "level"
    empty = (_("No type of facility asks for goods"),)

    @cached_property
    def columns(self) -> Any:  # type: ignore[override]
        """Return the columns."""
        return [
            Column("name", _("Facility type"), FacilityType.label_fr, value=label_of,
                   link=lambda row: url_for("elmis_settings.levels_of", id=row.id)),
            Column("levels", _("Approved by"), value=self.said, sort=False),
            Column("level", _("Level"), kind="number", default=False),
            Column("code", _("Code"), default=False),
        ]  # fmt: skip

    @cached_property
    def chains(self) -> dict[int, list[str]]:
        """Return the places of each type that has some of its own, in order."""
        found: dict[int, list[str]] = {}
        for row in db.session.scalars(select(ApprovalLevel).order_by(ApprovalLevel.type_id, ApprovalLevel.position)):
            found.setdefault(row.type_id, []).append(row.place)
        return found

    @cached_property
    def places(self) -> dict[str, Any]:
        """Return the labels of the places, read once for all rows."""
        return places()

    def said(self, kind: FacilityType) -> str:
        """Return the places of a type in words: "District, then Supplier"."""
        return in_words(self.chains.get(kind.id, []), self.places)

    def query(self) -> Select[Any]:
        """Return the types of facilities that ask for goods."""
        return select(FacilityType).where(FacilityType.kind.in_(SERVING))


def in_words(chain: list[str], labels: dict[str, Any]) -> str:
    """Return places of approval in words, the usual one where none was chosen."""
    words = " → ".join(str(labels.get(place, place)) for place in chain or USUAL)
    return words if chain else str(_("%(place)s (usual)", place=words))


def month_name(row: Period) -> str:
    """Return a month in words, e.g. "novembre 2026"."""
    return str(format_date(row.month, "LLLL yyyy", locale=get_locale())).capitalize()


def _requisitions(*states: str) -> Any:
    query = select(func.count(Requisition.id)).where(Requisition.period_id == Period.id)
    return (query.where(Requisition.state.in_(states)) if states else query).correlate(Period).scalar_subquery()


REQUISITIONS, UNFINISHED = _requisitions(), _requisitions(*OPEN_TO_EDITS, *WAITING_APPROVAL)


class MonthTable(Table):
    """The months in which there were requisitions, and those that were closed."""

    model = Period
    columns = [
        Column("month", _("Month"), value=month_name),
        Column("closed", _("State"), kind="state", facet=MONTHS),
        Column("requisitions", _("Requisitions you see"), REQUISITIONS, kind="number"),
        Column("unfinished", _("Not yet approved"), UNFINISHED, kind="number"),
        Column("begins", _("First day"), Period.month, kind="date", default=False),
    ]
    default_sort = "-month"
    empty = (_("No month yet"), _("A month stands here once a requisition was proposed in it, or once it was closed."))


class ReasonTable(Table):
    """Why goods move."""

    model = Reason
    columns = [
        Column("label_fr", _("Reason"), value=label_of),
        Column("code", _("Code"), default=False),
        Column("from_kind", _("Goes from"), facet=KINDS),
        Column("to_kind", _("Goes to"), facet=KINDS),
        Column("counts_as_consumption", _("Counts as consumption"), kind="bool", facet=True),
        Column("needs_comment", _("Needs a comment"), kind="bool", default=False),
        Column("active", _("State"), kind="state", facet=IN_USE),
    ]
    search = [Reason.label_fr, Reason.label_en, Reason.code]
    default_sort = "label_fr"
