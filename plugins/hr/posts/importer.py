"""Posts and assignments come in from lists."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from core.imports.rows import PLACE, of_rows, place_of
from plugins.hr.persons.models import Person, number_key_of
from plugins.hr.persons.services import persons_named
from plugins.hr.posts import services
from plugins.hr.posts.models import FUNDINGS, KINDS, TITULAR, Assignment, Post
from plugins.hr.reference.models import Cadre, Grade
from plugins.hr.rights import CAREER, POSTS

BATCH = 500
CODED: dict[str, tuple[str, Any]] = {
    "cadre_code": ("cadre", Cadre),
    "lowest_code": ("lowest", Grade),
    "highest_code": ("highest", Grade),
}


def _named(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts with the rows whose codes a line gives."""
    found = dict(facts)
    for name, (link, model) in CODED.items():
        code = found.pop(name, None)
        if code is not None:
            row = db.session.scalars(select(model).where(model.code_key == key_of(code))).first()
            if row is None:
                raise Refused(_("Nothing has the code %(code)s.", code=code), field=name)
            found[link] = row
    return found


def _add(facility: Facility, **facts: Any) -> Post:
    return services.open_post(facility, **_named(facts))


def _change(post: Post, **facts: Any) -> Post:
    return services.change_post(post, **_named(facts))


LISTED = of_rows(
    Post,
    [
        Field("code", _("Code"), parse.text(40), required=True, aliases=["code poste"]),
        Field("title", _("Post"), parse.text(160, numbers=True), required=True, aliases=["intitulé", "fonction"]),
        Field("cadre_code", _("Cadre (code)"), parse.text(40), required=True, aliases=["cadre"]),
        Field("service", _("Unit or service"), parse.text(80, numbers=True)),
        Field("heads", _("Heads the unit"), parse.boolean),
        Field("lowest_code", _("Lowest grade"), parse.text(40)),
        Field("highest_code", _("Highest grade"), parse.text(40)),
        Field("budget_line", _("Budget line"), parse.text(60, numbers=True)),
        Field("funding", _("Paid by"), parse.text(20), choices=lambda: FUNDINGS),
        Field("opens_on", _("Open from"), parse.day),
        Field("closes_on", _("Last day"), parse.day),
        Field("note", _("Remarks"), parse.text(1000, lines=True, numbers=True)),
    ],
    key=["code"],
    permission=POSTS,
    add=_add,
    change=_change,
    example={
        "facility_code": "CDS-01", "code": "INF-01", "title": "Infirmier", "cadre_code": "infirmier-a2",
        "funding": "state", "opens_on": "2020-01-01",
    },
)  # fmt: skip


@dataclass
class Plan:
    """The places that a file names, and what its earlier lines have added."""

    places: dict[str | None, Facility | None] = field(default_factory=dict)
    people: dict[int, list[Assignment]] = field(default_factory=lambda: defaultdict(list))
    posts: dict[int, list[Assignment]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Told:
    """A line of the file: the assignment it speaks of, new or known, and the last day that it gives."""

    row: Row
    said: Assignment
    known: Assignment | None


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return the places; a line that names nobody, no post, or what one person cannot hold is refused."""
    plan = Plan()
    with db.session.no_autoflush:
        for batch in batches(rows, BATCH):
            for told in _told(batch, plan, report):
                report.count(_outcome(told), told.row)
    return plan


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the assignments, and move the files; of a known one the last day alone is taken."""
    plan.people.clear()
    plan.posts.clear()
    for batch in batches(rows, BATCH):
        with db.session.no_autoflush:
            lines = list(_told(batch, plan, report))
        new = [told.said for told in lines if told.known is None]
        services.enter(new)
        for told in lines:
            if told.known is not None and _outcome(told) == "changed":
                try:
                    services.end(told.known, last=told.row["last"])
                except Refused as error:
                    report.refuse(told.row, error.field or "last", error.message)


def _outcome(told: Told) -> str:
    if told.known is None:
        return "new"
    last = told.row["last"]
    return "changed" if last is not None and last != told.known.last else "same"


def _told(batch: Sequence[Row], plan: Plan, report: Report) -> Iterator[Told]:
    """Yield the lines that can stand, each beside what is stored and what earlier lines say."""
    read = [(row, place_of(row, PLACE, CAREER, plan.places, report)) for row in batch]
    here = [(row, place) for row, place in read if place is not None]
    people = persons_named({row["person"] for row, _place in here})
    posts = _posts(here)
    stored = _stored([one.id for one in people.values()], [one.id for one in posts.values()], plan)
    for row, place in here:
        said = _read(row, place, people, posts, report)
        if said is None:
            continue
        mine, theirs = stored[0][said.person_id] + plan.people[said.person_id], stored[1].get(said.post_id or 0, [])
        known = next((one for one in mine if _same(one, said)), None)
        if known is None and not _fits(row, said, mine, theirs + plan.posts[said.post_id or 0], report):
            continue
        if known is None:
            plan.people[said.person_id].append(said)
            plan.posts[said.post_id or 0].append(said)
        yield Told(row, said, known)


def _fits(row: Row, said: Assignment, mine: list[Assignment], theirs: list[Assignment], report: Report) -> bool:
    wrong = services.faults(said, mine, theirs)
    for name, words in wrong.items():
        report.refuse(row, "post_code" if name == "post" else name, words)
    return not wrong


def _same(one: Assignment, other: Assignment) -> bool:
    return (one.facility_id, one.post_id, one.kind, one.first) == (
        other.facility_id, other.post_id, other.kind, other.first
    )  # fmt: skip


def _posts(lines: Sequence[tuple[Row, Facility]]) -> dict[tuple[int, str], Post]:
    keys = {(place.id, key_of(row["post_code"])) for row, place in lines if row["post_code"]}
    query = select(Post).where(tuple_(Post.facility_id, Post.code_key).in_(keys))
    return {(one.facility_id, one.code_key): one for one in (db.session.scalars(query) if keys else ())}


def _stored(people: Sequence[int], posts: Sequence[int], plan: Plan) -> tuple[Any, Any]:
    """Return the stored assignments of some people, and those to some posts."""
    query = select(Assignment).where(Assignment.person_id.in_(people) | Assignment.post_id.in_(posts))
    of_people, of_posts = defaultdict[int, list[Assignment]](list), defaultdict[int, list[Assignment]](list)
    added = {id(one) for each in plan.people.values() for one in each}
    for one in db.session.scalars(query.options(selectinload(Assignment.post))):
        if id(one) not in added:
            of_people[one.person_id].append(one)
            of_posts[one.post_id or 0].append(one)
    return of_people, of_posts


def _read(row: Row, place: Facility, people: Any, posts: Any, report: Report) -> Assignment | None:
    person: Person | None = people.get(number_key_of(row["person"]))
    post = posts.get((place.id, key_of(row["post_code"]))) if row["post_code"] else None
    if person is None:
        report.refuse(row, "person", _("You may read no file with this file number or staff number."))
    if row["post_code"] and post is None:
        report.refuse(row, "post_code", _("This facility has no post with this code."))
    if person is None or (row["post_code"] and post is None):
        return None
    if person.merged_into_id is not None:
        report.refuse(row, "person", _("This file was merged into another: work on that one."))
        return None
    return services.drawn_up(
        person, place, post, kind=row["kind"] or TITULAR, share=row["share"] or services.FULL, first=row["first"],
        last=row["last"], decision=row["decision"] or "",
    )  # fmt: skip


ASSIGNED = Importer(
    [
        Field(PLACE, _("Facility code"), parse.text(40), required=True, aliases=["code structure", "facility"]),
        Field("person", _("File no. or staff number"), parse.text(60), required=True, aliases=["matricule"]),
        Field("post_code", _("Post (code)"), parse.text(40), aliases=["poste", "code poste"]),
        Field("kind", _("Kind"), parse.text(20), choices=lambda: KINDS),
        Field("share", _("Working time, in percent"), parse.whole(1, 100)),
        Field("first", _("First day"), parse.day, required=True, aliases=["depuis le", "date d'affectation"]),
        Field("last", _("Last day"), parse.day),
        Field("decision", _("Decision"), parse.text(200, numbers=True)),
    ],
    [PLACE, "person", "post_code", "first"],
    CAREER,
    prepare,
    apply,
    example={
        "facility_code": "CDS-01", "person": "123456.789", "post_code": "INF-01", "kind": "titular", "share": "100",
        "first": "2020-01-01",
    },
)  # fmt: skip
