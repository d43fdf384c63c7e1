"""What posts and assignments give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for

from core.contract.entities import Entity
from core.contract.ports import Card, Fact, MenuItem, Obstacle, Panel
from core.contract.words import _
from core.data.access import current
from core.facilities.models import Facility
from core.web.pages import number
from plugins.hr.posts.importer import ASSIGNED, LISTED
from plugins.hr.posts.models import FUNDINGS, KINDS, OCCUPIED, VACANT, Assignment, Post
from plugins.hr.posts.staffing import assigned_at, filling, total
from plugins.hr.posts.tables import AssignmentTable, PostTable
from plugins.hr.posts.verbs import OF_ASSIGNMENTS, OF_PERSONS, VERBS
from plugins.hr.posts.views import assignments, posts
from plugins.hr.rights import STAFF

LIST = "hr_posts.index"
BLUEPRINTS = [posts, assignments]
VERBS_OF_OTHERS = OF_PERSONS
ENTITIES = [
    Entity(
        "hr.post", Post, _("Post"), _("Posts"), "hr_posts.show", STAFF, PostTable, "clipboard-list", ("code", "title"),
        LISTED, {"funding": FUNDINGS}, ("code", "title"), verbs=VERBS, index="hr_posts.index", attachments=True,
    ),
    Entity(
        "hr.assignment", Assignment, _("Assignment"), _("Assignments"), "hr_assignments.show", STAFF, AssignmentTable,
        "users", (), ASSIGNED, {"kind": KINDS}, named=("person_id", "first"), verbs=OF_ASSIGNMENTS,
        index="hr_assignments.index",
    ),
]  # fmt: skip
FACTS = [Fact("hr.assignment.begun", _("Somebody was assigned"))]
MENU = [
    MenuItem(_("Who works here"), "hr_posts.staff", STAFF, _("Staff"), "users", order=408),
    MenuItem(_("Posts and staff"), "hr_posts.index", STAFF, _("Staff"), "clipboard-list", order=410),
]


def panels(obj: Any) -> list[Panel]:
    """Return how the posts of a facility are filled, on its page."""
    if not isinstance(obj, Facility) or not current().can(STAFF, obj):
        return []
    found = total(filling(obj))
    url = url_for("hr_posts.at", id=obj.id)
    return [Panel(_("Staff"), "hr/posts/panel.html", {"all": found}, url, _("Who works here"), order=58)]


def cards(facility: Facility) -> Iterator[Card]:
    """Yield how many posts are filled, and how many vacant, at a facility and below it."""
    if not current().can(STAFF, facility):
        return
    found = total(filling(facility))
    if found.posts:
        of = _("of %(number)s posts", number=number(found.posts))
        yield Card(_("Posts filled"), number(found.titular), LIST, {"f.state": OCCUPIED}, of, order=40)
        tone = "warn" if found.vacant else ""
        yield Card(_("Vacant posts"), number(found.vacant), LIST, {"f.state": VACANT}, tone=tone, order=41)


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the people whose assignment a closed facility would leave behind."""
    count = assigned_at(facility)
    if count:
        yield Obstacle(
            _("People who are assigned here: %(n)s", n=number(count)), _("End their assignments first."), "hr_posts.at",
            {"id": facility.id}, _("Open the list"),
        )  # fmt: skip
