"""Finding one row of an entity by what a person types: its code, its exact name, or a part of both."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import Select, case, or_, select

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.naming import DOT, title_of
from core.data.search import clean, fits, fold, folded, matches

NAMES = ("name_fr", "name_en", "name", "label_fr", "label_en", "number", "login")


def code_of(obj: Any) -> str:
    """Return what stands for a row in a form: its code, else its id as "#12"."""
    return str(getattr(obj, "code", None) or f"#{obj.id}")


def words_of(obj: Any) -> str:
    """Return "CODE · Name", or the name alone when there is no code of its own."""
    title, code = title_of(obj), getattr(obj, "code", None)
    return f"{code}{DOT}{title}" if code and str(code) not in title.split(DOT) else title


def detail_of(obj: Any) -> str:
    """Return what tells a row from others of its name: where it belongs, and the name a person signs in with."""
    parent = getattr(obj, "parent", None) or getattr(obj, "facility", None)
    return DOT.join(filter(None, ("" if parent is None else title_of(parent), getattr(obj, "login", ""))))


def url_of(obj: Any) -> str:
    """Return the page of a row; of one without a page, the home page."""
    entity = entities().of(obj)
    return url_for(entity.endpoint, id=obj.id) if entity and entity.endpoint else url_for("home.home")


def columns(entity: Entity) -> list[Any]:
    """Return the columns that a search of an entity reads."""
    attributes = entity.model.__mapper__.column_attrs
    names = entity.search or [name for name in ("code", *NAMES) if name in attributes]
    return [getattr(entity.model, name) for name in names]


def narrowed(entity: Entity, kinds: Sequence[str] = (), permission: str = "") -> Select[Any]:
    """Return the rows of an entity; of facilities only some kinds, or those under a right."""
    query = select(entity.model)
    if entity.name != "core.facility":
        return query
    if kinds:
        kind = entity.model.type.property.mapper.class_
        query = query.where(entity.model.type.has(or_(kind.kind.in_(kinds), kind.code.in_(kinds))))
    return query.where(entity.model.id.in_(current().facility_ids(permission))) if permission else query


def exact(entity: Entity, text: str, query: Select[Any] | None = None) -> Any | None:
    """Return the only row with this code, id ("#12", "core.facility/12") or name; None when there is none or more than
    one."""
    typed, query = clean(text), select(entity.model) if query is None else query
    number = typed.removeprefix("#").removeprefix(f"{entity.name}/")
    if number != typed and number.isascii() and number.isdecimal() and len(number) < 18:
        return db.session.scalar(query.where(entity.model.id == int(number)))
    keys = [each for each in entity.model.__mapper__.column_attrs if "key_of" in each.columns[0].info]
    for wanted in dict.fromkeys((typed, typed.split(DOT)[0])):
        for each in keys:  # accents count, so that "ÉPI" and "EPI" are two codes
            found = db.session.scalars(query.where(each.class_attribute == key_of(wanted)).limit(2)).all()
            if len(found) == 1:
                return found[0]
        for column in columns(entity):
            found = db.session.scalars(query.where(fold(column) == folded(wanted)).limit(2)).all() if wanted else []
            if len(found) == 1:
                return found[0]
    return None


def like(entity: Entity, text: str, query: Select[Any] | None = None, limit: int = 12) -> list[Any]:
    """Return the rows that hold all the words; those that begin with them first."""
    query, found = select(entity.model) if query is None else query, columns(entity)
    if not found:
        return []
    typed = folded(clean(text))
    ranks = [(fold(column).startswith(typed, autoescape=True), rank) for rank, column in enumerate(found)]
    begins = case(*ranks, else_=len(ranks))
    codes = [column for column in found if column.key == "code"]
    fit = fits(text, codes, [column for column in found if column.key != "code"]) if codes else matches(text, *found)
    query = query.where(fit).order_by(begins, *found, entity.model.id)
    return list(db.session.scalars(query.limit(limit)))


def entity_named(name: str) -> Entity | None:
    """Return an entity that this person may look through, or None."""
    known = entities()
    entity = known[name] if name in known else None  # noqa: SIM401 (no mapping)
    return entity if entity and (entity.permission is None or current().can(entity.permission)) else None
