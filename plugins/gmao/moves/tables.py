"""The list of moves."""

from typing import Any

from flask import request
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _
from core.facilities.models import Facility
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.gmao.moves.models import PURPOSES, Move
from plugins.gmao.moves.states import MACHINE

Source, Target = aliased(Facility), aliased(Facility)


class MoveTable(Table):
    """The moves of equipment that this person may see, from either side."""

    model = Move
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("what", _("What is sent")),
        Column("source", _("From"), Source.name, facet=True),
        Column("facility", _("To"), Target.name, facet=True),
        Column("purpose", _("Why it is sent"), facet=PURPOSES),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("sent_on", _("Sent on"), kind="date"),
        Column("arrived_on", _("Arrived on"), kind="date", default=False),
        due_column(Move),
        Column("carrier", _("Carried by"), default=False),
        Column("source_code", _("From (code)"), Source.code, kind="code", default=False),
        Column("facility_code", _("To (code)"), Target.code, kind="code", default=False),
    ]
    search = [Move.number, Move.what, Source.name, Target.name]
    default_sort = "-sent_on"
    options = [selectinload(Move.source), selectinload(Move.facility)]
    views = [("all", _("All"), {}), ("coming", _("Coming here"), {"view": "coming"}), OVERDUE]
    empty = (_("Nothing was sent yet"), _("“Send elsewhere” stands on the page of a piece of equipment."))

    def query(self) -> Select[Any]:
        """Return the moves with both places; those of a view alone."""
        query = select(Move).join(Source, Source.id == Move.source_id).join(Target, Target.id == Move.facility_id)
        view = request.args.get("view", "")
        return in_view(query, Move, view) if view else query
