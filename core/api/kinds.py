"""What the fields of forms are in JSON: the schema of each, its value, and whether what was sent fits."""

import re
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any

from wtforms import SelectMultipleField
from wtforms.fields.core import UnboundField
from wtforms.meta import DefaultMeta

from core.web import forms, lookup
from core.web.dates import DateField, ExpiryField, MonthField, TimeField
from core.web.fields import Asked, ButtonField, is_hidden

OWN = {"_key", "_place", "csrf_token"}  # what only pages send
DAY, MONTH, HOUR = r"^\d{4}-\d{2}-\d{2}$", r"^\d{4}-\d{2}$", r"^\d{2}:\d{2}$"
EXPIRY = r"^\d{4}-\d{2}(-\d{2})?$"
EXAMPLES = {DAY: "2026-11-22", MONTH: "2026-11", HOUR: "14:05", EXPIRY: "2027-12"}
TYPES: dict[str, Any] = {
    "string": str, "integer": int, "number": (int, Decimal), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip
Schema = dict[str, Any]


def asked(form: Any) -> dict[str, Any]:
    """Return the fields of a form that a program may send, by the names under which it does."""
    return {field.name: field for field in form if field.name not in OWN and not _is_file(field)}


def _is_file(field: Any) -> bool:
    return getattr(field.widget, "input_type", "") == "file"


def declared(form: type[Any]) -> dict[str, Any]:
    """Return the fields that a class of forms declares, bound to no form: choices that are asked of rows are open."""
    named = ((name, getattr(form, name)) for name in dir(form) if not name.startswith("__"))
    made = sorted(
        ((name, each) for name, each in named if isinstance(each, UnboundField)),
        key=lambda pair: pair[1].creation_counter,
    )
    bound = [_bound(name, each) for name, each in made]
    return {field.name: field for field in bound if field.name not in OWN and not _is_file(field)}


def _bound(name: str, unbound: UnboundField) -> Any:
    options = {key: () if key == "choices" and callable(value) else value for key, value in unbound.kwargs.items()}
    arguments = [() if callable(each) and _takes_choices(unbound) else each for each in unbound.args]
    options["name"] = unbound.name or name
    return unbound.field_class(*arguments, **options, _meta=DefaultMeta(), _form=None, _prefix="")


def _takes_choices(unbound: UnboundField) -> bool:
    return issubclass(unbound.field_class, forms.ChoiceField)


def schema(field: Any) -> Schema:
    """Return the JSON schema of a field: type, limits, choices, and what it is called."""
    found = _typed(field)
    if not field.flags.required and "type" in found:
        found["type"] = [found["type"], "null"] if isinstance(found["type"], str) else [*found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    said = "" if is_hidden(field) else str(field.label.text)
    more = str(field.description or "")
    return found | ({"title": said} if said else {}) | ({"description": more} if more else {})


def _typed(field: Any) -> Schema:
    """Return the type of a field and the limits of its values."""
    if isinstance(field, forms.Lines):
        return _grid(field)
    if isinstance(field, SelectMultipleField):
        return {"type": "array", "items": {"type": "string"} | _enum(field)}
    if isinstance(field, forms.ChoiceField):
        return _chosen(field)
    if isinstance(field, ButtonField):
        return {"type": "string"} | ({"enum": list(field.choices)} if field.choices else {})
    if isinstance(field, forms.BooleanField):
        return {"type": "boolean"}
    if isinstance(field, forms.NumberField):
        return {"type": "integer", "minimum": 0}
    if isinstance(field, (forms.QuantityField, forms.DecimalField)):
        return _figure(field)
    for kind, pattern in ((TimeField, HOUR), (MonthField, MONTH), (ExpiryField, EXPIRY), (DateField, DAY)):
        if isinstance(field, kind):
            return {"type": "string", "pattern": pattern}
    return _text(field)


def _text(field: Any) -> Schema:
    """Return the schema of a text, of a row that is named, or of what a page carries hidden."""
    if not isinstance(field, Asked):
        return {"type": ["string", "integer"]}
    most = getattr(field, "max_length", 200)
    found: Schema = {"type": "string", "maxLength": most}
    if isinstance(field, forms.EntityField):
        found["x-entity"] = field.entity
    return found | ({"pattern": r"\S"} if field.flags.required else {})


def _figure(field: Any) -> Schema:
    whole = isinstance(field, forms.QuantityField)
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return {"type": "integer" if whole else "number"} | {
        name: each for name, each in limits.items() if each is not None
    }


def _chosen(field: Any) -> Schema:
    """Return the schema of a choice; one that a number stands for is taken as a text too."""
    enum = _enum(field)
    texts = all(isinstance(each, str) for each in enum.get("enum", (0,)))
    return {"type": "string" if texts else ["string", "integer"]} | enum


def _enum(field: Any) -> Schema:
    """Return the choices of a field, each with its words; none where they are asked of rows."""
    pairs = [(value, str(label)) for value, label, *_rest in field.choices or () if value != ""]
    if not pairs:
        return {}
    return {"enum": [value for value, _label in pairs], "x-labels": {str(value): label for value, label in pairs}}


def _grid(field: Any) -> Schema:
    line = in_line(field)
    items: Schema = {
        "type": "object", "properties": {name: schema(each) for name, each in line.items()},
        "additionalProperties": False,
    }  # fmt: skip
    must = [name for name, each in line.items() if each.flags.required]
    limits = {"maxItems": field.maximum} | ({"minItems": field.minimum} if field.minimum else {})
    return {"type": "array", "items": items | ({"required": must} if must else {}), **limits}


def in_line(grid: Any) -> dict[str, Any]:
    """Return the fields of a line of a document, by their names in it."""
    entries = getattr(grid, "entries", ())
    found = list(entries[0].form) if entries else declared(grid.unbound_field.args[0]).values()
    return {field.short_name: field for field in found if not _is_file(field)}


def value(field: Any) -> Any:
    """Return what a field holds, as JSON says it."""
    if isinstance(field, forms.Lines):
        rows = [{each.short_name: value(each) for each in row if not _is_file(each)} for row in field.rows]
        return [row for row in rows if any(each not in (None, "", False) for each in row.values())]
    return plain(field, field.data)


def plain(field: Any, data: Any) -> Any:
    """Return a value of a field as JSON says it: days as ISO has them, rows by their code."""
    if isinstance(data, date):
        return f"{data:%Y-%m}" if isinstance(field, MonthField) else data.isoformat()
    if isinstance(data, time):
        return f"{data:%H:%M}"
    if isinstance(data, Decimal):
        return int(data) if data == data.to_integral_value() else float(data)
    if hasattr(data, "__table__"):
        return lookup.code_of(data)
    return list(data) if isinstance(data, (tuple, set)) else data


def faults(field: Any, given: Any) -> Iterator[str]:
    """Yield what is wrong with the type or the spelling of a value that was sent; of a choice the field itself says."""
    found = schema(field)
    kinds = [found["type"]] if isinstance(found["type"], str) else found["type"]
    if given is None or (isinstance(field, forms.ChoiceField) and _is("string", given) | _is("integer", given)):
        return
    if not any(_is(kind, given) for kind in kinds if kind != "null"):
        yield " | ".join(kind for kind in kinds if kind != "null")
    elif "pattern" in found and isinstance(given, str) and given and not re.search(found["pattern"], given, re.A):
        yield found["pattern"]


def _is(kind: str, given: Any) -> bool:
    if isinstance(given, bool) or kind == "boolean":
        return isinstance(given, bool) and kind == "boolean"
    if kind == "integer" and isinstance(given, Decimal):
        return given == given.to_integral_value()  # 5.0 is whole in JSON
    return isinstance(given, TYPES[kind])


def example(field: Any) -> Any:
    """Return a value that fits a field, for whoever reads the description."""
    found = schema(field)
    kind = found["type"] if isinstance(found["type"], str) else found["type"][0]
    if "enum" in found:
        return found["enum"][0]
    if kind == "array" and isinstance(field, forms.Lines):
        return [{name: example(each) for name, each in in_line(field).items() if each.flags.required}]
    if kind in ("integer", "number"):
        return max(1, found.get("minimum", 1))
    if kind in ("array", "boolean"):
        return [] if kind == "array" else True
    if "x-entity" in found:
        return f"{found['x-entity']}/1"
    if isinstance(field, forms.ChoiceField):
        return 1  # one of those that a GET tells
    return EXAMPLES.get(found.get("pattern", ""), "…")
