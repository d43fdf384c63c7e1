"""The tasks of rows that wait in a state: read with what their texts name, and said in the words of their machine."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.ports import Task, Words
from core.contract.words import _
from core.data.bulk import STRANGER
from core.data.calendar import local
from core.data.clocks import wait_of
from core.data.db import Model, db
from core.data.naming import title_of
from core.data.states import said
from core.data.waits import Wait, follow
from core.facilities.models import Facility
from core.web.lookup import url_of
from core.web.pages import day, number


class Facts(Mapping[str, str]):
    """What the paths of a text lead to from a row, in words."""

    def __init__(self, row: Any) -> None:
        self.row = row

    def __getitem__(self, path: str) -> str:
        return _said(self.row, path)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _said(row: Any, path: str) -> str:
    value = follow(row, path)
    if isinstance(value, bool):
        return str(row.__mapper__.columns[path].info["label"]) if value else ""
    if isinstance(value, (int, Decimal)):
        return number(value)
    if isinstance(value, (date, datetime)):
        return day(local(value) if isinstance(value, datetime) else value)
    return title_of(value) if isinstance(value, Model) else str(value or "")


def filled(words: Words, row: Any) -> str:
    """Return a text of a wait with what its paths lead to."""
    return (str(words) % Facts(row)).strip()


def tasks(found: Sequence[Any]) -> Iterator[Task]:
    """Yield the task of each clock whose row this person may read."""
    objects = {name: _read(entities()[name], found) for name in {clock.entity for clock in found}}
    late = {clock.place_id for clock in found if clock.told} - {None}
    named = select(Facility.id, Facility.name).where(Facility.id.in_(late))
    places = {row.id: row.name for row in db.session.execute(named)} if late else {}
    for clock in found:
        row, wait = objects[clock.entity].get(clock.entity_id), wait_of(clock)
        if row is not None and wait is not None:
            yield _late(clock, row, wait, places.get(clock.place_id, "")) if clock.told else _task(clock, row, wait)


def _read(entity: Entity, found: Sequence[Any]) -> dict[int, Any]:
    """Return {id: row} of an entity, with what the texts of its tasks name."""
    ids = {clock.entity_id for clock in found if clock.entity == entity.name}
    paths = sorted({path for _state, _at, wait in entity.machine.waits() for path in wait.told()})
    query = select(entity.model).where(entity.model.id.in_(ids)).options(*filter(None, map(_with(entity), paths)))
    return {row.id: row for row in db.session.scalars(query)}


def _with(entity: Entity) -> Any:
    """Return the function that makes the loader option of a path: what everybody reads is joined, the rest selected."""

    def option(path: str) -> Any:
        model, way = entity.model, None
        for name in path.split("."):
            link = model.__mapper__.relationships.get(name)
            if link is None:
                break
            model, attribute = link.mapper.class_, getattr(model, name)
            open_to_all = attribute
            if model.__scope__.criteria(model, STRANGER) is None:
                way = joinedload(open_to_all) if way is None else way.joinedload(open_to_all)
            else:
                way = selectinload(attribute) if way is None else way.selectinload(attribute)
        return way

    return option


def _task(clock: Any, row: Any, wait: Wait) -> Task:
    entity = entities()[clock.entity]
    note = _("%(step)s: %(words)s", step=said(clock), words=clock.note) if clock.note else ""
    detail = ". ".join(filter(None, (filled(wait.detail, row) or str(_since(clock, row)), str(note))))
    url = url_for(wait.page, id=row.id) if wait.page else url_of(row)
    return Task(filled(wait.task, row), url, wait.action, detail, clock.due_on, entity.icon,
                f"{entity.name}/{row.id}", menu_of(entity))  # fmt: skip


def _since(clock: Any, row: Any) -> Words:
    return _("%(number)s, since %(day)s", number=title_of(row), day=day(local(clock.since)))


def _late(clock: Any, row: Any, wait: Wait, place: str) -> Task:
    """Return what is told of a row whose deadline has passed below a person."""
    entity = entities()[clock.entity]
    title = _("Late at %(place)s: %(task)s", place=place, task=filled(wait.task, row))
    return Task(title, url_of(row), _("See"), _since(clock, row), clock.due_on, "clock", f"{entity.name}/{row.id}",
                menu_of(entity))  # fmt: skip


def task_of_many(kind: Any) -> Task:
    """Return the one task that stands for many rows of a kind; it leads to their list."""
    entity, wait, index = kind.entity, kind.wait, kind.entity.index
    if kind.told:
        title = _("Late below you: %(number)s (%(what)s)", number=number(kind.number), what=entity.plural)
        url = url_for(index, view="overdue")
        return Task(title, url, _("Open the list"), "", kind.due, "clock", menu=menu_of(entity), count=kind.number)
    known = wait.many or _("%(what)s, %(state)s: %(number)s")
    state = entity.machine.states[kind.state].label
    words = str(known) % {"number": number(kind.number), "what": entity.plural, "state": state}
    narrowed = {"view": wait.view} if wait.view else {"f.state": kind.state}
    url = url_for(index, **narrowed)
    return Task(words, url, _("Open the list"), "", kind.due, entity.icon, menu=menu_of(entity), count=kind.number)


def menu_of(entity: Entity) -> str:
    """Return the endpoint of the line of the menu behind which the tasks of an entity are counted."""
    return str(entity.machine.menu or entity.index)
