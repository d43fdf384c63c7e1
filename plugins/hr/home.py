"""The place of the workforce on the home page: for whom it is, and what each role does first."""

from core.contract.ports import Action, Section
from core.contract.words import _
from plugins.hr.rights import EDIT, STAFF, VIEW

HOME = [
    Section(
        _("Staff"),
        "hr_posts.index",
        {EDIT: 90, VIEW: 60, STAFF: 30},
        [
            Action(_("Personal files"), "hr_persons.index", VIEW),
            Action(_("Posts and staff"), "hr_posts.index", STAFF),
        ],
        "users",
    )
]
