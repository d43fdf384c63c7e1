"""What can be done with what is said about an object: write, answer, change one's own for a while, withdraw."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select

from core.comments import mentions
from core.comments.models import LOOKS_AFTER, Comment, object_of
from core.contract.entities import Entities, Entity, number_of, ref
from core.contract.plugins import entities
from core.contract.ports import Event
from core.contract.words import _
from core.data.access import Access, current
from core.data.belonging import holds_at, works_at
from core.data.db import db, utcnow
from core.data.errors import Conflict, Missing, NotAllowed, Refused
from core.data.kept import per_rights
from core.data.states import history
from core.data.work import emit, tell
from core.users.rights.audience import accesses, readers

CHANGING = timedelta(minutes=15)  # so long a person may change what he wrote
MOST = 1000  # comments of one object


def entity_of(obj: Any) -> Entity | None:
    """Return the entity of an object that people may talk about, or None."""
    entity = entities().of(obj)
    return entity if entity is not None and entity.comments else None


def of(obj: Any) -> Sequence[Comment]:
    """Return what was said about an object, the first one first, each answer after what it answers."""
    mine = {"entity": obj.__entity__, "object": obj.id}
    rows = db.session.scalars(_of(current(), entities()), mine).all()
    return sorted(rows, key=lambda row: (row.answers_id or row.id, row.id))


@per_rights
def _of(_access: Access, _known: Entities) -> Select[Any]:
    mine = (Comment.entity == bindparam("entity"), Comment.object_id == bindparam("object"))
    return select(Comment).where(*mine).order_by(Comment.id)


def takes_part(obj: Any) -> bool:
    """Return whether this person may say something about an object."""
    return works_at(obj, current())


def require_part(obj: Any) -> None:
    """Raise NotAllowed unless this person may say something about an object."""
    if not takes_part(obj):
        raise NotAllowed(_("You may read what is said here, and not take part: you hold no task at this place."))


def write(obj: Any, text: str, answers: int | None = None) -> Comment:
    """Return a new comment on an object, told to whom it mentions and concerns; raises NotAllowed, Refused, Missing."""
    entity = entity_of(obj)
    if entity is None:
        raise TypeError(f"{obj!r} has no comments: its Entity says comments=True")
    require_part(obj)
    said = of(obj)
    if len(said) >= MOST:
        raise Refused(_("%(most)s comments are the most that one object has.", most=MOST))
    text, people = mentions.resolve(_some(text))
    row = Comment(
        entity=entity.name, object_id=obj.id, facility_id=obj.__scope__.facility_id(obj), text=text,
        answers_id=_thread(said, answers), author_id=current().user_id or 0, author=current().label,
        mentioned=_kept(_reached(obj, people)),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    emit("core.comment.written", row, about=ref(obj), number=number_of(obj), mentioned=_ids(row))
    return row


def _some(text: str) -> str:
    if not text.strip():
        raise Refused(_("Write something."), field="text")
    return text.strip()


def _thread(said: Sequence[Comment], answers: int | None) -> int | None:
    """Return the comment that a thread begins with; Missing for one that is not said of this object."""
    if answers is None:
        return None
    found = next((row for row in said if row.id == answers), None)
    if found is None:
        raise Missing(None)
    return found.answers_id or found.id


def _reached(obj: Any, people: dict[int, str]) -> dict[int, str]:
    """Return those of the people mentioned who may read the object; of the others the writer is told."""
    people = {user_id: name for user_id, name in people.items() if user_id != current().user_id}
    reading = readers(obj, accesses(people).values())
    for user_id, name in people.items():
        if user_id not in reading:
            tell(_("%(name)s may not read this page: no notice goes there.", name=name))
    return {user_id: name for user_id, name in people.items() if user_id in reading}


def _kept(people: dict[int, str]) -> str:
    return json.dumps({str(user_id): name for user_id, name in people.items()}, ensure_ascii=False)


def _ids(row: Comment) -> list[int]:
    return [int(user_id) for user_id in json.loads(row.mentioned)]


def may_change(row: Comment) -> bool:
    """Return whether this person may still change a comment: his own, within a quarter of an hour."""
    own = row.author_id == current().user_id and row.withdrawn_at is None
    return own and utcnow() - row.at < CHANGING


def edit(row: Comment, text: str) -> Comment:
    """Return a comment with another text; those whom it mentions anew are told. The trail keeps the former."""
    if row.withdrawn_at is not None:
        raise Conflict(_("This comment was withdrawn."))
    if row.author_id != current().user_id:
        raise NotAllowed(_("Only who wrote a comment changes it."))
    if not may_change(row):
        raise Conflict(_("A comment can be changed for %(minutes)s minutes: answer it, or withdraw it.", minutes=15))
    obj = about(row)
    require_part(obj)
    text, people = mentions.resolve(_some(text))
    before = set(_ids(row))
    row.text, row.edited_at, row.mentioned = text, utcnow(), _kept(_reached(obj, people))
    db.session.flush()
    if new := [user_id for user_id in _ids(row) if user_id not in before]:
        emit("core.comment.mentioned", row, about=row_ref(row), number=number_of(obj), mentioned=new)
    return row


def may_withdraw(row: Comment) -> bool:
    """Return whether this person may withdraw a comment: his own, or any of a place whose accounts he looks after."""
    own = row.author_id == current().user_id
    return row.withdrawn_at is None and (own or _looks_after(row))


def _looks_after(row: Comment) -> bool:
    obj = object_of(row) if current().can(LOOKS_AFTER) else None
    return obj is not None and holds_at(obj, LOOKS_AFTER, current())


def withdraw(row: Comment, reason: str) -> Comment:
    """Return a comment without its text: that it was said, who withdrew it and why stays; the trail keeps the text."""
    if row.withdrawn_at is not None:
        raise Conflict(_("This comment was withdrawn."))
    require_part(about(row))
    if not may_withdraw(row):
        raise NotAllowed(_("Only who wrote a comment withdraws it, or who looks after the accounts of this place."))
    row.text, row.mentioned, row.withdrawn_at = "", "{}", utcnow()
    row.withdrawn_by, row.withdrawn_why = current().label, reason.strip()
    db.session.flush()
    return row


def about(row: Comment) -> Any:
    """Return what a comment is about; raises Missing where this person may not read it."""
    obj = object_of(row)
    if obj is None:
        raise Missing(None)
    return obj


def row_ref(row: Comment) -> str:
    """Return the reference of what a comment is about."""
    return f"{row.entity}/{row.object_id}"


def hearing(event: Event, row: Comment | None) -> Iterable[int]:
    """Return whom a comment concerns: who spoke of the object, who took its steps, and whom its entity names."""
    obj = None if row is None else object_of(row)
    if obj is None:
        return ()
    concerned = entities()[obj.__entity__].concerned
    spoke = (one.author_id for one in of(obj) if one.withdrawn_at is None)
    stepped = (step.user_id for step in history(obj) if step.user_id)
    return dict.fromkeys([*spoke, *stepped, *(concerned(obj) if concerned else ())])
