"""For whom something is done: what a person may do only because he stands in for another bears that name too.

What a transaction needed of lent rights is gathered as it is asked for (`Access.can`, the judging of rows), and stands
in its lines of the trail, in the steps of documents and in the words that say who signed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement

from core.contract.words import _
from core.data.db import db

LONGEST = 200  # what a column for the name of a person holds


def needed(access: Any, covers: Callable[[Any], bool], *, somewhere: bool = False) -> None:
    """Take down for whom this transaction acts, when a person's own rights do not cover what lent ones do.

    A right that is asked for `somewhere` says so only where nothing is asked of a place.
    """
    work = db.session().info.get("work")
    if work is None or work.judging:
        return
    if somewhere:
        having = (
            () if covers(access.own) else [lent for lent in access.lent if covers(access.with_those([lent.user_id]))]
        )
        work.somewhere |= {lent.user_id: lent.name for lent in having}
    else:
        work.behalf |= lenders(access, covers, work.behalf)


def judged(access: Any, may: Callable[[Any], bool]) -> bool:
    """Return whether an access may do something, and take down whose rights let it, where his own do not."""
    work = db.session().info["work"]
    work.judging = True
    try:
        allowed = may(access.own) or may(access)
        people = lenders(access, may, work.behalf) if allowed else {}
    finally:
        work.judging = False
    work.behalf |= people
    return allowed


def lenders(access: Any, covers: Callable[[Any], bool], known: Mapping[int, str] | None = None) -> dict[int, str]:
    """Return {person: name} of those whose rights cover what his own do not, nor those of the people who are `known`
    already: the first who alone does, else all."""
    if covers(access.with_those(known or {})):
        return {}
    enough = next(([lent] for lent in access.lent if covers(access.with_those([lent.user_id]))), access.lent)
    return {lent.user_id: lent.name for lent in enough}


def present() -> Mapping[int, str]:
    """Return {person: name} of those for whom this transaction acts, as far as it has come."""
    work = db.session().info.get("work")
    return {} if work is None else dict(work.behalf or work.somewhere)


def settle() -> None:
    """Let what is done next in this transaction be another act: it may be for nobody."""
    work = db.session().info["work"]
    for entry in (*work.trail, *(shared for shared, _lines in work.poured)):
        entry.behalf = present() if entry.behalf is None else entry.behalf
    work.behalf, work.somewhere = {}, {}


def key(people: Iterable[int]) -> str:
    """Return what a column keeps of the people for whom something was done: "/12/15/"; "" of none."""
    return "".join(f"/{each}" for each in sorted(people)) + "/" if people else ""


def people_of(kept: str) -> set[int]:
    """Return the people of such a key."""
    return {int(each) for each in kept.split("/") if each}


def names(column: Any, user_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a column of such keys names a person."""
    found: ColumnElement[bool] = column.contains(f"/{user_id}/")
    return found


def said(people: Mapping[int, str]) -> dict[str, str]:
    """Return what a line of the trail says of those for whom it was done; nothing where somebody acted for himself."""
    return {"behalf": key(people), "whom": ", ".join(people.values())} if people else {}


def signed(label: str, people: Mapping[int, str]) -> str:
    """Return who did something, and for whom, as it is kept with what was signed."""
    if not people:
        return label
    whom = ", ".join(people.values())
    return str(_("%(who)s, for %(whom)s", who=label, whom=whom))[:LONGEST]
