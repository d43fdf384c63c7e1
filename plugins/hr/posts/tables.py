"""The lists of posts and of assignments."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Date, Select, and_, bindparam, case, exists, or_, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.db import today
from core.facilities.listing import place_columns
from core.web.tables import Column, Row, Table
from plugins.hr.posts.directory import named
from plugins.hr.posts.models import (
    CLOSED,
    FORESEEN,
    FUNDINGS,
    KINDS,
    OCCUPIED,
    STATES,
    TITULAR,
    VACANT,
    Assignment,
    Post,
)
from plugins.hr.reference.models import Cadre

BATCH = 500
DAY = bindparam("hr_day", type_=Date, callable_=lambda: today(), unique=False)
HELD = exists().where(
    Assignment.post_id == Post.id, Assignment.first <= DAY, or_(Assignment.last.is_(None), Assignment.last >= DAY)
)  # fmt: skip
CLOSED_TODAY = and_(Post.closes_on.is_not(None), Post.closes_on < DAY)
FORESEEN_TODAY = and_(Post.opens_on.is_not(None), Post.opens_on > DAY)
STATE = case((CLOSED_TODAY, CLOSED), (FORESEEN_TODAY, FORESEEN), (HELD, OCCUPIED), else_=VACANT)


class PostTable(Table):
    """All posts that this person may see, and whether they are filled today."""

    model = Post
    columns = [
        Column("code", _("Code"), kind="code"),
        Column("title", _("Post"), detail=lambda row: row.service),
        Column("cadre", _("Cadre"), Cadre.label_fr, value=lambda row: row.cadre.label, facet=True),
        Column("state", _("State"), STATE, value=lambda row: row.on(), kind="state", facet=STATES),
        Column("holders", _("Held by"), value=lambda row: held_by(row), sort=False),
        *place_columns(Post),
        Column("service", _("Unit or service"), default=False),
        Column("heads", _("Heads the unit"), kind="bool", facet=True, default=False),
        Column("cadre_code", _("Cadre (code)"), Cadre.code, value=lambda row: row.cadre.code, kind="code",
               default=False),
        Column("lowest_code", _("Lowest grade"), value=lambda row: row.lowest_code, sort=False, default=False),
        Column("highest_code", _("Highest grade"), value=lambda row: row.highest_code, sort=False, default=False),
        Column("budget_line", _("Budget line"), default=False),
        Column("funding", _("Paid by"), facet=FUNDINGS, default=False),
        Column("opens_on", _("Open from"), kind="date", default=False),
        Column("closes_on", _("Last day"), kind="date", default=False),
        Column("note", _("Remarks"), default=False),
    ]  # fmt: skip
    search = [Post.code, Post.title, Post.service, Cadre.label_fr]
    default_sort = "code"
    options = [
        selectinload(Post.cadre), selectinload(Post.lowest), selectinload(Post.highest),
        selectinload(Post.assignments),
    ]  # fmt: skip
    views = [
        ("all", _("All"), {}),
        ("vacant", _("Vacant"), {"f.state": VACANT}),
        ("filled", _("Filled"), {"f.state": OCCUPIED}),
    ]
    empty = (_("No post yet"), _("Add the posts of this place, or bring them in from a list."))

    def query(self) -> Select[Any]:
        """Return the posts with their cadres."""
        return select(Post).join(Cadre, Cadre.id == Post.cadre_id)

    def _each(self, query: Select[Any], **execution: Any) -> Iterator[Row]:
        """Yield the rows, those who hold the posts with their names."""
        found = super()._each(query, **execution)
        while batch := list(islice(found, BATCH)):
            named(one for row in batch for one in row.obj.assignments)
            yield from batch


def held_by(post: Post) -> str:
    """Return who holds a post today, in words."""
    held = [one for one in post.assignments if one.covers(today())]
    return ", ".join(one.who if one.kind == TITULAR else f"{one.who} ({KINDS[one.kind]})" for one in held)


class AssignmentTable(Table):
    """All assignments that this person may see."""

    model = Assignment
    columns = [
        Column("name", _("Person"), value=lambda row: row.who, sort=False),
        Column("person", _("File no."), value=lambda row: row.number, sort=False, kind="code", default=False),
        Column("post_code", _("Post (code)"), value=lambda row: row.post.code if row.post else "", sort=False,
               kind="code", default=False),
        Column("post", _("Post"), value=lambda row: row.job, sort=False),
        Column("kind", _("Kind"), facet=KINDS),
        *place_columns(Assignment),
        Column("share", _("Working time, in percent"), kind="number"),
        Column("first", _("First day"), kind="date"),
        Column("last", _("Last day"), kind="date"),
        Column("decision", _("Decision"), default=False),
    ]  # fmt: skip
    default_sort = "-first"
    options = [selectinload(Assignment.post)]
    empty = (_("No assignment yet"), _("Assign somebody from the page of his file, or bring in a list."))

    def _each(self, query: Select[Any], **execution: Any) -> Iterator[Row]:
        """Yield the rows with the names of their people."""
        found = super()._each(query, **execution)
        while batch := list(islice(found, BATCH)):
            named(row.obj for row in batch)
            yield from batch
