"""The notice of a deadline that has passed: to whoever holds the ball, and to those further up who are told of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.contract.plugins import entities
from core.contract.ports import Event, NoticeKind, Words
from core.contract.words import _
from core.data import clocks
from core.data.calendar import local
from core.users.directory import services as directory
from core.users.rights import rules
from core.web.pages import day

PASSED = "core.deadline.passed"


def _who(event: Event, row: Any) -> Iterable[int]:
    """Return who is told: those further up each time, whoever holds the ball the first time. Where the row went on
    before anybody was told, nothing is late any more, and nobody is."""
    clock = None if row is None else clocks.running([row]).get(event.ref)
    if clock is None or not clock.level or clock.state != event.data["state"]:
        return []
    return [*(_holders(clock, event) if event.data["level"] == 1 else ()), *_further_up(event)]


def _holders(clock: clocks.Clock, event: Event) -> Iterable[int]:
    if clock.user_id is not None:
        return [clock.user_id]
    return directory.nearest(clock.right, event.data["place"], besides=clocks.barred(clock)) if clock.right else []


def _further_up(event: Event) -> Iterable[int]:
    """Return those whose right is of the very place that is told, as the inbox shows it to them."""
    right, path = event.data["to_right"], event.data["to_place"]
    people = directory.holders_at(right, [path], (), rules.by_name)[0] if path else []
    return [one.user_id for one in people if one.path == path]


def _said(event: Event) -> tuple[Words, Words]:
    entity = entities().get(event.ref.rpartition("/")[0])
    machine = None if entity is None else entity.machine
    state = None if machine is None else machine.states.get(event.data["state"])
    due = day(local(datetime.fromisoformat(event.data["due"])).date())
    title = _(
        "%(what)s %(number)s: the deadline has passed",
        what=event.ref.rpartition("/")[0] if entity is None else entity.label, number=event.data["number"],
    )  # fmt: skip
    if state is None:
        return title, _("It was due on %(day)s.", day=due)
    return title, _("It was due on %(day)s. State: %(state)s.", day=due, state=state.label)


KINDS = [
    NoticeKind(PASSED, _("A deadline has passed, of mine or of those below me"), [PASSED], _who, _said, icon="clock")
]
