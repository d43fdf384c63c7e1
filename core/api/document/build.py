"""The OpenAPI 3.1 description: every entity and every verb, by the addresses that answer them."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from core.api import lists, reading, rows
from core.api.bulk import MOST
from core.api.document import schemas
from core.contract.entities import Entity
from core.contract.plugins import entities, permissions
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import Access, acting
from core.files.taking import KINDS
from core.web import address, sending
from core.web.columns import DATED, Column
from core.web.tables import Table

Part = dict[str, Any]
ROW: Part = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
NAME: Part = {"type": "string", "pattern": r"^[A-Za-z0-9_-]{1,64}$"}
KEY: Part = {"name": "Idempotency-Key", "in": "header", "schema": NAME}
MATCH: Part = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
LANGUAGE: Part = {
    "name": "Accept-Language", "in": "header", "schema": {"type": "string", "default": "fr", "examples": ["fr", "en"]},
}  # fmt: skip
FAULTS = ("4XX", "5XX")


def document() -> Part:
    """Return the description, in the language of whoever asks: the same for everybody, it holds nothing stored."""
    with acting(Access(None, "description")):
        return _drawn(sorted(entities(), key=lambda entity: entity.name))


def _drawn(nouns: list[Entity]) -> Part:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Amagara", "version": version("amagara"), "description": str(_ABOUT)},
        "servers": [{"url": sending.API}],
        "security": [{"token": []}],
        "tags": [{"name": entity.name, "description": str(entity.plural)} for entity in nouns],
        "paths": dict(_paths(nouns)),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": str(_TOKEN)}},
            "schemas": _schemas(nouns),
            "responses": {"Problem": _json({"$ref": "#/components/schemas/Problem"}, str(_("A refusal")), _PROBLEM)},
            "parameters": {"key": KEY, "match": MATCH, "language": LANGUAGE},
        },
    }  # fmt: skip


_PROBLEM = "application/problem+json"
_ABOUT = _("What programs read and do: the same rows, rights, forms and trail as on the pages.")
_TOKEN = _("A token of a program, made on the page “Tokens of programs”.")
_COMMON = [{"$ref": "#/components/parameters/language"}]


def _schemas(nouns: list[Entity]) -> Part:
    found = dict(schemas.SHARED)
    for entity in nouns:
        found[entity.name] = schemas.row(entity)
        if rows.is_single(entity.model):
            found[f"{entity.name}.whole"] = schemas.whole(entity)
    return found


def _paths(nouns: list[Entity]) -> Iterator[tuple[str, Part]]:
    """Yield each address with what may be asked there."""
    nouns_of: Part = {"entities": {"type": "array", "items": {"type": "object"}}}
    index: Part = {"type": "object", "required": ["entities"], "properties": nouns_of}
    yield "/", {"get": _operation("index", _("What this token may look for"), index, [])}
    yield "/bulk", {"post": _bulk()}
    yield "/core.file/{id}/content", {"get": _file_read()}
    for entity in nouns:
        yield f"/{entity.name}", {"get": _list(entity)}
        if rows.is_single(entity.model):
            yield f"/{entity.name}/{{id}}", {"get": _one(entity)}
        if entity.attachments:
            yield f"/{entity.name}/{{id}}/files", {"post": _file_added(entity)}
        for verb in entity.verbs:
            path = reading.path_of(verb).removeprefix(sending.API)
            yield path, {"get": _asked(verb), "post": _done(verb)}


def _operation(name: str, summary: Any, answer: Part, parameters: list[Part], tag: str = "") -> Part:
    faults = {status: {"$ref": "#/components/responses/Problem"} for status in FAULTS}
    return {
        "operationId": name, "summary": str(summary), **({"tags": [tag]} if tag else {}),
        "parameters": [*parameters, *_COMMON], "responses": {"200": _json(answer, "OK"), **faults},
    }  # fmt: skip


def _json(schema: Part, description: str, kind: str = sending.JSON) -> Part:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _list(entity: Entity) -> Part:
    page: Part = {
        "type": "object", "required": ["items", "total", "page", "size", "pages", "next", "previous"],
        "properties": {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{entity.name}"}},
            **{name: {"type": "integer"} for name in ("total", "page", "size", "pages")},
            "next": schemas.TEXT, "previous": schemas.TEXT,
        },
    }  # fmt: skip
    found = _operation(f"{entity.name}.list", entity.plural, page, list(_parameters(entity)), entity.name)
    return found | _right(entity.permission)


def _right(name: str | None) -> Part:
    """Return which right is needed, by its name and in words."""
    known = permissions().get(name or "")
    said = _("Right: %(right)s", right=known.label) if known else _("No right of its own is needed.")
    return {"description": str(said)} | ({"x-right": name} if known else {})


def _one(entity: Entity) -> Part:
    schema = {"$ref": f"#/components/schemas/{entity.name}.whole"}
    found = _operation(f"{entity.name}.get", entity.label, schema, [ROW], entity.name) | _right(entity.permission)
    found["responses"]["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    return found


def _parameters(entity: Entity) -> Iterator[Part]:
    """Yield what a list may be asked for."""
    table, columns = schemas.columns_of(entity)
    if table.search:
        yield _query("q", {"type": "string"}, _("Words to look for"))
    for name, column in lists.filters(columns).items():
        yield _filter(name, column)
    for name, values in table.own_parts().items():
        known: Part = {"type": "string", "enum": values} if values else {"type": "integer", "minimum": 1}
        yield _query(name, known, table.asks.get(name, ""))
    yield from _shape(table, columns)


def _shape(table: Table, columns: Any) -> Iterator[Part]:
    """Yield how a list is ordered and cut."""
    orders = [way + each.name for each in columns if each.sort and each.expr is not None for way in ("", "-")]
    yield _query("sort", {"type": "string", "enum": orders}, _("Sort by"))
    yield _query("page", {"type": "integer", "minimum": 1, "maximum": 10**9 - 1}, _("Page"))
    yield _query("size", {"type": "integer", "enum": list(address.SIZES)}, _("Rows of a page"))
    names = {"type": "array", "items": {"type": "string", "enum": [each.name for each in columns]}, "minItems": 1}
    yield _query("fields", names, _("Columns")) | {"style": "form", "explode": False}


def _query(name: str, schema: Part, words: Any) -> Part:
    return {"name": name, "in": "query", "schema": schema, "description": str(words)}


def _filter(name: str, column: Column) -> Part:
    """Return the parameter of a filter; codes that are declared are named."""
    if name.endswith((".from", ".to")) and name != f"f.{column.name}":
        day = column.kind in DATED
        return _query(name, {"type": "string", "format": "date"} if day else {"type": "number"}, column.label)
    said = column.choices if column.choices is not None else column.facet
    known = [address.NONE, *map(address.token, said)] if isinstance(said, Mapping) else None
    items: Part = {"type": "string"} | ({"enum": known} if known else {})
    if column.kind == "bool":
        items = {"type": "string", "enum": ["true", "false", address.NONE]}
    return _query(name, {"type": "array", "items": items}, column.label) | {"style": "form", "explode": True}


def _asked(verb: Verb) -> Part:
    where = [ROW] if verb.on is not None else []
    schema = {"$ref": "#/components/schemas/Asked"}
    said = _("%(verb)s: what it asks for", verb=verb.label)
    return _operation(f"{verb.name}.asked", said, schema, where, _tag(verb)) | _right(verb.permission)


def _tag(verb: Verb) -> str:
    return verb.name.rpartition(".")[0]


def _done(verb: Verb) -> Part:
    where = [ROW, {"$ref": "#/components/parameters/match"}] if verb.on is not None else []
    found = _operation(verb.name, verb.label, {"$ref": "#/components/schemas/Answer"}, where, _tag(verb))
    found["parameters"].append({"$ref": "#/components/parameters/key"})
    found |= _right(verb.permission)
    if verb.warning:
        found["description"] = f"{verb.warning} {found['description']}"
    if verb.guard is not None:
        found["description"] = f"{_PASSWORD} {found['description']}"
        found["x-page-alone"] = True
    return found | {"requestBody": {"required": False, "content": {sending.JSON: {"schema": schemas.body(verb)}}}}


def _file_read() -> Part:
    found = _operation("core.file.content", _("The content of a document or photo"), {}, [ROW], "core.file")
    found["responses"]["200"]["content"] = {kind: {} for kind, _ending in KINDS.values()}
    found["responses"]["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    found["responses"]["304"] = {"description": "Not modified"}
    return found


def _file_added(entity: Entity) -> Part:
    answer = {"$ref": "#/components/schemas/Answer"}
    asked = [
        _query("name", {"type": "string", "pattern": r"\S", "maxLength": 200}, _("Name")) | {"required": True},
        _query("sha256", {"type": "string", "pattern": "^[0-9a-f]{64}$"}, _("SHA-256")) | {"required": True},
        {"$ref": "#/components/parameters/key"},
    ]
    words = _("Add a document or photo")
    found = _operation(f"{entity.name}.files", words, answer, [ROW, *asked], entity.name)
    body: Part = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return found | {"requestBody": {"required": True, "content": body}}


_PASSWORD = _("It asks for password or code: only its page does it, never a token.")


def _bulk() -> Part:
    several = {"type": "array", "maxItems": MOST, "items": {"$ref": "#/components/schemas/Sending"}}
    answers: Part = {"type": "array", "items": {"$ref": "#/components/schemas/Sent"}}
    found = _operation("bulk", _("Several verbs, each by itself"), answers, [])
    return found | {"requestBody": {"required": True, "content": {sending.JSON: {"schema": several}}}}
