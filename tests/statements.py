"""What is sent to the database meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Executable, TextClause, event, text

from core.data.bulk import beside
from core.data.db import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the list of the statements sent to the database of this application; BEGIN is none."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def sql(words: str) -> TextClause:
    """Return SQL that may pass by rights and trail: what a test spoils, or looks up."""
    return beside(text(words), "a test")


def spoiling(statement: Executable) -> Executable:
    """Return a statement that may pass by rights and trail."""
    return beside(statement, "a test")
