"""Keeping posts, and saying who holds them.

An assignment moves the file of its person in the same transaction: the file is kept where the latest titular
assignment is, or the latest of any kind where there is none, so that rights are asked of one column.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.rows import store
from core.data.work import emit
from core.facilities.models import Facility
from plugins.hr.persons.models import Person
from plugins.hr.persons.services import refuse_merged, too_young
from plugins.hr.posts.models import INTERIM, TITULAR, Assignment, Post
from plugins.hr.rights import CAREER, POSTS

FULL = 100
Facts = dict[str, Any]


def open_post(facility: Facility, **facts: Any) -> Post:
    """Return the new post of a facility; raises Invalid for days in a wrong order, Refused for a code that is there."""
    current().require(POSTS, facility)
    with db.session.no_autoflush:
        post = Post(facility=facility)
        _refuse_post(post, facts)
    return store(post, **facts)


def change_post(post: Post, **facts: Any) -> Post:
    """Return a post with these facts; raises as `open_post` does."""
    current().require(POSTS, post.facility)
    with db.session.no_autoflush:
        _refuse_post(post, facts)
    return store(post, **facts)


def close_post(post: Post, *, closes_on: date) -> Post:
    """Return a post that ends after a day; Invalid while somebody holds it longer."""
    return change_post(post, closes_on=closes_on)


def post_faults(post: Post, facts: Mapping[str, Any]) -> Facts:
    """Return {field: what is wrong} of new facts of a post."""
    told = {name: facts.get(name, getattr(post, name)) for name in ("opens_on", "closes_on", "lowest", "highest")}
    wrong: Facts = {}
    if told["opens_on"] and told["closes_on"] and told["closes_on"] < told["opens_on"]:
        wrong["closes_on"] = _("The last day lies before the first.")
    if told["lowest"] and told["highest"] and told["highest"].rank < told["lowest"].rank:
        wrong["highest"] = _("This grade is below the lowest one.")
    ends = told["closes_on"]
    if ends and post.id and any(one.last is None or one.last > ends for one in post.assignments):
        wrong["closes_on"] = _("Somebody holds the post longer: end that first.")
    return wrong


def _refuse_post(post: Post, facts: Facts) -> None:
    if wrong := post_faults(post, facts):
        raise Invalid(wrong)


def assign(
    person: Person, *, kind: str = TITULAR, first: date, last: date | None = None, share: int = FULL,
    post: Post | None = None, facility: Facility | None = None, decision: str = "",
) -> Assignment:  # fmt: skip
    """Return the new assignment of a person to a post, or to a facility without one; the file moves there.

    Raises Invalid, at each field, where it cannot be: over 100 % on a day, a second titular of the post, before the
    birth or the working age, an end before its beginning.
    """
    refuse_merged(person)
    place = post.facility if post is not None else facility
    if place is None:
        raise Refused(_("Say which post, or at which facility."), field="post")
    current().require(CAREER, place)
    if facility is not None and post is not None and facility.id != post.facility_id:
        raise Refused(_("The post is at %(facility)s.", facility=post.facility.name), field="facility")
    _lock(person, post)
    with db.session.no_autoflush:
        row = drawn_up(person, place, post, kind=kind, first=first, last=last, share=share, decision=decision)
        if wrong := faults(row, others_of(person), holders_of(post)):
            raise Invalid(wrong)
    db.session.add(row)
    db.session.flush()
    follow(person)
    emit("hr.assignment.begun", row, number=person.number, first=first.isoformat(), kind=kind)
    return row


def drawn_up(person: Person, place: Facility, post: Post | None, **facts: Any) -> Assignment:
    """Return an assignment that nobody has looked at or stored yet."""
    ids = {"person_id": person.id, "facility_id": place.id, "post_id": None if post is None else post.id}
    return Assignment(person=person, facility=place, post=post, **ids, **facts)


def enter(rows: Iterable[Assignment]) -> None:
    """Store the assignments of a list, which were looked at (`faults`), and move the files."""
    new = list(rows)
    for row in new:
        current().require(CAREER, row.facility)
    db.session.add_all(new)
    db.session.flush()
    for person in {row.person_id: row.person for row in new}.values():
        follow(person)


def _lock(person: Person, post: Post | None) -> None:
    """Let nobody else assign this person, or fill this post, until the transaction ends."""
    db.session.refresh(person, ["facility_id", "merged_into_id"], with_for_update=True)
    if post is not None:
        db.session.refresh(post, ["opens_on", "closes_on"], with_for_update=True)


def end(row: Assignment, *, last: date, decision: str = "") -> Assignment:
    """Return an assignment that ends after a day; Invalid for one before its beginning or beyond its present end."""
    current().require(CAREER, row.facility)
    if last < row.first:
        raise Refused(_("The last day lies before the first."), field="last")
    if row.last is not None and last > row.last:
        raise Refused(_("It ends on %(day)s already. A longer time is another assignment.", day=written(row.last)),
                      field="last")  # fmt: skip
    row.last = last
    if decision:
        row.decision = "; ".join(filter(None, (row.decision, decision)))[:200]
    db.session.flush()
    follow(row.person)
    return row


def faults(row: Assignment, others: Iterable[Assignment], holders: Iterable[Assignment]) -> Facts:
    """Return {field: what is wrong} of an assignment beside the others of its person, and those of its post."""
    wrong: Facts = {}
    if row.last is not None and row.last < row.first:
        wrong["last"] = _("The last day lies before the first.")
        return wrong
    wrong |= _too_young(row) | _outside_post(row)
    meeting = [one for one in others if one is not row and meets(one, row)]
    if any(one.post_id is not None and one.post is row.post for one in meeting):
        wrong["first"] = _("This person holds the post already in these days.")
    elif peak := over(row, meeting):
        day, total = peak
        wrong["share"] = _("On %(day)s it would be %(total)s percent in all.", day=written(day), total=total)
    if row.kind == TITULAR and row.post is not None and "first" not in wrong:
        taken = next((one for one in holders if one is not row and one.kind == TITULAR and meets(one, row)), None)
        if taken is not None:
            wrong["post"] = _("The post has a titular since %(day)s.", day=written(taken.first))
    return wrong


def _too_young(row: Assignment) -> Facts:
    fault = too_young(row.person.born_on, row.person.born_precision, row.first)
    return {"first": fault} if fault else {}


def _outside_post(row: Assignment) -> Facts:
    post = row.post
    if post is None:
        return {}
    if post.opens_on is not None and row.first < post.opens_on:
        return {"first": _("The post is open from %(day)s on.", day=written(post.opens_on))}
    if post.closes_on is not None and (row.last is None or row.last > post.closes_on):
        return {"last": _("The post is closed after %(day)s.", day=written(post.closes_on))}
    return {}


def meets(one: Assignment, other: Assignment) -> bool:
    """Return whether two assignments have a day in common."""
    return (one.last is None or one.last >= other.first) and (other.last is None or other.last >= one.first)


def over(row: Assignment, others: Iterable[Assignment]) -> tuple[date, int] | None:
    """Return the first day on which an assignment and others make more than 100 %, and how much; None where none does.

    The sum only grows where one begins, so those days alone are asked. An interim counts for nothing: it is done beside
    one's own work.
    """
    if row.kind == INTERIM:
        return None
    near = [one for one in others if one.kind != INTERIM]
    for day in sorted({row.first, *(one.first for one in near if one.first > row.first)}):
        total = row.share + sum(one.share for one in near if one.covers(day))
        if row.covers(day) and total > FULL:
            return day, total
    return None


def others_of(person: Person) -> list[Assignment]:
    """Return the assignments of a person, wherever they are: whoever reads the file reads them all."""
    query = select(Assignment).where(Assignment.person_id == person.id).order_by(Assignment.first)
    return list(db.session.scalars(query))


def holders_of(post: Post | None) -> list[Assignment]:
    """Return the assignments to a post."""
    if post is None:
        return []
    return list(db.session.scalars(select(Assignment).where(Assignment.post_id == post.id)))


def follow(person: Person) -> None:
    """Keep the file of a person where he is assigned: see the head of this module."""
    query = select(Assignment).where(Assignment.person_id == person.id)
    latest = query.order_by((Assignment.kind != TITULAR), Assignment.first.desc(), Assignment.id.desc()).limit(1)
    row = db.session.scalars(latest).first()
    if row is not None and row.facility_id != person.facility_id:
        person.facility = row.facility
        db.session.flush()


def present(day: date | None = None) -> Any:
    """Return the condition on assignments that hold on a day, today where none is given."""
    on = day or today()
    return (Assignment.first <= on) & or_(Assignment.last.is_(None), Assignment.last >= on)


def written(day: date) -> str:
    """Return a day as people write it."""
    return f"{day:%d/%m/%Y}"
