"""The rights of elmis, and the roles that bundle them."""

from core.contract.ports import Permission, RoleSpec
from core.contract.words import _

_SEE = [
    "elmis.catalogue.view",
    "elmis.stock.view",
    "elmis.requisition.view",
    "elmis.order.view",
    "elmis.dashboard.view",
]
_PAST = ["core.import", "elmis.stock.import"]
_STORE = [
    *_SEE, *_PAST, "elmis.stock.move", "elmis.count.post", "elmis.requisition.edit", "elmis.receipt.confirm",
    "gmao.part.view", "gmao.part.issue",  # parts that a workshop asks of the store, where maintenance is on
    "gmao.breach.view", "gmao.breach.quarantine",  # lots that a breach of the cold chain puts at risk
]  # fmt: skip
_MANAGE = [*_STORE, "elmis.stock.adjust"]
PERMISSIONS = [
    Permission("elmis.catalogue.view", _("See products, lots and policies")),
    Permission("elmis.catalogue.edit", _("Change products, policies and supply lines"), national=True),
    Permission("elmis.stock.view", _("See stocks")),
    Permission("elmis.stock.move", _("Receive, issue, transfer and record losses")),
    Permission("elmis.stock.import", _("Import past movements, counts and lots")),
    Permission("elmis.stock.adjust", _("Adjust stocks and reverse movements")),
    Permission("elmis.count.post", _("Count stocks")),
    Permission("elmis.requisition.view", _("See requisitions")),
    Permission("elmis.requisition.edit", _("Propose and confirm requisitions")),
    Permission("elmis.requisition.approve", _("Approve requisitions"), professional=True),
    Permission("elmis.order.view", _("See orders and deliveries")),
    Permission("elmis.order.prepare", _("Allocate, pick and ship orders")),
    Permission("elmis.receipt.confirm", _("Receive deliveries")),
    Permission("elmis.dashboard.view", _("See the dashboards")),
    RoleSpec("storekeeper", _("Storekeeper"), _STORE),
    RoleSpec("stock_manager", _("Stock manager"), _MANAGE),
    RoleSpec(
        "district_pharmacist",
        _("District pharmacist"),
        [*_SEE, *_PAST, "elmis.requisition.approve", "core.user.view"],
    ),
    RoleSpec("depot_storekeeper", _("Depot storekeeper"), [*_MANAGE, "elmis.order.prepare"]),
    RoleSpec(
        "central_pharmacist",
        _("Central pharmacist"),
        [*_MANAGE, "elmis.order.prepare", "elmis.requisition.approve", "elmis.catalogue.edit"],
    ),
    RoleSpec("catalogue_manager", _("Catalogue manager"), ["elmis.catalogue.view", "elmis.catalogue.edit"]),
    RoleSpec("provincial_approver", _("Provincial approver"), [*_SEE, "elmis.requisition.approve"]),
    RoleSpec("national_approver", _("National approver"), [*_SEE, "elmis.requisition.approve"]),
    RoleSpec("ministry_viewer", _("Ministry reader"), _SEE),
]
