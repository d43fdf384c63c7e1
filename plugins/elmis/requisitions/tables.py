"""The list of requisitions, with what waits for the person who looks as ready-made views."""

from typing import Any

from flask import request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from core.contract.words import _
from core.facilities.models import Facility
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.elmis.formulas.policies import POLICY_LABELS
from plugins.elmis.ledger.models import Period
from plugins.elmis.requisitions import progress
from plugins.elmis.requisitions.models import KINDS, Requisition

Place, Above, Depot = aliased(Facility), aliased(Facility), aliased(Facility)


class RequisitionTable(Table):
    """The requisitions this person may see."""

    model = Requisition
    columns = [
        Column("number", _("Number"), kind="code", link=lambda row: url_for("requisitions.show", id=row.id)),
        Column("facility", _("Facility"), Place.name),
        Column("above", _("District"), Above.name, facet=True),
        Column("period", _("Month"), Period.month, kind="month", facet=True),
        Column("state", _("State"), progress.CODE, facet=progress.SAID),
        Column("kind", _("Kind"), facet=KINDS, default=False),
        Column("supplier", _("Supplier"), Depot.name, default=False),
        Column("facility_code", _("Facility code"), Place.code, default=False),
        Column("supplier_code", _("Supplier (code)"), Depot.code, default=False),
        Column("as_of", _("Stock of"), kind="date", default=False),
        Column("policy", _("Policy"), choices=POLICY_LABELS, default=False),
        Column(
            "signatures",
            _("Signatures given"),
            value=lambda row: len(row.signatures),
            kind="number",
            sort=False,
            default=False,
        ),
        Column("currency", _("Currency"), default=False),
        due_column(Requisition),
        Column("moved_at", _("In this state since"), kind="datetime"),
    ]
    search = [Requisition.number, Place.name, Place.code]
    default_sort = "-moved_at"
    options = [selectinload(Requisition.facility)]
    views = [
        ("all", _("All"), {}),
        ("confirm", _("To confirm"), {"view": "confirm"}),
        ("approve", _("To approve"), {"view": "approve"}),
        ("prepare", _("To prepare"), {"view": "prepare"}),
        OVERDUE,
    ]
    empty = (_("No requisition yet"), _("Propose one: the system computes it from the stock and what was consumed."))

    def query(self) -> Select[Any]:
        """Return the requisitions, those of a ready-made view alone when one is chosen."""
        query = (
            select(Requisition)
            .join(Place, Place.id == Requisition.facility_id)
            .outerjoin(Above, Above.id == Place.parent_id)
            .join(Depot, Depot.id == Requisition.supplier_id)
            .join(Period, Period.id == Requisition.period_id)
        )
        view = request.args.get("view", "all")
        return query if view == "all" else in_view(query, Requisition, view)
