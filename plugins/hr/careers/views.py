"""The file of an agent: its list, its page, and the way to one's own."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, g, redirect, url_for
from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.files import services as files
from core.files.models import KEPT
from core.files.taking import PICTURES
from core.nouns.pages import pages
from core.nouns.views import show
from core.users.directory.services import colleague
from core.web.pages import day, page, permission
from plugins.hr.careers.models import CANCELLED, EXITS, KINDS, CareerEvent
from plugins.hr.careers.services import events_of, standing
from plugins.hr.careers.tables import PersonTable
from plugins.hr.persons.models import Person
from plugins.hr.persons.verbs import ADD
from plugins.hr.posts.directory import named
from plugins.hr.posts.models import Assignment
from plugins.hr.rights import STAFF

bp = Blueprint("hr_persons", __name__, template_folder="../templates", url_prefix="/hr/persons")
ANYBODY = ""  # whoever is signed in: the scope of the file says who reads it


def drawn(person: Person) -> Any:
    """Return the page of a file: who it is, what he is today, where he works, and what happened in his career."""
    events = events_of(person)
    held = select(Assignment).where(Assignment.person_id == person.id).order_by(Assignment.first.desc())
    context = {
        "now": standing(events), "held": named(db.session.scalars(held)), "course": course(events),
        "linked": current().can(STAFF), "account": person.user_id and colleague(person.user_id), "photo": photo(person),
    }  # fmt: skip
    return show(person, "hr/persons/show.html", title=person.name, **context)


def photo(person: Person) -> Any:
    """Return the latest picture in a file, or None."""
    pictures = [each for each in files.of(person) if each.kind in PICTURES and each.state == KEPT]
    return max(pictures, key=lambda each: each.id, default=None)


def course(events: Iterable[CareerEvent]) -> list[dict[str, Any]]:
    """Return a career as `timeline` draws it, the latest first."""
    every = list(events)
    gone = {one.cancels_id for one in every if one.kind == CANCELLED}
    return [
        {
            "title": KINDS[one.kind],
            "detail": ", ".join(filter(None, (day(one.effective_on), one.decision))),
            "note": ", ".join(map(str, filter(None, (*_what(one), _("Event taken back") if one.id in gone else "")))),
            "reason": one.note,
        }
        for one in reversed(every)
    ]


def _what(one: CareerEvent) -> list[Any]:
    said = [each.label for each in (one.cadre, one.grade, one.position) if each is not None]
    said += [_("Step %(number)s", number=one.step.number)] if one.step is not None else []
    return [*said, EXITS.get(one.because or "", "")]


@bp.get("/mine")
@permission(ANYBODY)
def mine() -> Any:
    """Lead to one's own file."""
    g.menu_endpoint = "hr_persons.mine"
    own = current().own_id
    found = None if own is None else db.session.scalar(select(Person.id).where(Person.user_id == own))
    return page("hr/persons/none.html") if found is None else redirect(url_for(".show", id=found))


pages(bp, PersonTable, ADD, drawn=drawn)
