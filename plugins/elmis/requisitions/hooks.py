"""What the requisitions give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.words import _
from plugins.elmis.requisitions.models import (
    VIEW,
    ApprovalLevel,
    Period,
    Requisition,
    RequisitionLine,
    StockReport,
    SupplyLine,
)

ENTITIES = [
    Entity("elmis.requisition", Requisition, _("Requisition"), _("Requisitions"), permission=VIEW, icon="file-text"),
    Entity("elmis.requisition_line", RequisitionLine, _("Requisition line"), _("Requisition lines"), permission=VIEW),
    Entity("elmis.stock_report", StockReport, _("Monthly report"), _("Monthly reports"), permission=VIEW),
    Entity("elmis.period", Period, _("Month"), _("Months"), permission=VIEW),
    Entity("elmis.supply_line", SupplyLine, _("Supply line"), _("Supply lines"), permission=VIEW),
    Entity("elmis.approval_level", ApprovalLevel, _("Approval level"), _("Approval levels"), permission=VIEW),
]
