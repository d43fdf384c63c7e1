"""One sending of a form: all that came, and where to, as the write door compares it with a repeat."""

import hashlib
import json

from flask import request

SHOWN = "_shown"  # sent beside a form that is to be shown as it is filled in, and no more
PLACE = "_place"  # the facility that a page was made for
NOT_CONTENT = {"_key", "csrf_token"}


def only_shown() -> bool:
    """Return whether this form is to be shown again and not recorded."""
    return SHOWN in request.form


def digest() -> str:
    """Return a text of where this request went and all that it sent, but the key and the token."""
    sent = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_CONTENT]
    for name, file in request.files.items(multi=True):
        sent.append((name, f"{file.filename} {hashlib.sha256(file.stream.read()).hexdigest()}"))
        file.stream.seek(0)
    return json.dumps([request.path, sorted(sent)])
