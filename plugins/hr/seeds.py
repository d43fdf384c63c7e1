"""The reference rows of the workforce, inserted idempotently, and the posts and people of the demonstration."""

from typing import Any

from sqlalchemy import select

from core.data.db import db
from core.web.console import progress
from plugins.hr import demo
from plugins.hr.reference import lists
from plugins.hr.reference.models import Cadre, Grade, Position, Step

STEPS = 10
STARTING = "Liste de départ, à confirmer par l’administration"


def seed(kind: str, size: str) -> None:
    """Insert what `amagara seed` asks for."""
    if kind == "reference":
        for model, name in ((Cadre, "cadres"), (Grade, "grades"), (Position, "positions")):
            _insert(model, lists.rows(name))
        _steps()
    if kind == "demo":
        progress("Demonstration: posts and staff …")
        demo.load(size)


def _insert(model: type[Any], rows: list[dict[str, str]]) -> None:
    """Insert the rows that are not there; one that was changed by hand stays as it is."""
    known = set(db.session.scalars(select(model.code)))
    for row in rows:
        if row["code"] not in known:
            db.session.add(model(**{name: _typed(name, text) for name, text in row.items()}, source=STARTING))
    db.session.flush()


def _typed(name: str, text: str) -> Any:
    if name == "rank":
        return int(text)
    return text == "1" if name in ("active", "counts") else text


def _steps() -> None:
    """Insert ten steps of each grade that has none; their indices are the administration's to say."""
    known = set(db.session.scalars(select(Step.grade_id)))
    for grade in db.session.scalars(select(Grade).order_by(Grade.rank)):
        if grade.id not in known:
            rows = (Step(grade_id=grade.id, number=each, source=STARTING) for each in range(1, STEPS + 1))
            db.session.add_all(rows)
    db.session.flush()
