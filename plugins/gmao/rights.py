"""The rights of maintenance, and the roles that bundle them."""

from core.contract.ports import Permission, RoleSpec
from core.contract.words import _

VIEW, EDIT = "gmao.equipment.view", "gmao.equipment.edit"
REPORT, DISPOSE = "gmao.equipment.report", "gmao.equipment.dispose"
RECEIVE, CATALOGUE = "gmao.equipment.receive", "gmao.catalogue.edit"
REQUEST, WORK = "gmao.request.make", "gmao.work.do"
PARTS, ISSUE = "gmao.part.view", "gmao.part.issue"
PLAN, OVERSEE = "gmao.work.plan", "gmao.work.oversee"
BREACHES, APART = "gmao.breach.view", "gmao.breach.quarantine"
_WARD = [VIEW, REPORT, RECEIVE, REQUEST, BREACHES]
PUBLISH = "gmao.alert.publish"
OFFER, DECIDE = "gmao.donation.edit", "gmao.donation.decide"
_WORKSHOP = [*_WARD, EDIT, WORK, PARTS, "core.import"]
PERMISSIONS = [
    Permission(VIEW, _("See equipment")),
    Permission(EDIT, _("Keep the register of equipment")),
    Permission(REPORT, _("Say whether equipment works")),
    Permission(RECEIVE, _("Acknowledge equipment that was sent")),
    Permission(REQUEST, _("Report faults, and confirm that they are mended")),
    Permission(WORK, _("Maintain and repair equipment")),
    Permission(PLAN, _("Plan, assign and close the work on equipment")),
    Permission(OVERSEE, _("Be told of work on equipment that is late")),
    Permission(PARTS, _("See the parts that work on equipment needs")),
    Permission(ISSUE, _("Hand out parts for work on equipment")),
    Permission(BREACHES, _("See breaches of the cold chain")),
    Permission(APART, _("Put lots in quarantine after a breach of the cold chain")),
    Permission(DISPOSE, _("Dispose of equipment")),
    Permission(PUBLISH, _("Publish safety alerts of equipment"), national=True),
    Permission(OFFER, _("Record and examine offers of equipment")),
    Permission(DECIDE, _("Accept or decline offers of equipment")),
    Permission(CATALOGUE, _("Change types and models of equipment"), national=True),
    RoleSpec("ward", _("Ward"), _WARD),
    RoleSpec("technician", _("Maintenance technician"), _WORKSHOP),
    RoleSpec("workshop_head", _("Head of workshop"), [*_WORKSHOP, PLAN, OVERSEE, DISPOSE, OFFER]),
    RoleSpec(
        "equipment_director", _("Director of equipment"),
        [*_WORKSHOP, OVERSEE, DISPOSE, PUBLISH, OFFER, DECIDE, CATALOGUE],
    ),
]  # fmt: skip
