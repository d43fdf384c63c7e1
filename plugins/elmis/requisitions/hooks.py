"""What the requisitions give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import select

from core.contract.entities import Entity
from core.contract.ports import Fact, MenuItem, Panel
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.facilities.models import OPEN, Facility
from plugins.elmis.formulas.policies import POLICY_LABELS
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.ledger.models import Period, StockReport
from plugins.elmis.requisitions import country, notices, progress, services
from plugins.elmis.requisitions.approvals import known_supplier, places
from plugins.elmis.requisitions.doubts import UNASKED
from plugins.elmis.requisitions.models import EDIT, KINDS, VIEW, ApprovalLevel, Requisition, RequisitionLine, SupplyLine
from plugins.elmis.requisitions.states import MACHINE
from plugins.elmis.requisitions.tables import RequisitionTable
from plugins.elmis.requisitions.verbs import DECLARE, VERBS
from plugins.elmis.requisitions.views import bp

ENTITIES = [
    Entity(
        "elmis.requisition",
        Requisition,
        _("Requisition"),
        _("Requisitions"),
        "requisitions.show",
        VIEW,
        RequisitionTable,
        "file-text",
        ("number",),
        words={"policy": POLICY_LABELS, "kind": KINDS, "state": MACHINE.states},
        machine=MACHINE,
        index="requisitions.index",
        verbs=VERBS,
        comments=True,
        concerned=notices.concerned,
    ),
    Entity(
        "elmis.requisition_line",
        RequisitionLine,
        _("Requested line"),
        _("Requested lines"),
        permission=VIEW,
        words={"status": STATUSES},
        named=("product_id",),
    ),
    Entity(
        "elmis.stock_report",
        StockReport,
        _("Monthly report"),
        _("Monthly reports"),
        permission=VIEW,
        named=("month", "facility_id"),
        verbs=[DECLARE],
    ),
    Entity("elmis.period", Period, _("Month"), _("Months"), "elmis_settings.month", VIEW, named=("month",)),
    Entity(
        "elmis.supply_line",
        SupplyLine,
        _("Supply line"),
        _("Supply lines"),
        "elmis_settings.supply_line",
        VIEW,
        named=("facility_id",),
    ),
    Entity(
        "elmis.approval_level",
        ApprovalLevel,
        _("Approval level"),
        _("Approval levels"),
        permission=VIEW,
        words={"place": places},
        named=("type_id", "position"),
    ),
]
SETTINGS = [UNASKED]
BLUEPRINTS = [bp]
NOTICES = notices.KINDS
FACTS = [
    Fact("elmis.requisition.proposed", _("A requisition was proposed")),
    *(Fact(f"elmis.requisition.{code}", _("Requisition: %(state)s", state=state.label))
      for code, state in MACHINE.states.items()),
]  # fmt: skip
LIST = "requisitions.index"
MENU = [MenuItem(_("Requisitions"), LIST, VIEW, _("Health products"), "file-text", order=130)]


def panels(obj: Any) -> Iterator[Panel]:
    """Yield a facility's last requisitions, and its word on last month."""
    if not isinstance(obj, Facility) or obj.type.kind not in country.SERVING or not current().can(VIEW, obj):
        return
    query = select(Requisition).where(Requisition.facility_id == obj.id).order_by(Requisition.id.desc()).limit(5)
    month = country.last_month()
    mine = obj.status == OPEN and current().can(EDIT, obj)  # a closed place asks for nothing and declares nothing
    context = {
        "rows": (rows := db.session.scalars(query).all()),
        "states": progress.states(rows),
        "facility": obj,
        "month": month,
        "may_ask": mine and known_supplier(obj) is not None,
        "may_report": mine and not services.told(obj, month),
    }
    url = url_for(LIST, q=obj.name)
    yield Panel(_("Requisitions"), "elmis/requisitions/panel.html", context, url, _("All requisitions"), order=30)
