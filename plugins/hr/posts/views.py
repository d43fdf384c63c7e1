"""The pages of posts and of assignments."""

from typing import Any

from flask import Blueprint, g, redirect, url_for

from core.data.access import current
from core.facilities.models import Facility
from core.nouns.pages import pages
from core.nouns.views import show
from core.web.pages import get_or_404, page, permission
from plugins.hr.posts.directory import named
from plugins.hr.posts.models import STATES, Assignment, Post
from plugins.hr.posts.staffing import filling, people, place_of_staff, total
from plugins.hr.posts.tables import AssignmentTable, PostTable
from plugins.hr.posts.verbs import OPEN
from plugins.hr.rights import STAFF

posts = Blueprint("hr_posts", __name__, template_folder="../templates", url_prefix="/hr/posts")
assignments = Blueprint("hr_assignments", __name__, url_prefix="/hr/assignments")


def drawn(post: Post) -> Any:
    """Return the page of a post: what it is, and who held it."""
    return show(post, "hr/posts/show.html", held=named(reversed(post.assignments)), stands=STATES[post.on()])


def drawn_assignment(row: Assignment) -> Any:
    """Return the page of an assignment."""
    named([row])
    return show(row, title=row.who)


@posts.get("/staff")
@permission(STAFF)
def staff() -> Any:
    """Lead to the staff of the place where one works, or of the nearest one whose staff one may see."""
    return redirect(url_for(".at", id=place_of_staff(g.place).id))


@posts.get("/at/<int:id>")
@permission(STAFF)
def at(id: int) -> Any:
    """Show how the posts of a place are filled, and who works there."""
    facility = get_or_404(Facility, id)
    current().require(STAFF, facility)
    found = filling(facility)
    context = {"facility": facility, "fillings": found, "all": total(found), "people": people(facility)}
    return page("hr/posts/at.html", **context)


pages(posts, PostTable, OPEN, drawn=drawn)
pages(assignments, AssignmentTable, drawn=drawn_assignment)
