"""How the posts of a place and of all below it are filled today, by cadre, and who works there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import selectinload

from core.data.access import current
from core.data.db import db
from core.facilities.models import Facility
from plugins.hr.posts.directory import Colleague, colleagues
from plugins.hr.posts.models import INTERIM, TITULAR, Assignment, Post
from plugins.hr.posts.tables import CLOSED_TODAY, DAY, FORESEEN_TODAY
from plugins.hr.reference.models import Cadre
from plugins.hr.rights import STAFF

MOST = 300  # people that one page names


@dataclass(frozen=True)
class Filling:
    """The posts of a cadre: how many there are, have a titular, are held by an interim alone, and are vacant."""

    cadre: Cadre | None
    posts: int
    titular: int
    interim: int

    @property
    def vacant(self) -> int:
        """Return how many have nobody."""
        return self.posts - self.titular - self.interim


def filling(facility: Facility) -> list[Filling]:
    """Return how the posts at a place and below it are filled today, by cadre; the largest first."""
    titular, interim = (case((_held(kinds), 1), else_=0) for kinds in ((TITULAR,), (INTERIM,)))
    others = case((_held(("detached", "volunteer")), 1), else_=0)
    held = case((or_(titular == 1, others == 1), 1), else_=0)
    alone = case((and_(interim == 1, held == 0), 1), else_=0)
    query = (
        select(Post.cadre_id, func.count(Post.id), func.sum(held), func.sum(alone))
        .where(Post.facility.has(Facility.path.startswith(facility.path)), ~CLOSED_TODAY, ~FORESEEN_TODAY)
        .group_by(Post.cadre_id)
    )
    rows = list(db.session.execute(query))
    cadres = {one.id: one for one in db.session.scalars(select(Cadre))} if rows else {}
    found = [Filling(cadres[cadre_id], *counts) for cadre_id, *counts in rows]
    return sorted(found, key=lambda one: (-one.posts, one.cadre.code if one.cadre else ""))


def total(fillings: Sequence[Filling]) -> Filling:
    """Return the sum over all cadres."""
    return Filling(
        None, sum(one.posts for one in fillings), sum(one.titular for one in fillings),
        sum(one.interim for one in fillings),
    )  # fmt: skip


def _held(kinds: Sequence[str]) -> Any:
    return exists().where(
        Assignment.post_id == Post.id, Assignment.kind.in_(kinds), Assignment.first <= DAY,
        or_(Assignment.last.is_(None), Assignment.last >= DAY),
    )  # fmt: skip


def assigned_at(facility: Facility) -> int:
    """Return how many are assigned to a place, today or later."""
    query = select(func.count(Assignment.id)).where(
        Assignment.facility_id == facility.id, or_(Assignment.last.is_(None), Assignment.last >= DAY)
    )
    return db.session.scalar(query) or 0


def people(facility: Facility) -> list[tuple[Assignment, Colleague]]:
    """Return who works today at a place and below it, by post, with name and phone."""
    query = (
        select(Assignment)
        .where(
            Assignment.facility.has(Facility.path.startswith(facility.path)), Assignment.first <= DAY,
            or_(Assignment.last.is_(None), Assignment.last >= DAY),
        )
        .options(selectinload(Assignment.post), selectinload(Assignment.facility))
        .limit(MOST)
    )  # fmt: skip
    rows = list(db.session.scalars(query))
    known = colleagues({one.person_id for one in rows})
    found = [(one, known[one.person_id]) for one in rows]
    return sorted(
        found, key=lambda pair: (pair[0].facility.name, not (pair[0].post and pair[0].post.heads), pair[1].name)
    )


def place_of_staff(here: Facility | None) -> Facility:
    """Return the place whose staff somebody looks at first: where he works, else the highest one that he may see."""
    if here is not None and current().can(STAFF, here):
        return here
    query = select(Facility).where(Facility.id.in_(current().facility_ids(STAFF))).order_by(Facility.path).limit(1)
    return db.session.scalars(query).one()
