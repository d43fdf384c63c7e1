"""The rights of the health workforce, and the roles that bundle them."""

from core.contract.ports import Permission, RoleSpec
from core.contract.words import _

VIEW, EDIT, LOG = "hr.person.read", "hr.person.edit", "hr.person.log"
EXPORT, MERGE = "hr.person.export", "hr.person.merge"
STAFF, POSTS = "hr.staff.view", "hr.post.edit"
CAREER, SANCTIONS, HEALTH = "hr.career.edit", "hr.sanction.read", "hr.health.read"
REFERENCE = "hr.reference.edit"
LEAVE, ASK, ADVISE = "hr.leave.read", "hr.leave.ask", "hr.leave.advise"
DECIDE, CAUSES, RULES = "hr.leave.decide", "hr.leave.cause", "hr.leave.rules"
# What is confidential is not called ".view": roles that read everything ("*.view") do not read it.
_OFFICER = [VIEW, EDIT, LOG, EXPORT, MERGE, STAFF, POSTS, CAREER, SANCTIONS, LEAVE, ASK, ADVISE, DECIDE,
            CAUSES, "core.import"]  # fmt: skip
PERMISSIONS = [
    Permission(VIEW, _("Read personal files"), professional=True, personal=True),
    Permission(EDIT, _("Keep personal files"), professional=True),
    Permission(LOG, _("See who has read personal files"), professional=True, personal=True),
    Permission(EXPORT, _("Take lists of personal files out"), professional=True, personal=True),
    Permission(MERGE, _("Merge two files of one person"), professional=True, personal=True),
    Permission(STAFF, _("See posts, and who holds them")),
    Permission(POSTS, _("Open, change and close posts")),
    Permission(CAREER, _("Assign people, and record what happens in careers"), professional=True),
    Permission(SANCTIONS, _("Read and record sanctions"), professional=True, personal=True),
    Permission(HEALTH, _("Read and record fitness for work"), professional=True, personal=True),
    Permission(REFERENCE, _("Change cadres, grades and positions"), national=True),
    Permission(LEAVE, _("See who is on leave, and what is left of it"), professional=True),
    Permission(ASK, _("Ask for leave, for oneself"), professional=True, personal=True),
    Permission(ADVISE, _("Give the opinion on leave, and record returns"), professional=True),
    Permission(DECIDE, _("Decide leave, and keep the ledger of it"), professional=True),
    Permission(CAUSES, _("Read why somebody is away where that is confidential"), professional=True, personal=True),
    Permission(RULES, _("Change kinds and rules of leave"), national=True),
    RoleSpec("agent", _("Agent"), [ASK]),
    RoleSpec("hr_officer", _("Human resources officer"), _OFFICER),
    RoleSpec("hr_director", _("Director of human resources"), [*_OFFICER, HEALTH, REFERENCE, RULES]),
    RoleSpec("unit_head", _("Head of unit"), [STAFF, LEAVE, ASK, ADVISE]),
]
