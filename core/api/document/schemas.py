"""JSON schemas of what is sent and answered: rows by the columns of lists, bodies by the fields of forms."""

from collections.abc import Sequence
from typing import Any

from core.api import kinds, rows
from core.contract.entities import Entity
from core.contract.verbs import Verb
from core.contract.words import _
from core.web.columns import Column
from core.web.derived import table_of
from core.web.forms import Stored, class_of
from core.web.tables import Table
from core.web.versions import parts

Schema = dict[str, Any]
TEXT: Schema = {"type": ["string", "null"]}
FIGURE: Schema = {"type": ["number", "null"]}
BY_KIND: dict[str, Schema] = {
    "number": FIGURE, "money": FIGURE, "bool": {"type": ["boolean", "null"]},
    "date": {**TEXT, "format": "date"}, "month": {**TEXT, "format": "date"},
    "datetime": {**TEXT, "format": "date-time"},
}  # fmt: skip
REF: Schema = {"type": "string", "pattern": r"^[a-z_]+\.[a-z_]+/\d+$", "examples": ["core.facility/12"]}
OFFER: Schema = {
    "type": "object", "required": ["name", "label", "address", "asks"],
    "properties": {
        "name": {"type": "string"}, "label": {"type": "string"}, "address": {"type": "string"},
        "asks": {"type": "boolean"},
    },
}  # fmt: skip
SHARED: dict[str, Schema] = {
    "Coded": {
        "type": ["object", "null"], "required": ["value", "label"],
        "properties": {"value": {"type": ["string", "number", "boolean"]}, "label": {"type": "string"}},
    },
    "Offer": OFFER,
    "Problem": {
        "type": "object", "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "instance": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object", "properties": {
                "name": {"type": "string"}, "message": {"type": "string"},
            }}},
            "questions": {"type": "array", "items": {"type": "object"}},
            "clashes": {"type": "array", "items": {"type": "object"}},
        },
    },
    "Answer": {
        "type": "object", "required": ["url", "message", "number", "ref", "told"],
        "properties": {
            "ref": {"anyOf": [REF, {"const": ""}]}, "number": {"type": "string"}, "message": {"type": "string"},
            "told": {"type": "array", "items": {"type": "string"}}, "url": {"type": "string"},
        },
    },
    "Asked": {
        "type": "object", "required": [*OFFER["required"], "fields", "required", "body"],
        "properties": {
            **OFFER["properties"], "warning": {"type": "string"}, "fields": {"type": "object"},
            "required": {"type": "array", "items": {"type": "string"}}, "body": {"type": "object"},
        },
    },
    "Sending": {
        "type": "object", "required": ["verb", "key"], "additionalProperties": False,
        "properties": {
            "verb": {"type": "string", "examples": ["core.facility.rename"]}, "id": {"type": "integer", "minimum": 0},
            "key": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,64}$"}, "body": {"type": "object"},
            "if_match": {"type": "string", "pattern": r"^[\x20-\x7e]{0,200}$"},
        },
    },
    "Sent": {
        "type": "object", "required": ["key", "status", "answer"],
        "properties": {"key": {"type": "string"}, "status": {"type": "integer"}, "answer": {"type": "object"}},
    },
}  # fmt: skip


def columns_of(entity: Entity) -> tuple[Table, Sequence[Column]]:
    """Return the list of an entity and the columns that it declares; what depends on stored rows is left out."""
    table: Table = table_of(entity)()
    return table, [table.with_expr(column) for column in table.columns]


def row(entity: Entity) -> Schema:
    """Return the schema of a row in a list."""
    _table, columns = columns_of(entity)
    own: Schema = {"ref": REF, "id": {"type": "integer"}} if rows.is_single(entity.model) else {}
    named: Schema = {**own, "refs": {"type": "object", "additionalProperties": REF}}
    return {
        "type": "object", "required": list(named),
        "properties": {**named, **{rows.field_of(each): column(each) for each in columns}},
    }  # fmt: skip


def column(one: Column) -> Schema:
    """Return the schema of the values of a column."""
    title = {"title": str(one.label)}
    if rows.coded(one):
        return {"allOf": [{"$ref": "#/components/schemas/Coded"}], **title}
    return BY_KIND.get(one.kind, TEXT) | title


def whole(entity: Entity) -> Schema:
    """Return the schema of one row with its lines, its version and its verbs."""
    lines = {
        name: {"type": "array", "items": {"$ref": f"#/components/schemas/{model.__entity__}"}}
        for name, model in parts(entity.model).items()
    }
    more: Schema = {
        "title": {"type": "string"}, "version": {"type": "string"},
        "lines": {"type": "object", "properties": lines, "additionalProperties": False},
        "verbs": {"type": "array", "items": {"$ref": "#/components/schemas/Offer"}},
    }  # fmt: skip
    mine = {"type": "object", "properties": more, "required": list(more)}
    return {"allOf": [{"$ref": f"#/components/schemas/{entity.name}"}, mine]}


def body(verb: Verb) -> Schema:
    """Return the schema of what a verb takes: exact where its form is a class, else what the form has at most."""
    fields = {} if verb.form is None else kinds.declared(class_of(verb.form))
    exact = verb.form is None or isinstance(verb.form, type)
    told = {name: each for name, each in fields.items() if name != "_seen" or not exact}
    must = [name for name, each in told.items() if exact and each.flags.required]
    found: Schema = {
        "type": "object", "properties": {**{name: kinds.schema(each) for name, each in told.items()}, **ANSWERS},
        "patternProperties": {r"^_confirm-[0-9a-f]{24}$": {"type": "string"}}, "additionalProperties": not exact,
    }  # fmt: skip
    if not exact:
        found["description"] = str(_("Some fields depend on the row: GET the same address for those that it has."))
    known = exact or isinstance(verb.form, Stored)
    return found | ({"required": must} if must else {}) | ({"examples": [example(told, must)]} if known else {})


ANSWERS: dict[str, Schema] = {
    "_confirm": {"type": ["string", "array"], "items": {"type": "string"}},
    "_at": {"type": "string"}, "_theirs": {"type": ["string", "array"], "items": {"type": "string"}},
}  # fmt: skip


def example(fields: dict[str, Any], must: Sequence[str]) -> dict[str, Any]:
    """Return a body that fits: the fields that must be there, or the first ones where none must."""
    told = list(must) or [name for name in fields if not name.startswith("_")][:8]
    return {name: kinds.example(fields[name]) for name in told}
