"""One sending of a form: all that came, and where to, as the write door compares it with a repeat."""

import hashlib
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any
from uuid import uuid4

from flask import g, request
from werkzeug.datastructures import ImmutableMultiDict

from core.data.figures import written as in_figures

SHOWN = "_shown"  # sent beside a form that is to be shown as it is filled in, and no more
PLACE = "_place"  # the facility that a page was made for
KEY = "_key"
WRITTEN = "_written"  # when a form that waited on a device was filled in there, in ms
MADE = "_made"  # beside it: the mark of the page on which it was, from the server
OPENED = "_opened"  # beside a form that was opened from the queue of a device: why it was refused
NOT_CONTENT = {KEY, OPENED, WRITTEN, MADE, "csrf_token"}
JSON = "application/json"
DEEPEST, MOST, LONGEST = 4, 50_000, 30  # levels and values of a body, and digits before or after the comma
API = "/api/v1"
NAMED = re.compile(r"[\w-]{1,64}", re.A)  # the name of a sending


def by_token() -> bool:
    """Return whether this is asked of the interface for programs: tokens alone count there, no cookie is read."""
    return request.path == API or request.path.startswith(f"{API}/")


def to_machine() -> bool:
    """Return whether a program asks, which wants no page: what was done is answered as JSON, a refusal as a problem."""
    return by_token() or request.accept_mimetypes.best == JSON


def named() -> str:
    """Return the name that a program gave this sending, else one of its own; ValueError for one that cannot be kept."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not NAMED.fullmatch(key):
        raise ValueError(key[:80])
    return key or str(uuid4())


def form_of(body: bytes, key: str) -> ImmutableMultiDict[str, str]:
    """Return the form that a JSON object stands for: {"lines": [{"quantity": 5}]} is "lines-0-quantity" = "5".

    Null and false are left out, as a form leaves out a box that is not ticked. ValueError when it is no such object.
    """
    return fields_of(read(body), key)


def read(body: bytes) -> Any:
    """Return what a body of JSON says, its decimals exact; ValueError when it cannot be read."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("too deep") from error


def fields_of(found: Any, key: str) -> ImmutableMultiDict[str, str]:
    """Return the form that an object stands for, with the name of its sending."""
    if not isinstance(found, dict):
        raise ValueError("no object")
    pairs = [pair for name, value in found.items() for pair in _pairs(name, value, 0)]
    "".join(text for pair in pairs for text in pair).encode()  # half a letter is no text
    if len(pairs) > MOST:
        raise ValueError("too many values")
    return ImmutableMultiDict([*pairs, (KEY, key)])


def _pairs(name: str, value: Any, level: int) -> Iterator[tuple[str, str]]:
    """Yield the fields of a value; several plain ones are one field that comes several times."""
    if level > DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, dict):
        for part, each in value.items():
            yield from _pairs(f"{name}-{part}", each, level + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _pairs(f"{name}-{number}" if isinstance(each, dict) else name, each, level + 1)
    elif value is True:
        yield name, "y"
    elif value is not None and value is not False:
        yield name, _figure(value) if isinstance(value, Decimal) else str(value)


def _figure(value: Decimal) -> str:
    """Return the digits of a number; one of a billion digits, 1e999999999, is refused before it is written out."""
    if not -LONGEST < value.adjusted() < LONGEST:
        raise ValueError("too long")
    return in_figures(value, ",")


def _refuse(word: str) -> Any:
    raise ValueError(word)


def only_shown() -> bool:
    """Return whether this form is to be shown again and not recorded."""
    return SHOWN in request.form


def digest() -> str:
    """Return a text of where this request went and all that it sent, but the key and the token."""
    form = g.get("sent", request.form)  # what a program left out, and stands as it is stored, was not sent
    sent = [pair for pair in form.items(multi=True) if pair[0] not in NOT_CONTENT]
    for name, file in request.files.items(multi=True):
        sent.append((name, f"{file.filename} {hash_of(file.stream)}"))
    return json.dumps([request.path, sorted(sent)])


def hash_of(stream: IO[bytes]) -> str:
    """Return the SHA-256 of a file that was sent, read in pieces and rewound."""
    found = hashlib.sha256()
    stream.seek(0)
    while piece := stream.read(2**20):
        found.update(piece)
    stream.seek(0)
    return found.hexdigest()


CONFIRMED = "_confirm"  # the name of the boxes that say "Yes, that is right" to a question


def confirmed() -> list[str]:
    """Return the tokens of the questions that this request says yes to, or "token:choice", or "token:why"."""
    start = f"{CONFIRMED}-"
    said = ((name[len(start) :], value.strip()) for name, value in request.form.items() if name.startswith(start))
    return [*(f"{token}:{value}" for token, value in said if value), *request.form.getlist(CONFIRMED)]
