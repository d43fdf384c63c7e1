"""The list of work orders."""

from typing import Any

from flask import request
from sqlalchemy import Select, select

from core.contract.words import _
from core.facilities.listing import place_columns, told_of
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.gmao.equipment.models import REASONS
from plugins.gmao.workorders.models import KINDS, PRIORITIES, WorkOrder
from plugins.gmao.workorders.states import CANCELLED, CLOSED, MACHINE, OPEN


class OrderTable(Table):
    """The work orders that this person may see; what is closed has a view of its own."""

    model = WorkOrder
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("what", _("What it is about"), detail=lambda row: row.problem),
        Column("kind", _("Kind of work"), facet=KINDS),
        Column("priority", _("Priority"), facet=PRIORITIES),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("held_for", _("Waits for"), choices=REASONS, default=False),
        Column("assignee", _("Done by")),
        Column("due_on", _("To be done by"), kind="date"),
        *place_columns(WorkOrder),
        Column("room", _("Room or service"), default=False),
        Column("workshop", _("In hand at"), told_of("name", WorkOrder.workshop_id), default=False),
        due_column(WorkOrder, default=False),
        Column("opened_at", _("Opened at"), kind="datetime", default=False),
        Column("done_at", _("Finished at"), kind="datetime", default=False),
        Column("vendor", _("Vendor"), default=False),
        Column("former", _("Former number"), kind="code", default=False),
    ]
    search = [WorkOrder.number, WorkOrder.what, WorkOrder.problem, WorkOrder.assignee, WorkOrder.former]
    default_sort = "-number"
    views = [
        ("open", _("Not finished"), {"view": "open"}),
        ("all", _("All"), {}),
        ("mine", _("Mine"), {"view": "mine"}),
        ("to_plan", _("To be assigned"), {"view": "to_plan"}),
        ("held", _("Held up"), {"view": "held"}),
        ("to_confirm", _("To be confirmed"), {"view": "to_confirm"}),
        ("to_close", _("To be closed"), {"view": "to_close"}),
        OVERDUE,
        ("ended", _("Closed or cancelled"), {"view": "ended"}),
    ]
    empty = (_("No work orders yet"), _("A fault report that is accepted opens one, and so does a repair."))

    def query(self) -> Select[Any]:
        """Return the orders; those of a view alone."""
        query, view = select(WorkOrder), request.args.get("view", "")
        states = {"open": OPEN, "ended": (CLOSED, CANCELLED)}
        if view in states:
            return query.where(WorkOrder.state.in_(states[view]))
        return in_view(query, WorkOrder, view) if view else query
