"""What waits for the person who is signed in, from all plugins, the most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.contract.plugins import asked, hooks, permissions
from core.contract.ports import Task
from core.contract.words import _, ngettext
from core.data.access import Access, acting, current
from core.data.db import today
from core.data.states import State
from core.users.rights.rules import by_name, rights_of


@dataclass(frozen=True)
class Waiting:
    """A task with the badge of its due date."""

    task: Task
    state: State | None
    group: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)


GROUPS = {"late": _("Overdue"), "today": _("Today"), "later": _("Coming up"), "open": _("Without a date")}


def tasks() -> list[Waiting]:
    """Return all tasks of this person: overdue first, then by date, those without a date last."""
    with acting(own_work(current())):
        found = [waiting(task) for task in asked(hooks().inbox)]
    return sorted(found, key=lambda one: (list(GROUPS).index(one.group), one.task.due or date.max))


def own_work(access: Access) -> Access:
    """Return the rights whose work waits for a person: who holds "all rights" looks after the system, and the work of
    a trade waits for him where a role of his names its rights."""
    if not access.gives:
        return access
    kept = {right for right in access.grants if right[0].startswith("core.")}
    return replace(access, grants=tuple(sorted(kept | rights_of(access.user_id, permissions(), by_name))))


def waiting(task: Task) -> Waiting:
    """Return a task with its badge: late by so many days, today, or in so many days."""
    if task.due is None:
        return Waiting(task, None, "open")
    days = (task.due - today()).days
    if days < 0:
        return Waiting(task, State(ngettext("%(num)s day late", "%(num)s days late", -days), "danger"), "late")
    if days == 0:
        return Waiting(task, State(_("today"), "warn"), "today")
    tone = "warn" if days <= 3 else "neutral"
    return Waiting(task, State(ngettext("in %(num)s day", "in %(num)s days", days), tone), "later")


def number_of(found: Sequence[Waiting]) -> int:
    """Return how many things wait; a task may stand for a list of them."""
    return sum(one.task.count for one in found)


def grouped(found: Sequence[Waiting]) -> list[tuple[Any, int, list[Waiting]]]:
    """Return (label, number of things, tasks) of the groups that have tasks."""
    groups = [(label, [one for one in found if one.group == group]) for group, label in GROUPS.items()]
    return [(label, number_of(members), members) for label, members in groups if members]
