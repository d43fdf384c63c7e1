"""Two files of one person become one: everything hangs on the survivor, and the other stays to tell of it.

Events of a career are never changed, so the survivor gets copies that name the file they come from. Other rooms say
what they hang on a person by `FOLLOWERS`.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import also, current
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import emit
from core.files.models import File
from plugins.hr.careers.models import CareerEvent
from plugins.hr.careers.services import events_of, valid
from plugins.hr.persons.models import Person
from plugins.hr.persons.services import refuse_merged
from plugins.hr.posts import services as posts
from plugins.hr.rights import CAREER, HEALTH, MERGE, SANCTIONS, VIEW

FOLLOWERS: list[Callable[[Person, Person], None]] = []  # each is called with the file that goes and the one that stays
COPIED = ("kind", "effective_on", "cadre_id", "grade_id", "step_id", "position_id", "because", "decision", "decided_on")
TAKEN = ("other_name", "sex", "born_on", "birthplace", "nationality", "phone", "email", "address")  # where it is empty


def merge(person: Person, *, into: Person, reason: str = "") -> Person:
    """Return the file that stays: all that hung on `person` hangs on `into`.

    Raises Refused, at `into`, for the same or a merged file, two accounts, or assignments that one person cannot hold.
    """
    for each in (person, into):
        current().require(MERGE, each.facility)
        db.session.refresh(each, ["merged_into_id", "user_id"], with_for_update=True)
        refuse_merged(each)
    if person.id == into.id:
        raise Refused(_("Choose the other file."), field="into")
    if person.user_id is not None and into.user_id is not None:
        raise Refused(_("Both files have an account: unlink one first."), field="into")
    with also(VIEW, CAREER, SANCTIONS, HEALTH):  # whoever merges moves also what he may not read
        _move(person, into)
    account, person.user_id, person.merged_into_id = person.user_id, None, into.id
    db.session.flush()
    into.user_id = into.user_id or account
    db.session.flush()
    posts.follow(into)
    emit("hr.person.merged", into, number=into.number, gone=person.number)
    return into


def _move(person: Person, into: Person) -> None:
    _copy_events(person, into)
    _move_assignments(person, into)
    _move_numbers(person, into)
    _move_files(person, into)
    _fill(person, into)
    for follow in FOLLOWERS:
        follow(person, into)


def _copy_events(person: Person, into: Person) -> None:
    known = {_said(one) for one in valid(events_of(into))}
    for one in valid(events_of(person)):
        if _said(one) not in known:
            note = "; ".join(filter(None, (one.note, str(_("from file %(number)s", number=person.number)))))[:1000]
            facts: dict[str, Any] = {name: getattr(one, name) for name in COPIED}
            db.session.add(CareerEvent(person=into, note=note, recorded_by=current().signed, **facts))
    db.session.flush()


def _said(one: CareerEvent) -> tuple[Any, ...]:
    return tuple(getattr(one, name) for name in COPIED)


def _move_assignments(person: Person, into: Person) -> None:
    held = posts.others_of(into)
    for row in posts.others_of(person):
        with db.session.no_autoflush:
            wrong = posts.faults(row, held, [one for one in posts.holders_of(row.post) if one.person_id != person.id])
        if wrong:
            words = _("An assignment cannot be that of the same person: %(why)s", why=next(iter(wrong.values())))
            raise Refused(words, field="into")
        row.person = into
        held.append(row)
    db.session.flush()


def _move_numbers(person: Person, into: Person) -> None:
    """Move the numbers; where both have one of a scheme, that of the file that goes is a former one."""
    for one in list(person.identifiers):
        if one.holds and into.number_of(one.scheme):
            one.valid_until = today()
        one.person = into
    db.session.flush()


def _move_files(person: Person, into: Person) -> None:
    def of(one: Person) -> list[File]:
        query = select(File).where(File.entity == Person.__entity__, File.object_id == one.id, File.state == "kept")
        return list(db.session.scalars(query))

    there = {file.sha256 for file in of(into)}
    for file in of(person):
        if file.sha256 not in there:
            file.object_id, file.facility_id = into.id, into.facility_id
    db.session.flush()


def _fill(person: Person, into: Person) -> None:
    """Take what the file that stays does not know."""
    if into.born_on is None:
        into.born_precision = person.born_precision
    for name in TAKEN:
        if not getattr(into, name):
            setattr(into, name, getattr(person, name))
