"""What a program sends, as the form that it stands for: nothing unknown, nothing of another kind, nothing lost."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import g, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from core.api import kinds
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.errors import AmagaraError, Invalid
from core.web import forms, sending, versions
from core.web.verbs import blank

ANSWERS = re.compile(r"_confirm(-[0-9a-f]{24})?|_at|_theirs")  # to questions and clashes, beside the form
SEVERAL = ("_confirm", "_theirs")  # of these also a list
GIVEN = "amagara.body"  # where one sending of several stands


class Unsaid(AmagaraError):
    """A row is to be changed, and the program does not say which state of it it has read."""

    status = 428


def sent() -> dict[str, Any]:
    """Return the object that this request sends, an empty one where it sends nothing; 400 or 415 for anything else."""
    found = read()
    if not isinstance(found, dict):
        raise BadRequest
    return found


def read() -> Any:
    """Return what this request sends, as JSON has it."""
    if GIVEN in request.environ:
        return request.environ[GIVEN]
    if (request.mimetype or request.content_length) and request.mimetype != sending.JSON:
        raise UnsupportedMediaType
    body = request.get_data()
    try:
        return sending.read(body) if body else {}
    except ValueError:
        raise BadRequest from None


def of(form: Any) -> dict[str, Any]:
    """Return what a form holds, as a program would send it."""
    return {name: kinds.value(field) for name, field in kinds.asked(form).items()}


def fitted(verb: Verb, row: Any) -> Any:
    """Return the form of a verb as this request fills it, None where nothing is asked.

    Raises Invalid for what no field takes. Of a stored row the fields that are not sent stay as they are; it is not
    changed without a word of which state was read.
    """
    body = sent()
    _take(body)
    form = None if verb.form is None else blank(verb, row)
    _judge({} if form is None else kinds.asked(form), body)
    if form is None or "saw" not in form:
        return form
    if not form.saw.data and not versions.wanted():
        raise Unsaid(_("Read it first, and send its ETag as If-Match: others may have changed it."))
    return _completed(verb, row, form, body)


def _completed(verb: Verb, row: Any, form: Any, body: dict[str, Any]) -> Any:
    """Return the form of a stored row with all its fields: null empties one, and one that is not sent stays."""
    body = {name: "" if value is None else value for name, value in body.items()}
    said = {*body, *(name for name, _value in _leaves("", body))}
    kept = {
        name: value for name, value in of(form.fresh()).items()
        if name != form.saw.name and name not in said and not any(each.startswith(f"{name}-") for each in said)
    }  # fmt: skip
    g.sent = _fields(body)
    _take(kept | body)
    return blank(verb, row)


def _take(body: Mapping[str, Any]) -> None:
    """Let the form of this request be what an object stands for."""
    request.__dict__.update(form=_fields(body), files=ImmutableMultiDict())  # what Werkzeug has read of other bodies


def _fields(body: Mapping[str, Any]) -> ImmutableMultiDict[str, str]:
    try:
        return sending.fields_of(body, sending.named())
    except ValueError:
        raise BadRequest from None


def _judge(fields: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Raise Invalid for names that no field has, and for values of another kind than theirs."""
    found: dict[str, Any] = {}
    for name, value in _leaves("", body):
        field = _field(fields, name)
        if field is None:
            if not ANSWERS.fullmatch(name):
                known = ", ".join(list(fields)[:40]) or "–"
                found[name[:80]] = _("There is no such field here. There are: %(names)s.", names=known)
            elif not _is_answer(name, value):
                found[name[:80]] = _("This has another form: %(wanted)s is asked for.", wanted="string")
        elif wrong := next(kinds.faults(field, value), None):
            found[name[:80]] = _("This has another form: %(wanted)s is asked for.", wanted=wrong)
    if found:
        raise Invalid(found)


def _is_answer(name: str, value: Any) -> bool:
    """Return whether a value answers a question: a text, or several where there may be."""
    several = value if name in SEVERAL and isinstance(value, list) else [value]
    return all(isinstance(each, str) for each in several)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of each field that an object sends: lines by their number, lists of plain values whole."""
    if isinstance(value, dict):
        for part, each in value.items():
            yield from _leaves(f"{name}-{part}" if name else part, each)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for number, each in enumerate(value):
            yield from _leaves(f"{name}-{number}", each)
    else:
        yield name, value


def _field(fields: Mapping[str, Any], name: str) -> Any | None:
    """Return the field of a name, "lines-0-quantity" too."""
    if name in fields:
        return fields[name]
    for grid in fields.values():
        found = re.fullmatch(rf"{re.escape(grid.name)}-\d{{1,9}}-(.+)", name, re.A)
        if found and isinstance(grid, forms.Lines):
            return kinds.in_line(grid).get(found[1])
    return None
