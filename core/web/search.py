"""The search box of the band, and the lists behind the fields that choose one row of many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, request
from sqlalchemy import func, select

from core.contract.entities import Entity
from core.contract.plugins import asked, entities, hooks
from core.contract.ports import Hit
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Missing
from core.data.search import clean, matches
from core.web import lookup
from core.web.pages import page, signed_in

bp = Blueprint("search", __name__)
FEW, MANY = 6, 50


@dataclass(frozen=True)
class Found:
    """What the search found of one entity: the first rows, and how many there are."""

    entity: Entity
    rows: list[Any]
    count: int


@bp.get("/lookup/<name>")
@signed_in
def look_up(name: str) -> Any:
    """Return the rows of an entity that fit what was typed, for a field that chooses one."""
    entity = lookup.entity_named(name)
    if entity is None:
        raise Missing(None)
    query = lookup.narrowed(entity, request.args.getlist("kinds"), request.args.get("permission", ""))
    rows = lookup.like(entity, request.args.get("q", ""), query)
    return jsonify(
        results=[
            {"value": lookup.code_of(row), "label": lookup.words_of(row), "detail": lookup.detail_of(row)}
            for row in rows
        ]
    )


@bp.get("/search")
@signed_in
def search() -> Any:
    """Show what fits in every list that this person may read."""
    text, only = clean(request.args.get("q")), request.args.get("in", "")
    groups = list(_groups(text, only)) if text else []
    hits = list(asked(hooks().found, text=text)) if text and not only else []
    if (way := _only_one(text, groups, hits)) is not None:
        return redirect(way)
    return page(
        "search.html", title=_("Search"), text=text, groups=groups, only=only, hits=hits,
        total=sum(group.count for group in groups) + len(hits),
        words_of=lookup.words_of, detail_of=lookup.detail_of, url_of=lookup.url_of,
    )  # fmt: skip


def _only_one(text: str, groups: Sequence[Found], hits: Sequence[Hit]) -> str | None:
    """Return the page of the only thing that bears exactly this number, or None."""
    rows = [row for group in groups for row in group.rows]
    same = [lookup.url_of(row) for row in rows if key_of(str(getattr(row, "number", ""))) == key_of(text)]
    same += [hit.url for hit in hits if key_of(text) in map(key_of, (str(hit.title), *hit.numbers))]
    return same[0] if text and len(same) == 1 else None


def _groups(text: str, only: str) -> Iterator[Found]:
    """Yield what was found, an entity after the other; none of those without a page or a right."""
    for entity in entities():
        open_to_all = entity.permission is None or current().can(entity.permission)
        known = entity.search and entity.endpoint in current_app.view_functions
        if known and open_to_all and only in ("", entity.name):
            count = select(func.count()).select_from(entity.model).where(matches(text, *lookup.columns(entity)))
            if number := db.session.scalar(count):
                yield Found(entity, lookup.like(entity, text, limit=MANY if only else FEW), number)
