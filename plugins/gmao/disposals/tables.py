"""The list of disposals."""

from typing import Any

from flask import request
from sqlalchemy import Select, select

from core.contract.words import _
from core.facilities.listing import place_columns
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.gmao.disposals.models import METHODS, WHYS, DisposalCase
from plugins.gmao.disposals.states import MACHINE


class DisposalTable(Table):
    """The disposals that this person may see."""

    model = DisposalCase
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("what", _("What it is about")),
        *place_columns(DisposalCase),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("proposed_on", _("Proposed on"), kind="date"),
        Column("proposed_by", _("Proposed by"), default=False),
        Column("because", _("Reason"), facet=WHYS, default=False),
        Column("note", _("Remarks"), default=False),
        due_column(DisposalCase, default=False),
        Column("committee_on", _("Committee on"), kind="date"),
        Column("decided_on", _("Committee decided on"), kind="date", default=False),
        Column("method", _("What became of it"), facet=METHODS, default=False),
        Column("disposed_on", _("Disposed of on"), kind="date", default=False),
        Column("recipient", _("To whom"), default=False),
        Column("paper", _("Number of the report or deed"), kind="code", default=False),
        Column("proceeds", _("Proceeds (FBu)"), kind="money", default=False),
    ]
    search = [DisposalCase.number, DisposalCase.what]
    default_sort = "-proposed_on"
    views = [
        ("all", _("All"), {}),
        ("to_assess", _("To assess"), {"view": "to_assess"}),
        ("to_decide", _("Before the committee"), {"view": "to_decide"}),
        ("to_dispose", _("To carry out"), {"view": "to_dispose"}),
        OVERDUE,
    ]
    empty = (_("Nothing was proposed for disposal"), _("“Propose for disposal” stands on the page of a piece too."))

    def query(self) -> Select[Any]:
        """Return the disposals; those of a view alone."""
        view = request.args.get("view", "")
        return in_view(select(DisposalCase), DisposalCase, view) if view else select(DisposalCase)
