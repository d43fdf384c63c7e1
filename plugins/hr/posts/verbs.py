"""What is done with posts and assignments."""

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.db import today
from core.facilities.models import Facility
from core.web.forms import Stored
from plugins.hr.persons.models import Person
from plugins.hr.posts import services
from plugins.hr.posts.forms import AssignForm, CloseForm, EndForm, PostForm
from plugins.hr.posts.models import Assignment, Post
from plugins.hr.rights import CAREER, POSTS

OPEN = Verb("hr.post.add", _("New post"), POSTS, services.open_post, Facility, PostForm, _("The post is open."))
CHANGE = Verb(
    "hr.post.change", _("Change"), POSTS, services.change_post, Post, Stored(PostForm), _("The changes are kept.")
)  # fmt: skip
CLOSE = Verb(
    "hr.post.close", _("Close the post"), POSTS, services.close_post, Post, CloseForm, _("The post is closed."),
    offered=lambda post: post.closes_on is None,
)  # fmt: skip
ASSIGN = Verb(
    "hr.person.assign", _("Assign"), CAREER, services.assign, Person, AssignForm, _("The assignment is recorded."),
    lambda row: url_for("hr_persons.show", id=row.person_id), strong=True,
    offered=lambda person: person.merged_into_id is None,
)  # fmt: skip
END = Verb(
    "hr.assignment.end", _("End the assignment"), CAREER, services.end, Assignment, EndForm,
    _("The end of the assignment is recorded."), lambda row: url_for("hr_persons.show", id=row.person_id),
    offered=lambda row: row.last is None or row.last > today(),
)  # fmt: skip
VERBS, OF_ASSIGNMENTS, OF_PERSONS = [OPEN, CHANGE, CLOSE], [END], [ASSIGN]
