"""The list of parts that work orders need."""

from typing import Any

from flask import request
from sqlalchemy import Select, select

from core.contract.words import _
from core.facilities.listing import place_columns
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.states import AWAITED, MACHINE


class PartTable(Table):
    """The parts that this person may see."""

    model = Part
    columns = [
        Column("label", _("Part")),
        Column("quantity", _("Quantity"), kind="number"),
        Column("code", _("Code in the store"), kind="code"),
        Column("what", _("What it is about")),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("requisition", _("Requisition"), kind="code", default=False),
        Column("asked_at", _("Asked at"), kind="datetime"),
        Column("asked_by", _("Asked by"), default=False),
        *place_columns(Part),
        due_column(Part, default=False),
    ]
    search = [Part.label, Part.code, Part.what, Part.requisition]
    default_sort = "-asked_at"
    views = [
        ("all", _("All"), {}),
        ("to_issue", _("To be handed out"), {"view": "to_issue"}),
        ("awaited", _("Asked of the supplier"), {"f.state": AWAITED}),
        ("refused", _("Not there"), {"view": "refused"}),
        OVERDUE,
    ]
    empty = (_("No parts were asked for"), _("“Ask for a part” stands on the page of a work order."))

    def query(self) -> Select[Any]:
        """Return the parts; those of a view alone."""
        view = request.args.get("view", "")
        return in_view(select(Part), Part, view) if view else select(Part)
