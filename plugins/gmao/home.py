"""The place of maintenance on the home page: for whom it is, and what each role does first."""

from core.contract.ports import Action, Section
from core.contract.words import _
from plugins.gmao.rights import DISPOSE, EDIT, OVERSEE, PLAN, REPORT, REQUEST, VIEW, WORK

HOME = [
    Section(
        _("Maintenance"),
        "equipment.index",
        {WORK: 90, PLAN: 90, EDIT: 85, DISPOSE: 80, REPORT: 35, VIEW: 25},
        [
            Action(_("Work to plan"), "workorders.index", PLAN, {"view": "open"}),
            Action(_("My work"), "workorders.index", WORK, {"view": "mine"}),
            Action(_("Report a fault"), "equipment_requests.index", REQUEST),
            Action(_("What is out of order"), "equipment.index", EDIT, {"f.status": "not_functional"}),
            Action(_("Maintenance figures"), "equipment_figures.index", OVERSEE),
            Action(_("Equipment"), "equipment.index", VIEW),
        ],
        "gmao:icon",
    )
]
