"""Who holds the ball of a row, and until when: what its page says of the clock that runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.contract.entities import ref
from core.contract.ports import Words
from core.data import clocks
from core.data.clocks import Clock
from core.data.naming import title_of
from core.data.states import State
from core.data.waits import Wait, follow
from core.inbox import services
from core.users.directory import services as directory
from core.users.rights import rules


@dataclass(frozen=True)
class Ball:
    """What a row waits for: whose turn it is, by name as far as somebody is known, and until when."""

    document: str
    action: Words
    place: str
    people: Sequence[str]
    due_on: date | None
    state: State | None


def of(*objects: Any) -> list[Ball]:
    """Return the balls of some rows, in their order; two statements, and one for each further right that is waited
    for."""
    running, found = clocks.running(objects), []
    for row in objects:
        clock = running.get(ref(row))
        wait = None if clock is None else clocks.wait_of(clock)
        if clock is not None and wait is not None:
            found.append(_ball(row, clock, wait))
    return found


def _ball(row: Any, clock: Clock, wait: Wait) -> Ball:
    place = follow(row, wait.at) if wait.right else None
    badge = services.badge(clock.due_on)[0]
    where = "" if place is None else place.name
    return Ball(title_of(row), wait.action, where, _people(clock, wait, place), clock.due_on, badge)


def _people(clock: Clock, wait: Wait, place: Any) -> Sequence[str]:
    """Return the names of those whose turn it is, whoever stands nearest."""
    if not wait.right:
        return list(directory.names([clock.user_id]).values()) if clock.user_id else ()
    if place is None:
        return ()
    people = directory.holders_at(wait.right, [place.path], clocks.barred(clock), rules.by_name)[0]
    return directory.named([(one.name, one.role) for one in people if one.path == people[0].path])
