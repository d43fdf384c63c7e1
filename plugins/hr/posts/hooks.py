"""What posts and assignments give to the plugin's hooks."""

from typing import Any

from core.contract.entities import Entity
from core.contract.ports import Fact, MenuItem, Panel
from core.contract.words import _
from core.facilities.models import Facility
from core.nouns.pages import listed
from plugins.hr.posts.models import FUNDINGS, KINDS, Assignment, Post
from plugins.hr.posts.tables import AssignmentTable, PostTable
from plugins.hr.posts.verbs import OF_ASSIGNMENTS, OF_PERSONS, VERBS
from plugins.hr.posts.views import assignments, posts
from plugins.hr.rights import STAFF

BLUEPRINTS = [posts, assignments]
VERBS_OF_OTHERS = OF_PERSONS
ENTITIES = [
    Entity(
        "hr.post", Post, _("Post"), _("Posts"), "hr_posts.show", STAFF, PostTable, "clipboard-list", ("code", "title"),
        None, {"funding": FUNDINGS}, ("code", "title"), verbs=VERBS, index="hr_posts.index", attachments=True,
    ),
    Entity(
        "hr.assignment", Assignment, _("Assignment"), _("Assignments"), "hr_assignments.show", STAFF, AssignmentTable,
        "users", words={"kind": KINDS}, named=("person_id", "first"), verbs=OF_ASSIGNMENTS,
        index="hr_assignments.index",
    ),
]  # fmt: skip
FACTS = [Fact("hr.assignment.begun", _("Somebody was assigned"))]
MENU = [
    MenuItem(_("Posts and staff"), "hr_posts.index", STAFF, _("Staff"), "clipboard-list", order=410),
]


def panels(obj: Any) -> list[Panel]:
    """Return the posts on the page of their facility."""
    if isinstance(obj, Facility):
        return listed(PostTable, Post.facility == obj, {"f.facility": obj.name}, order=60)
    return []
