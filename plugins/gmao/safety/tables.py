"""The lists of safety alerts, and of the pieces that they concern."""

from typing import Any

from flask import request
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, selectinload

from core.contract.words import _
from core.data.calendar import today
from core.facilities.listing import place_columns
from core.web.deadlines import in_view
from core.web.tables import Column, Table
from plugins.gmao.safety.models import KINDS, WHYS, Affected, Alert
from plugins.gmao.safety.states import AFFECTED, ALERT, OPEN


class AlertTable(Table):
    """The alerts that were published, and the drafts of whoever publishes them."""

    model = Alert
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("title", _("Title")),
        Column("kind", _("Kind of alert"), facet=KINDS),
        Column("issuer", _("Issued by"), facet=True),
        Column("reference", _("Issuer's reference"), kind="code", default=False),
        Column("state", _("State"), kind="state", facet=ALERT.states),
        Column("issued_on", _("Date"), kind="date"),
        Column("deadline", _("To be done by"), kind="date"),
        Column("serials", _("Serial numbers"), default=False),
        Column("lots", _("Lots"), default=False),
        Column("todo", _("What is to be done"), default=False),
    ]
    search = [Alert.number, Alert.title, Alert.issuer, Alert.reference]
    default_sort = "-issued_on"
    views = [
        ("all", _("All"), {}),
        ("open", _("Alerts that are open"), {"f.state": "published"}),
    ]
    empty = (
        _("No safety alert yet"),
        _("What makers and authorities say of devices is published here by the directorate."),
    )


class AffectedTable(Table):
    """The pieces that alerts mean or may mean, where this person may see them."""

    model = Affected
    columns = [
        Column("what", _("Piece of equipment")),
        Column("alert", _("Safety alert"), Alert.number, value=lambda row: row.alert.number, kind="code", facet=True,
               detail=lambda row: row.alert.title),
        Column("state", _("State"), kind="state", facet=AFFECTED.states),
        Column("why", _("Why it was found"), facet=WHYS),
        *place_columns(Affected),
        Column("due_on", _("To be done by"), kind="date"),
        Column("settled_on", _("Settled on"), kind="date", default=False),
        Column("found_at", _("Found at"), kind="datetime", default=False),
        Column("order", _("Work order"), sort=False, value=lambda row: row.order.number if row.order else "",
               kind="code", default=False),
    ]  # fmt: skip
    search = [Affected.what, Alert.number, Alert.title]
    default_sort = "due_on"
    options = [contains_eager(Affected.alert), selectinload(Affected.order)]
    views = [
        ("all", _("All"), {}),
        ("open", _("To settle"), {"view": "open"}),
        ("late", _("Late"), {"view": "late"}),
    ]
    empty = (_("No piece is concerned"), _("When a safety alert is published, the pieces that it means stand here."))

    def query(self) -> Select[Any]:
        """Return the pieces with their alerts; of a ready-made view its rows alone."""
        query = select(Affected).join(Alert, Alert.id == Affected.alert_id)
        view = request.args.get("view", "")
        if view in ("open", "late"):
            query = query.where(Affected.state.in_(OPEN))
            return query.where(Affected.due_on < today()) if view == "late" else query
        return in_view(query, Affected, view) if view else query
