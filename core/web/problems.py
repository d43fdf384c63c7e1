"""Refusals for programs: problems as RFC 9457 has them, with the faults of fields and what is asked."""

from collections.abc import Iterator
from typing import Any

from flask import g, jsonify

from core.data.errors import AmagaraError, Doubt, Invalid, Question, Refused

TYPE = "application/problem+json"


def of_form(form: Any, status: int, title: str) -> Any:
    """Return the problem of a form that was refused: each fault by the name of its field, "" for the whole."""
    faults = [_fault("", text) for text in form.form_errors]
    faults += [_fault(field.name, text) for field in form for text in _texts(field)]
    faults += [
        _fault(inner.name, text)
        for field in form for entry in getattr(field, "entries", ()) for inner in entry.form for text in inner.errors
    ]  # fmt: skip
    clashes = [{"name": one.field, "yours": one.mine, "stored": one.theirs, "key": one.key} for one in form.clashes]
    return answer(status, title, errors=faults, questions=list(map(_question, form.questions)), clashes=clashes)


def _texts(field: Any) -> Iterator[Any]:
    yield from (text for text in field.errors or () if isinstance(text, str))


def of_error(error: AmagaraError | None, status: int, title: str, words: Any) -> Any:
    """Return the problem of a refusal, or of an HTTP status without one."""
    faults, questions = [], []
    if isinstance(error, Doubt):
        questions = list(map(_question, error.questions))
    elif isinstance(error, Invalid):
        faults = [_fault(name, text) for name, text in error.errors.items()]
    elif isinstance(error, Refused):
        faults = [_fault(one.field or "", one.message) for one in error.each]
    return answer(status, title, detail=str(words or ""), errors=faults, questions=questions)


def answer(status: int, title: Any, **more: Any) -> Any:
    """Return a problem; what is empty is left out."""
    facts = {"type": "about:blank", "title": str(title), "status": status, "instance": g.get("request_id", "")[:8]}
    found = jsonify(facts | {name: value for name, value in more.items() if value})
    found.status_code, found.mimetype = status, TYPE
    return found


def _fault(name: str, text: Any) -> dict[str, str]:
    return {"name": name, "message": str(text)}


def _question(one: Question) -> dict[str, Any]:
    """Return what is asked; `_confirm` takes the token, or `_confirm-token` the choice or the reason."""
    choices = [{"value": code, "label": str(words)} for code, words in one.choices]
    facts = {"token": one.token, "words": str(one.words), "name": one.field, "line": one.line, "choices": choices}
    return {name: value for name, value in facts.items() if value not in (None, [], "")} | (
        {"explained": True} if one.explained else {}
    )
