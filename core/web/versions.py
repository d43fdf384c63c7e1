"""Which state of a row somebody has read: a program sends it back, and changes nothing that others have changed."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from flask import request
from sqlalchemy.orm import ONETOMANY

from core.contract.words import _
from core.data.access import Within
from core.data.audit import plain
from core.data.db import Model, db
from core.data.errors import Conflict
from core.data.states import last_steps
from core.web.steps import takes_steps

UNTOLD = {"secret", "unshown", "key_of", "derived"}  # of columns that nobody is shown


class Stale(Conflict):
    """A row is no longer as the program that changes it has read it."""

    status = 412


def of(row: Model) -> str:
    """Return the version of a row: another one when its columns, its lines or its steps are others."""
    steps = last_steps([row]) if takes_steps(row) else {}
    said = [_told(row), *(_told(line) for name in parts(type(row)) for line in getattr(row, name)), steps]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:32]


def parts(model: type[Any]) -> dict[str, type[Any]]:
    """Return {relationship: model} of what a row consists of: lines of a document, packs of a product."""
    links = [link for link in model.__mapper__.relationships if link.direction is ONETOMANY]
    owned = [one for one in links if one.cascade.delete or isinstance(one.mapper.class_.__scope__, Within)]
    return {link.key: link.mapper.class_ for link in owned}


def _told(row: Any) -> list[Any]:
    columns = [each.key for each in row.__mapper__.column_attrs if not UNTOLD & each.columns[0].info.keys()]
    return [type(row).__entity__, *(plain(getattr(row, name)) for name in columns)]


def wanted() -> list[str]:
    """Return the versions of which a program says that it changes them, none where it says nothing."""
    return list(_tags(request.headers.get("If-Match", "")))


def _tags(header: str) -> Iterator[str]:
    for part in header.split(","):
        tag = part.strip()
        if tag:
            yield tag.strip('"')


def require(row: Model) -> None:
    """Raise Stale unless a row, locked from now on, is as the program says that it has read it."""
    tags = wanted()
    if not tags:
        return
    columns = list(row.__mapper__.column_attrs.keys())
    db.session.refresh(row, attribute_names=columns, with_for_update=True)
    if "*" not in tags and of(row) not in tags:
        raise Stale(_("Others have changed this since you read it."))
