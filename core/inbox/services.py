"""What waits for the person who is signed in, from all plugins, the most urgent first.

What waits in a state is counted by one statement over the clocks of all machines; rows are read where tasks are shown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import and_, func, literal, or_, select, true, union_all

from core.contract.entities import Entities, Entity
from core.contract.plugins import asked, entities, hooks, permissions
from core.contract.ports import Task
from core.contract.words import _, ngettext
from core.data import clocks
from core.data.access import Access, acting
from core.data.clocks import Clock
from core.data.db import db, today
from core.data.kept import per_rights_beside
from core.data.states import State
from core.data.waits import Wait
from core.inbox import rows
from core.users.rights.held import held_by, own
from core.users.rights.rules import by_name, given_by, lent_by

SHOWN = 5  # tasks of one kind; of more, one task tells the number
GROUPS = {"late": _("Overdue"), "today": _("Today"), "later": _("Coming up"), "open": _("Without a date")}


@dataclass(frozen=True)
class Waiting:
    """A task with the badge of its due date, and the person for whom it waits where that is somebody else."""

    task: Task
    state: State | None
    group: str
    whom: str = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)


class Kind(NamedTuple):
    """What waits for a person of one kind: rows of an entity in one view of its list, or late ones below him."""

    entity: Entity
    wait: Wait
    state: str
    number: int
    due: date | None
    told: bool


@dataclass
class Inbox:
    """What waits for one person, and for those he stands in for: numbers for every page, tasks where they are shown."""

    access: Access

    @cached_property
    def kinds(self) -> list[Kind]:
        """Return what waits in states, a line a kind; one statement."""
        found: dict[tuple[Any, ...], Kind] = {}
        for row in db.session.execute(_numbers(self.access, entities())):
            entity, wait = entities().get(row.entity), clocks.wait_of(row)
            if entity is not None and wait is not None:
                one = Kind(entity, wait, row.state, row.number, row.due_on, bool(row.told))
                key = row.entity, row.told or wait.view or row.state
                found[key] = _together(found[key], one) if key in found else one
        return list(found.values())

    @cached_property
    def by_hand(self) -> list[Waiting]:
        """Return what plugins say by themselves: to this person, then to those he stands in for."""
        found: list[Waiting] = []
        for whom, access in _hands(self.access):
            known = {(one.task.url, one.task.title) for one in found}
            with acting(access):
                theirs = list(asked(hooks().inbox))
            found += [waiting(task, whom) for task in theirs if (task.url, task.title) not in known]
        return found

    @property
    def number(self) -> int:
        """Return how many things wait."""
        return sum(kind.number for kind in self.kinds) + number_of(self.by_hand)

    @cached_property
    def behind(self) -> Counter[str]:
        """Return {endpoint of a line of the menu: how many things wait behind it}."""
        found = Counter({"inbox.inbox": self.number})
        for kind in self.kinds:
            found[rows.menu_of(kind.entity)] += kind.number
        for one in self.by_hand:
            found[one.task.menu] += one.task.count
        return found

    @cached_property
    def tasks(self) -> list[Waiting]:
        """Return all tasks: overdue first, then by date, those without a date last."""
        found = [*self.by_hand, *self._in_states()]
        return sorted(found, key=lambda one: (list(GROUPS).index(one.group), one.task.due or date.max))

    def _in_states(self) -> Iterator[Waiting]:
        yield from (waiting(rows.task_of_many(kind)) for kind in self.kinds if kind.number > SHOWN)
        few, seen = [kind for kind in self.kinds if kind.number <= SHOWN], set[int]()
        for whom, access in _hands(self.access) if few else ():
            found = [clock for clock in _clocks_of(access, few) if clock.id not in seen]
            seen |= {clock.id for clock in found}
            with acting(self.access):
                yield from (waiting(task, whom) for task in rows.tasks(found))


def _hands(access: Access) -> list[tuple[str, Access]]:
    """Return (name, what he may do) of the person himself, without a name, and of each for whom he stands in."""
    return [("", access.own), *((one.name, replace(access, grants=(), lent=(one,))) for one in access.lent)]


def _clocks_of(access: Access, few: Sequence[Kind]) -> Sequence[Any]:
    """Return the clocks of the kinds of which each row is a task of its own, whoever waits longest first."""
    every = _clocks(access, entities()).subquery().c
    mine = (
        and_(every.entity == kind.entity.name, every.told == int(kind.told),
             true() if kind.told else every.view == kind.wait.view if kind.wait.view else every.state == kind.state)
        for kind in few
    )  # fmt: skip
    return db.session.execute(select(*every).where(or_(*mine)).order_by(every.since, every.id)).all()


def _together(one: Kind, other: Kind) -> Kind:
    due = min((day for day in (one.due, other.due) if day), default=None)
    return one._replace(number=one.number + other.number, due=due)


@per_rights_beside
def _numbers(access: Access, known: Entities) -> Any:
    """Return the select of how many clocks of each wait are with a person, or came up to him."""
    by = (Clock.entity, Clock.state, Clock.position)
    counted = func.count().label("number"), func.min(Clock.due_on).label("due_on")
    parts = (select(*by, literal(told).label("told"), *counted).where(mine) for told, mine in _mine(access))
    return union_all(*(part.group_by(*by) for part in parts))


@per_rights_beside
def _clocks(access: Access, known: Entities) -> Any:
    """Return the select of the clocks that are with a person, or came up to him."""
    names = ("id", "entity", "entity_id", "state", "position", "view", "since", "due_on", "action", "note", "place_id")
    columns = [getattr(Clock, name) for name in names]
    return union_all(*(select(*columns, literal(told).label("told")).where(mine) for told, mine in _mine(access)))


def _mine(access: Access) -> Sequence[tuple[int, Any]]:
    return (0, clocks.holds(access)), (1, clocks.told(access))


def own_work(access: Access) -> Access:
    """Return the rights whose work waits for a person: who holds "all rights" looks after the system, and the work of
    a trade waits for him where a role of his names its rights."""
    if not access.gives and not access.lent:
        return access
    known, held = permissions(), held_by(access.user_id)

    def kept(rights: Iterable[tuple[str, str]], named: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple(sorted({right for right in rights if right[0].startswith("core.")} | set(named)))

    named = {one.user_id: one.rights for one in lent_by(held, known, by_name)}
    lent = (replace(one, rights=kept(one.rights, named.get(one.user_id, ()))) for one in access.lent)
    grants = kept(access.grants, given_by(own(held), known, by_name)) if access.gives else access.grants
    return replace(access, grants=grants, lent=tuple(lent))


def waiting(task: Task, whom: str = "") -> Waiting:
    """Return a task with its badge, for this person or for whom he stands in."""
    return Waiting(task, *badge(task.due), whom)


def badge(due: date | None) -> tuple[State | None, str]:
    """Return the badge of a deadline, late by so many days, today, or in so many days, and its group."""
    if due is None:
        return None, "open"
    days = (due - today()).days
    if days < 0:
        return State(ngettext("%(num)s day late", "%(num)s days late", -days), "danger"), "late"
    if days == 0:
        return State(_("today"), "warn"), "today"
    tone = "warn" if days <= 3 else "neutral"
    return State(ngettext("in %(num)s day", "in %(num)s days", days), tone), "later"


def number_of(found: Sequence[Waiting]) -> int:
    """Return how many things wait; a task may stand for a list of them."""
    return sum(one.task.count for one in found)


def grouped(found: Sequence[Waiting]) -> list[tuple[Any, int, list[Waiting]]]:
    """Return (label, number of things, tasks) of the groups that have tasks."""
    groups = [(label, [one for one in found if one.group == group]) for group, label in GROUPS.items()]
    return [(label, number_of(members), members) for label, members in groups if members]
