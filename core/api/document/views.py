"""The pages on which people read what programs may do: the entities, and each with its lists and verbs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, url_for

from core.api import kinds, lists, reading, rows
from core.api.document import schemas
from core.contract.entities import Entity
from core.contract.plugins import entities, permissions
from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.errors import Missing
from core.web import sending
from core.web.columns import DATED, Column
from core.web.pages import page, signed_in
from core.web.versions import parts

bp = Blueprint("described", __name__, url_prefix="/api")
TITLE = _("Interface for programs")
SAID = {
    "string": _("text"), "integer": _("whole number"), "number": _("number"), "boolean": _("true or false"),
    "array": _("list"),
}  # fmt: skip
SPELT = {
    kinds.DAY: _("day, 2026-11-22"), kinds.MONTH: _("month, 2026-11"), kinds.HOUR: _("time, 14:05"),
    kinds.EXPIRY: _("day or month, 2027-12"),
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field of a body, as its table says it."""

    name: str
    label: str
    type: Words
    must: bool
    choices: Mapping[str, str]
    help: str = ""


@dataclass(frozen=True)
class Done:
    """A verb, as its part of the page says it."""

    name: str
    label: Words
    address: str
    right: Words
    fields: list[Field]
    example: str
    varies: bool
    by_page: bool


@bp.get("/")
@signed_in
def index() -> Any:
    """Show what there is, a part for each plugin."""
    rooms: dict[str, list[Entity]] = {}
    for entity in sorted(entities(), key=lambda each: str(each.plural)):
        rooms.setdefault(entity.name.partition(".")[0], []).append(entity)
    return page("api/index.html", title=TITLE, rooms=rooms, api=sending.API)


@bp.get("/entities/<name>")
@signed_in
def show(name: str) -> Any:
    """Show the addresses, columns and verbs of an entity."""
    entity = entities().get(name)
    if entity is None:
        raise Missing(None)
    table, columns = schemas.columns_of(entity)
    return page(
        "api/entity.html", title=entity.plural, entity=entity, api=sending.API, filters=_filters(columns),
        columns=[(each, rows.field_of(each), _kind(each)) for each in columns],
        own=table.own_parts(), searched=bool(table.search),
        lines=parts(entity.model), verbs=[_done(verb) for verb in entity.verbs], right=_right(entity.permission),
        crumbs=[(TITLE, url_for(".index")), (entity.plural, None)],
    )  # fmt: skip


def _filters(columns: Any) -> Mapping[str, str]:
    """Return {column: its filters}."""
    found: dict[str, list[str]] = {}
    for name, column in lists.filters(columns).items():
        found.setdefault(column.name, []).append(name)
    return {name: ", ".join(each) for name, each in found.items()}


def _kind(column: Column) -> Words:
    """Return what the values of a column are, in words."""
    if rows.coded(column):
        return _("code with its words")
    if column.kind in DATED:
        return _("moment, universal time") if column.kind == "datetime" else _("day")
    return SAID[{"number": "number", "money": "number", "bool": "boolean"}.get(column.kind, "string")]


def _right(name: str | None) -> Words:
    known = permissions().get(name or "")
    return known.label if known else ""


def _done(verb: Verb) -> Done:
    body = schemas.body(verb)
    return Done(
        verb.name, verb.label, reading.path_of(verb), _right(verb.permission), list(_fields(body)),
        json.dumps(body["examples"][0], ensure_ascii=False, indent=2) if "examples" in body else "",
        body["additionalProperties"], verb.guard is not None,
    )  # fmt: skip


def _fields(body: Mapping[str, Any], before: str = "") -> Iterator[Field]:
    """Yield the fields of a body, those of its lines after it."""
    must = body.get("required", ())
    for name, schema in body["properties"].items():
        if name.startswith("_"):
            continue
        label, help = schema.get("title", ""), schema.get("description", "")
        yield Field(before + name, label, _type(schema), name in must, schema.get("x-labels", {}), help)
        if "properties" in schema.get("items", {}):
            yield from _fields(schema["items"], f"{before}{name}[].")


def _type(schema: Mapping[str, Any]) -> Words:
    """Return the type of a field in words, with its limits."""
    kinds_of = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if "x-entity" in schema:
        entity = entities().get(schema["x-entity"])
        return _("code or reference of: %(entity)s", entity=entity.label if entity else schema["x-entity"])
    if len(set(kinds_of) - {"null"}) > 1:
        return _("one of the choices that a GET tells")
    said: Words = SPELT.get(schema.get("pattern", "")) or SAID[kinds_of[0]]
    least, most = schema.get("minimum"), schema.get("maximum", schema.get("maxLength", schema.get("maxItems")))
    if most is None:
        return said
    return f"{said}, {least} – {most}" if least is not None else f"{said}, ≤ {most}"
