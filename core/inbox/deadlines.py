"""Deadlines that pass: the history of the row says so, a fact tells it, and the people further up are told in turn."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from core.contract.entities import number_of
from core.contract.plugins import entities
from core.contract.words import _
from core.data import audit, clocks
from core.data.access import FACILITY
from core.data.calendars import calendar_of
from core.data.clocks import RUNS, Clock
from core.data.db import db, utcnow
from core.data.states import OVERDUE, record
from core.data.waits import Wait, working_days
from core.data.work import emit, perform
from core.users.directory import services as directory
from core.users.rights import rules
from core.web.pages import day

AGAIN = working_days(1)  # later the next place further up is told
BATCH = 200


def passed(limit: int = 1) -> Sequence[int]:
    """Return the ids of clocks whose deadline has passed, or of which somebody further up is to be told now."""
    known = [entity.name for entity in clocks.waiting_entities()]
    query = select(Clock.id).where(RUNS, Clock.next_at <= utcnow(), Clock.entity.in_(known))
    return db.session.scalars(query.order_by(Clock.next_at).limit(limit)).all()


def pass_on() -> int:
    """Tell of each deadline that has passed, in a transaction of its own; return how many were told."""
    return sum(bool(perform(partial(_tell, id))) for id in passed(BATCH))


def _tell(id: int) -> bool:
    """Return whether somebody was told of a deadline: nobody stands above the last place."""
    query = select(Clock).where(Clock.id == id, RUNS, Clock.next_at <= utcnow()).with_for_update()
    clock = db.session.scalar(query.execution_options(populate_existing=True))
    if clock is None:
        return False
    entity, wait = entities()[clock.entity], clocks.wait_of(clock)
    row = db.session.get(entity.model, clock.entity_id)
    if row is None or wait is None:  # the proof of the clocks ends it, or sets it right
        clock.next_at = None
        return False
    place = _place(clock.up_place_id or clock.place_id)
    up = _next_up(wait, place)
    clock.level += 1
    clock.next_at = AGAIN.after(utcnow(), calendar_of(up)) if up is not None else None
    if up is not None:
        clock.up_right, clock.up_place_id = wait.escalates, up.id
    news = clock.level == 1 or up is not None
    if news:
        _say(clock, row, wait, up)
    return news


def _place(id: int | None) -> Any:
    return None if id is None else db.session.connection().execute(select(FACILITY).where(FACILITY.c.id == id)).first()


def _next_up(wait: Wait, place: Any) -> Any:
    """Return the nearest place above one where somebody holds the right to be told, by a role of that very place."""
    if not wait.escalates or place is None:
        return None
    above = [place.path[: end + 1] for end, sign in enumerate(place.path) if sign == "/" and end][:-1]
    people = directory.holders_at(wait.escalates, above[-1:], (), rules.by_name)[0] if above else []
    if not people:
        return None
    return db.session.connection().execute(select(FACILITY).where(FACILITY.c.path == people[0].path)).first()


def _say(clock: Clock, row: Any, wait: Wait, up: Any) -> None:
    """Tell it: in the history of the row, in the trail, and as a fact."""
    told, held = ", ".join(_told(wait, up)), _place(clock.place_id)
    words = _("It was due on %(day)s.", day=day(clock.due_on))
    further = str(_("Told to: %(people)s.", people=told)) if told else ""
    record(row, OVERDUE, clock.state, clock.state, note=f"{words} {further}".strip())
    facts = {"due": clock.due_on, **({"told": told} if told else {})}
    audit.note(OVERDUE, clock.entity, clock.entity_id, row.__scope__.facility_id(row), **facts)
    emit(
        "core.deadline.passed", row, number=number_of(row), state=clock.state, due=clock.due, level=clock.level,
        right=clock.right, place="" if held is None else held.path, person=clock.user_id,
        to_right="" if up is None else wait.escalates, to_place="" if up is None else up.path,
    )  # fmt: skip


def _told(wait: Wait, up: Any) -> Sequence[str]:
    if up is None:
        return ()
    people = directory.holders_at(wait.escalates, [up.path], (), rules.by_name)[0]
    return directory.named([(one.name, one.role) for one in people if one.path == up.path])
