"""The place of elmis on the home page: for whom it is, and what each role does first."""

from core.contract.ports import Action, Section
from core.contract.words import _

APPROVE, PREPARE, MOVE = "elmis.requisition.approve", "elmis.order.prepare", "elmis.stock.move"
HOME = [
    Section(
        _("Health products"),
        "stock.index",
        {
            MOVE: 90, PREPARE: 90, APPROVE: 70, "elmis.catalogue.edit": 60, "elmis.dashboard.view": 40,
            "elmis.stock.view": 30, "elmis.order.view": 30,
        },
        [
            Action(_("Order preparation"), "orders.index", PREPARE),
            Action(_("Issue to a ward"), "store.new", MOVE, {"action": "issue"}),
            Action(_("Approve requisitions"), "requisitions.index", APPROVE),
            Action(_("Status board"), "dashboards.status_board", "elmis.dashboard.view"),
        ],
        "elmis:icon",
    )
]  # fmt: skip
