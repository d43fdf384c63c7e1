"""Several verbs in one sending: each is done as though it had been sent by itself, in a transaction of its own."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import current_app, request
from werkzeug.exceptions import BadRequest

from core.api import bodies, reading
from core.contract.plugins import entities
from core.contract.words import _
from core.data.db import db
from core.data.errors import Invalid
from core.web import sending

MOST = 100
SPELT = {"key": sending.NAMED, "if_match": re.compile(r"[\x20-\x7e]{0,200}")}  # they stand in heads of requests
WANTED = {"verb": str, "id": int, "key": str, "body": dict, "if_match": str}


def done() -> list[dict[str, Any]]:
    """Return an answer for each sending, in their order: its key, its status, and what it was answered."""
    items = bodies.read()
    if not isinstance(items, list):
        raise BadRequest
    if faults := dict(_faults(items)):
        raise Invalid(faults)
    db.session.rollback()  # nothing of ours is held while others write
    return [_sent(item) for item in items]


def _faults(items: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is wrong with the sendings themselves: nothing is done then."""
    if len(items) > MOST:
        yield "", _("There are too many lines: at most %(most)s.", most=MOST)
    for number, item in enumerate(items[:MOST]):
        if not isinstance(item, dict) or not {"verb", "key"} <= item.keys() <= WANTED.keys():
            yield str(number), _("Each names a verb and a key, and may have: %(names)s.", names=", ".join(WANTED))
            continue
        wrong = [name for name, value in item.items() if type(value) is not WANTED[name]]
        if wrong:
            yield f"{number}-{wrong[0]}", _("This has another form: %(wanted)s is asked for.", wanted=_kind(wrong[0]))
            continue
        for name, spelt in SPELT.items():
            if not spelt.fullmatch(item.get(name, "x")):
                said = _("This has another form: %(wanted)s is asked for.", wanted=spelt.pattern)
                yield f"{number}-{name}", said


def _kind(name: str) -> str:
    return {str: "string", int: "integer", dict: "object"}[WANTED[name]]


def _sent(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one sending is answered."""
    headers = {"Idempotency-Key": item["key"], "If-Match": item.get("if_match", "")}
    headers |= {name: request.headers[name] for name in ("Authorization", "Accept-Language") if name in request.headers}
    environment = {bodies.GIVEN: item.get("body", {}), "REMOTE_ADDR": request.remote_addr}
    asked = {"method": "POST", "headers": headers, "base_url": request.host_url, "environ_overrides": environment}
    with current_app.app_context(), current_app.test_request_context(_path(item), **asked):
        answer = current_app.full_dispatch_request()
        return {"key": item["key"], "status": answer.status_code, "answer": answer.get_json()}


def _path(item: Mapping[str, Any]) -> str:
    """Return the address of a verb, one of none where there is none."""
    verb = entities().verb(item["verb"])
    if verb is None or (verb.on is None) is ("id" in item) or item.get("id", 0) < 0:
        return f"{sending.API}/-/-"
    return reading.path_of(verb).replace("{id}", str(item.get("id", "")))
