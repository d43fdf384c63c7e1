"""What importers of lists ask of what is stored."""

from typing import Any

from sqlalchemy import select

from core.data.codes import key_of
from core.data.db import db
from core.imports.importer import Row


def codes_of(model: Any) -> dict[str, int]:
    """Return {key of a code: id} of what is stored."""
    return {key_of(code): id_ for code, id_ in db.session.execute(select(model.code, model.id))}


def kind_of(row: Row, known: Any, names: tuple[str, ...]) -> str:
    """Return whether a line is new, changes what is known, or says the same; an empty cell says nothing."""
    if known is None:
        return "new"
    differs = any(row[name] is not None and row[name] != getattr(known, name) for name in names)
    return "changed" if differs else "same"
