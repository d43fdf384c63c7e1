"""The place of the workforce on the home page: for whom it is, and what each role does first."""

from core.contract.ports import Action, Section
from core.contract.words import _
from plugins.hr.rights import ASK, EDIT, STAFF, VIEW

HOME = [
    Section(
        _("Staff"),
        "hr_posts.index",
        {EDIT: 90, VIEW: 60, STAFF: 30, ASK: 20},
        [
            Action(_("Personal files"), "hr_persons.index", VIEW),
            Action(_("Who works here"), "hr_posts.staff", STAFF),
            Action(_("Ask for leave"), "hr_leave.new", ASK),
        ],
        "users",
    )
]
