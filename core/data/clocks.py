"""Clocks: what each row waits for, since when, until when and of whom; one runs while a wait lasts, and is kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Date, Index, Integer, String, Text, and_, event, false, or_, select, true
from sqlalchemy.orm import Mapped, UOWTransaction, mapped_column
from sqlalchemy.orm import Session as AnySession

from core.contract.entities import Entity, ref
from core.contract.plugins import entities
from core.data.access import FACILITY, Access, Internal, acting
from core.data.calendar import local
from core.data.calendars import calendar_of, calendars_of
from core.data.confidence import narrow
from core.data.db import Model, Session, UTCDateTime, db, utcnow
from core.data.states import OVERDUE, Machine, Step, reason_of
from core.data.waits import Wait, end_of, follow
from core.data.worktime import Calendar


class Clock(Model):
    """One time that a row has waited, or waits, for somebody: a right at a place, or a person."""

    __tablename__ = "core_clock"
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(Integer)  # of the wait, among those of the state
    view: Mapped[str] = mapped_column(String(40))
    right: Mapped[str] = mapped_column(String(80))
    place_id: Mapped[int | None] = mapped_column(Integer)
    user_id: Mapped[int | None] = mapped_column(Integer)
    besides: Mapped[str] = mapped_column(Text)  # ",12,15,": those who hold the right and not the ball
    action: Mapped[str] = mapped_column(String(40))  # the step that began it, and what was said with it
    note: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    due: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_on: Mapped[date | None] = mapped_column(Date)  # the day of it in the facilities' time zone
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when somebody further up is told
    level: Mapped[int] = mapped_column(Integer, default=0)  # how often that was
    up_right: Mapped[str] = mapped_column(String(80), default="")
    up_place_id: Mapped[int | None] = mapped_column(Integer)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def overdue(self) -> bool:
        """Return whether it runs on after its time."""
        return self.ended_at is None and self.due is not None and self.due < utcnow()


def barred(clock: Clock) -> list[int]:
    """Return the ids of those who hold the right of a clock, and not the ball."""
    return [int(each) for each in clock.besides.split(",") if each]


MANY = 5  # rows of a transaction whose calendars are read together
BALL = ("state", "position", "view", "right", "place_id", "user_id", "besides")  # what is waited for, and of whom
RUNS = Clock.ended_at.is_(None)
Index("ix_core_clock_row", Clock.entity, Clock.entity_id)
for _name, _column in (("place", Clock.place_id), ("user", Clock.user_id), ("up", Clock.up_place_id)):
    Index(f"ix_core_clock_{_name}", _column, sqlite_where=RUNS, postgresql_where=RUNS)
_NEXT = and_(RUNS, Clock.next_at.is_not(None))
Index("ix_core_clock_next", Clock.next_at, sqlite_where=_NEXT, postgresql_where=_NEXT)


def waiting_entities() -> list[Entity]:
    """Return the entities whose rows wait for somebody in some state."""
    return [each for each in entities() if each.machine is not None and each.machine.waits()]


def wait_of(clock: Any) -> Wait | None:
    """Return what a clock, or a row with the same columns, counts; None when its plugin no longer says so."""
    entity = entities().get(clock.entity)
    state = entity.machine.states.get(clock.state) if entity and entity.machine else None
    return state.waits[clock.position] if state and clock.position < len(state.waits) else None


@event.listens_for(Session, "after_flush")
def _notice(session: AnySession, context: UOWTransaction) -> None:
    """Take down the rows that wait for somebody, or may from now on: their clocks follow at the end, step or not."""
    work = session.info.get("work")
    if work is None:
        return
    for row in (*session.new, *session.dirty):
        if hasattr(row, "__entity__") and _machine(row) is not None:
            work.moved.setdefault(ref(row), (row, None, False))


def keep_time(moved: Iterable[tuple[Any, Step | None, bool]]) -> None:
    """Begin, go on with or end the clocks of rows that took steps or changed in this transaction, as they stand at its
    end; of each the last step, and whether the wait begins anew in any case."""
    rows = [each for each in moved if _machine(each[0]) is not None and each[0] in db.session]
    if not rows:
        return
    with acting(Access.system("clocks")):  # what a row waits for does not depend on who looks
        kept = running([row for row, _step, _anew in rows])
        calendars = _calendars_of_many([row for row, _step, _anew in rows])
        for row, step, anew in rows:
            _follow_row(row, step, kept.get(ref(row)), calendars, anew)
        db.session.flush()


def _calendars_of_many(rows: Sequence[Any]) -> dict[int, Calendar]:
    """Return the calendars of the places that many rows wait for; of a few each is read when it is asked for."""
    if len(rows) < MANY:
        return {}
    ids = set()
    for row in rows:
        machine = _machine(row)
        found = None if machine is None else machine.wait_of(row)
        if found is not None and found[1].right and found[1].within is not None and found[1].within.works:
            place = follow(row, found[1].at)
            ids.add(_country_id() if place is None else place.id)
    if not ids:
        return {}
    return calendars_of(db.session.connection().execute(select(FACILITY).where(FACILITY.c.id.in_(ids))).all())


def _machine(row: Any) -> Machine | None:
    entity = entities().of(row)
    machine: Machine | None = entity.machine if entity else None
    return machine if machine is not None and machine.waits() else None


def running(rows: Sequence[Any]) -> dict[str, Clock]:
    """Return {name: clock} of the rows for which one runs; one statement."""
    ids: dict[str, list[int]] = {}
    for row in rows:
        ids.setdefault(row.__entity__, []).append(row.id)
    theirs = (and_(Clock.entity == entity, Clock.entity_id.in_(some)) for entity, some in ids.items())
    found = db.session.scalars(select(Clock).where(RUNS, or_(false(), *theirs)))
    return {f"{clock.entity}/{clock.entity_id}": clock for clock in found}


def _follow_row(
    row: Any, step: Step | None, clock: Clock | None, calendars: dict[int, Calendar], anew: bool = False
) -> None:  # fmt: skip
    """Let the clock of a row follow it: it goes on while the row waits in the same state for the same people."""
    machine = _machine(row)
    assert machine is not None
    found = machine.wait_of(row)
    wanted = {} if found is None else {"state": row.state, **_ball(row, *found)}
    goes_on = clock is not None and not anew and all(getattr(clock, key) == wanted.get(key) for key in BALL)
    if clock is not None and not goes_on:
        clock.ended_at = utcnow() if step is None else step.at
    if found is None:
        return
    if clock is None or not goes_on:
        clock = _begun(row, step, wanted)
    if not goes_on or found[1].until:
        _set_due(clock, _due(row, found[1], clock, calendars))


def _begun(row: Any, step: Step | None, wanted: Mapping[str, Any]) -> Clock:
    """Return a new clock of a row, with what was said with the step that began it."""
    said = () if step is None else filter(None, (step.note, reason_of(step)))
    since, action = (utcnow(), "") if step is None else (step.at, step.action)
    clock = Clock(entity=row.__entity__, entity_id=row.id, since=since, action=action, note=": ".join(said), **wanted)
    db.session.add(clock)
    return clock


def _ball(row: Any, position: int, wait: Wait) -> dict[str, Any]:
    """Return the columns that say what a row waits for, and of whom: with others it is another wait."""
    place = follow(row, wait.at) if wait.right else None
    barred = sorted(set(follow(row, wait.besides) or ())) if wait.besides else ()
    return {
        "position": position, "view": wait.view, "right": wait.right,
        "place_id": (place.id if place is not None else _country_id()) if wait.right else None,
        "user_id": follow(row, wait.person) if wait.person else None,
        "besides": "".join(f",{each}" for each in barred) + "," if barred else "",
    }  # fmt: skip


def _country_id() -> int | None:
    query = select(FACILITY.c.id).where(FACILITY.c.path.not_like("/%/%/")).order_by(FACILITY.c.id).limit(1)
    found: int | None = db.session.connection().execute(query).scalar()
    return found


def _due(row: Any, wait: Wait, clock: Clock, calendars: dict[int, Calendar]) -> datetime | None:
    """Return the moment at which a wait has lasted its time; None without a deadline."""
    if wait.until:
        day = follow(row, wait.until)
        return None if day is None else end_of(day)
    if wait.within is None:
        return None
    return wait.within.after(clock.since, _calendar(clock, calendars) if wait.within.works else Calendar())


def _calendar(clock: Clock, calendars: dict[int, Calendar]) -> Calendar:
    """Return the calendar of the place that holds the ball; of a person that of the country."""
    place_id = clock.place_id or _country_id() or 0
    if place_id not in calendars:
        place = db.session.connection().execute(select(FACILITY).where(FACILITY.c.id == place_id)).first()
        calendars[place_id] = Calendar() if place is None else calendar_of(place)
    return calendars[place_id]


def _set_due(clock: Clock, due: datetime | None) -> None:
    """Keep a deadline; one that was told as passed stays told, unless it was put off."""
    if clock.due != due:
        clock.due, clock.due_on = due, None if due is None else local(due).date()
        if not clock.level or due is None or due > utcnow():
            clock.level, clock.next_at, clock.up_right, clock.up_place_id = 0, due, "", None


def recount() -> int:
    """Let the deadlines that are counted in working time follow calendars that have changed; return how many moved.

    What has passed, and was told, stays.
    """
    clocks = db.session.scalars(select(Clock).where(RUNS, Clock.level == 0, Clock.due.is_not(None))).all()
    counted = [(clock, wait) for clock in clocks if (wait := wait_of(clock)) and wait.within and wait.within.works]
    ids = {clock.place_id or _country_id() for clock, _wait in counted}
    places = db.session.connection().execute(select(FACILITY).where(FACILITY.c.id.in_(ids))).all() if ids else ()
    calendars, before = calendars_of(places), {clock.id: clock.due for clock, _wait in counted}
    for clock, wait in counted:
        assert wait.within is not None
        _set_due(clock, wait.within.after(clock.since, _calendar(clock, calendars)))
    db.session.flush()
    return sum(clock.due != before[clock.id] for clock, _wait in counted)


def mend() -> int:
    """Begin the clocks of rows that wait without one, and set right those of rows that are elsewhere; return how many.

    A release may ask for more than the one before, and a plugin that was off kept no time.
    """
    number = 0
    for entity in waiting_entities():
        rows = db.session.scalars(_out_of_step(entity)).all()
        kept, calendars = running(rows), dict[int, Calendar]()
        steps = _last_steps(entity, rows)
        for row in rows:
            _follow_row(row, steps.get(row.id), kept.get(ref(row)), calendars)
        gone = db.session.scalars(_without_row(entity)).all()
        for clock in gone:
            clock.ended_at = utcnow()
        number += len(rows) + len(gone)
        db.session.flush()
    return number


def _without_row(entity: Entity) -> Any:
    there = select(entity.model.id).where(entity.model.id == Clock.entity_id).exists()
    return select(Clock).where(RUNS, Clock.entity == entity.name, ~there)


def _out_of_step(entity: Entity) -> Any:
    """Return the select of the rows of an entity whose clock is missing, or is that of another state."""
    model: Any = entity.model
    mine = (Clock.entity == entity.name, Clock.entity_id == model.id, RUNS)
    some: list[ColumnElement[bool]] = []
    for state, _position, wait in entity.machine.waits():
        fits = and_(model.state == state, *(getattr(model, column) == value for column, value in wait.when.items()))
        some.append(and_(fits, ~select(Clock.id).where(*mine).exists()))
    elsewhere = select(Clock.id).where(*mine, Clock.state != model.state).exists()
    return select(model).where(or_(*some, elsewhere)).order_by(model.id)


def _last_steps(entity: Entity, rows: Sequence[Any]) -> dict[int, Step]:
    ids = [row.id for row in rows]
    query = select(Step).where(Step.entity == entity.name, Step.entity_id.in_(ids), Step.action != OVERDUE)
    return {step.entity_id: step for step in db.session.scalars(query.order_by(Step.id))}


def holds(access: Access) -> ColumnElement[bool]:
    """Return the condition on the clocks whose ball is with a person, or with somebody for whom he stands in: with
    neither of whom may not hold it."""
    hands = or_(*(_in_hand(person, part) for person, part in access.hands()))
    return and_(RUNS, hands, _free(access.user_id), _seen(access))


def _in_hand(person: int | None, access: Access) -> ColumnElement[bool]:
    own = and_(Clock.user_id.is_not(None), Clock.user_id == person)  # false, not unknown, where it is with a place
    by_place = _at_places(access, Clock.right, Clock.place_id, "right", access.paths)
    return and_(or_(by_place, own) if person is not None else by_place, _free(person))


def _free(person: int | None) -> ColumnElement[bool]:
    return true() if person is None else ~Clock.besides.contains(f",{person},")


def told(access: Access) -> ColumnElement[bool]:
    """Return the condition on the clocks that came up to a person, who does not hold the ball himself."""
    given: dict[str, list[str]] = {}
    for right, path in (*access.grants, *(each for one in access.lent for each in one.rights)):
        given.setdefault(right, []).append(path)
    up = _at_places(access, Clock.up_right, Clock.up_place_id, "escalates", lambda right: given.get(right, ()), True)
    return and_(RUNS, up, ~holds(access), _seen(access))


def _seen(access: Access) -> ColumnElement[bool]:
    """Return the condition that the row of a clock is not one that is kept from a person within its place."""
    names = {each.name for each in waiting_entities()}
    closed = [(each, each.model.__scope__.criteria(each.model, access)) for each in narrow() if each.name in names]
    rows = ((each.name, select(each.model.id).where(one)) for each, one in closed if one is not None)
    return and_(true(), *(or_(Clock.entity != name, Clock.entity_id.in_(some)) for name, some in rows))


def _at_places(
    access: Access, right: Any, place_id: Any, named: str, paths_of: Any, exactly: bool = False
) -> ColumnElement[bool]:  # fmt: skip
    """Return whether a clock names a right that is held at its place, there where its rows may be read too."""
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for entity in waiting_entities():
        seen = access.paths(entity.permission) if entity.permission else ("/",)
        for each in sorted({getattr(wait, named) for _state, _at, wait in entity.machine.waits()} - {""}):
            if paths := _both(tuple(paths_of(each)), seen):
                found.setdefault(paths, []).append((entity.name, each))
    clauses = []
    for paths, pairs in found.items():
        kinds = or_(*(and_(Clock.entity == entity, right == each) for entity, each in pairs))
        clauses.append(kinds if "/" in paths else and_(place_id.in_(_places(paths, exactly)), kinds))
    return or_(false(), *clauses)


def _places(paths: Sequence[str], exactly: bool) -> Any:
    path = FACILITY.c.path
    below = path.in_(paths) if exactly else or_(*(path.startswith(each, autoescape=True) for each in paths))
    return select(FACILITY.c.id).where(below)


def _both(some: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """Return the paths that lie below one of both."""
    pairs = ((one, other) for one in some for other in others)
    met = (one if one.startswith(other) else other for one, other in pairs if _meet(one, other))
    return tuple(dict.fromkeys(met))


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def waits(model: Any, view: str, access: Access) -> ColumnElement[bool]:
    """Return the condition on rows that wait for a person, in a ready-made view of their list."""
    mine = select(Clock.entity_id).where(Clock.entity == model.__entity__, Clock.view == view, holds(access))
    return cast(ColumnElement[bool], model.id.in_(mine))


def overdue(model: Any) -> ColumnElement[bool]:
    """Return the condition on rows whose deadline has passed, whoever holds the ball."""
    late = select(Clock.entity_id).where(Clock.entity == model.__entity__, RUNS, Clock.due < utcnow())
    return cast(ColumnElement[bool], model.id.in_(late))


def due_on(model: Any) -> Any:
    """Return the SQL of the day on which the deadline of a row ends."""
    query = select(Clock.due_on).where(Clock.entity == model.__entity__, Clock.entity_id == model.id, RUNS)
    return query.correlate(model.__table__).limit(1).scalar_subquery()
