"""What a page has shown of its documents: their last steps go along with every form and button, and come back.

A state can be left and reached again (unpacked, packed anew): the state alone does not say that a page is old.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from flask import g, request

from core.data.db import Model
from core.data.states import last_steps
from core.web.fields import row_id

FIELD = "_at"


def show(context: Mapping[str, Any]) -> None:
    """Note the documents that a page is about: what has states, of all that its template is given."""
    g.documents = [each for each in context.values() if isinstance(each, Model) and takes_steps(each)]
    g.pop("carried", None)


def takes_steps(row: Any) -> bool:
    """Return whether a row goes through states, or is about what does."""
    return hasattr(row, "__entity__") and row.id is not None and (hasattr(row, "state") or hasattr(row, "__steps__"))


def carried() -> str:
    """Return what a form of this page carries, "elmis.order/1:45 …"; "" when it is about no document."""
    if "carried" not in g:
        g.carried = said(g.get("documents", ()))
    return str(g.carried)


def said(documents: Sequence[Model]) -> str:
    """Return the last steps of some documents as they are sent back."""
    return " ".join(f"{name}:{step}" for name, step in last_steps(documents).items())


def sent() -> dict[str, int]:
    """Return {name: last step} of what the page that was sent had shown."""
    found = {}
    for part in request.form.get(FIELD, "").split():
        name, _colon, step = part.rpartition(":")
        with suppress(ValueError):
            found[name] = row_id(step)
    return found
