"""The list of fault reports."""

from typing import Any

from flask import request
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.facilities.listing import place_columns
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.gmao.requests.models import WORKS, Request
from plugins.gmao.requests.states import MACHINE


class RequestTable(Table):
    """The fault reports that this person may see."""

    model = Request
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("what", _("What it is about"), detail=lambda row: row.problem),
        Column("works", _("Does it work?"), facet=WORKS),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("reported_at", _("Fault reported at"), kind="datetime"),
        Column("reported_by", _("Reported by")),
        *place_columns(Request),
        Column("room", _("Room or service"), default=False),
        Column("phone", _("Telephone"), default=False),
        due_column(Request, default=False),
        Column("order", _("Work order"), value=lambda row: row.order.number if row.order else "", default=False),
    ]
    search = [Request.number, Request.what, Request.problem, Request.reported_by]
    default_sort = "-number"
    options = [selectinload(Request.order)]
    views = [
        ("all", _("All"), {}),
        ("to_decide", _("To be decided"), {"view": "to_decide"}),
        ("answered", _("Answered"), {"view": "answered"}),
        OVERDUE,
    ]
    empty = (_("No fault was reported"), _("Whoever scans the label of a piece can report what is wrong with it."))

    def query(self) -> Select[Any]:
        """Return the reports; those of a view alone."""
        view = request.args.get("view", "")
        return in_view(select(Request), Request, view) if view else select(Request)
