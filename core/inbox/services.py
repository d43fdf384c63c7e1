"""What waits for the person who is signed in, from all plugins, the most urgent first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.contract.plugins import asked, hooks, permissions
from core.contract.ports import Task
from core.contract.words import _, ngettext
from core.data.access import Access, acting, current
from core.data.db import today
from core.data.states import State
from core.users.rights.held import held_by, own
from core.users.rights.rules import by_name, given_by, lent_by


@dataclass(frozen=True)
class Waiting:
    """A task with the badge of its due date, and the person for whom it waits where that is somebody else."""

    task: Task
    state: State | None
    group: str
    whom: str = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)


GROUPS = {"late": _("Overdue"), "today": _("Today"), "later": _("Coming up"), "open": _("Without a date")}


def tasks() -> list[Waiting]:
    """Return all tasks of this person, and of whoever he stands in for: overdue first, then by date, those without a
    date last."""
    access = own_work(current())
    with acting(access.own):
        found = [waiting(task) for task in asked(hooks().inbox)]
    for lent in access.lent:
        known = {(one.task.url, one.task.title) for one in found}
        with acting(replace(access, grants=(), lent=(lent,))):
            theirs = [waiting(task, lent.name) for task in asked(hooks().inbox)]
        found += [one for one in theirs if (one.task.url, one.task.title) not in known]
    return sorted(found, key=lambda one: (list(GROUPS).index(one.group), one.task.due or date.max))


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
    """Return a task with its badge: late by so many days, today, or in so many days."""
    if task.due is None:
        return Waiting(task, None, "open", whom)
    days = (task.due - today()).days
    if days < 0:
        return Waiting(task, State(ngettext("%(num)s day late", "%(num)s days late", -days), "danger"), "late", whom)
    if days == 0:
        return Waiting(task, State(_("today"), "warn"), "today", whom)
    tone = "warn" if days <= 3 else "neutral"
    return Waiting(task, State(ngettext("in %(num)s day", "in %(num)s days", days), tone), "later", whom)


def number_of(found: Sequence[Waiting]) -> int:
    """Return how many things wait; a task may stand for a list of them."""
    return sum(one.task.count for one in found)


def grouped(found: Sequence[Waiting]) -> list[tuple[Any, int, list[Waiting]]]:
    """Return (label, number of things, tasks) of the groups that have tasks."""
    groups = [(label, [one for one in found if one.group == group]) for group, label in GROUPS.items()]
    return [(label, number_of(members), members) for label, members in groups if members]
