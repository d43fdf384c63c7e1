"""The page of the installation itself: recurring work, anchors, unsafe settings; and its alarms in the inbox."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, url_for

from core.contract.ports import Recurring, Task, Words
from core.contract.verbs import Verb
from core.contract.words import _, ngettext
from core.data import outbox
from core.data.access import current
from core.data.errors import Missing
from core.jobs import schedule
from core.notices.views import office
from core.upkeep import anchors, deploy
from core.web.doing import act
from core.web.forms import Form, HiddenField
from core.web.pages import page, permission

SEE = "core.system"


class TurnForm(Form):
    """A piece of recurring work."""

    name = HiddenField()


RUN = Verb(
    "core.schedule.run", _("Now"), SEE, schedule.bring_forward, form=TurnForm, to="upkeep.index",
    said=_("It starts within half a minute. Reload the page to see what came of it."),
)  # fmt: skip
AGAIN = Verb(
    "core.fact.again", _("Again"), SEE, outbox.try_again, to="upkeep.index",
    said=_("It is told again within half a minute."),
)  # fmt: skip
bp = Blueprint("upkeep", __name__)


@bp.get("/system")
@permission(SEE)
def index() -> Any:
    """Show what is done by itself, with its outcome, and what is unsafe."""
    return page(
        "upkeep/index.html", title=_("System"), turns=schedule.turns(), findings=deploy.findings(),
        stuck=outbox.stuck(), office=office(),
        anchor={"at": anchors.latest_at(), "folder": anchors.folder(), "outside": anchors.outside()},
    )  # fmt: skip


@bp.post("/system/<name>/run")
@permission(SEE)
def run(name: str) -> Any:
    """Let a piece of recurring work be done now."""
    if name not in schedule.entries():
        raise Missing(None)
    form = TurnForm()
    form.name.data = name
    return act(RUN, form=form)


@bp.post("/system/facts/again")
@permission(SEE)
def again() -> Any:
    """Let what plugins could not hear be told them anew."""
    return act(AGAIN)


def inbox() -> Iterator[Task]:
    """Yield what an administrator must know of the work that nobody watches."""
    if not current().can(SEE):
        return
    for entry, message in schedule.failures():
        title, url = _("Failed: %(work)s", work=entry.label), url_for("upkeep.index")
        yield Task(title, url, _("See why"), message, icon="circle-alert")
    if stuck := outbox.stuck():
        title = _("Facts that were not heard by %(plugins)s", plugins=", ".join(sorted({one.plugin for one in stuck})))
        yield Task(
            title, url_for("upkeep.index", _anchor="facts"), _("See why"), stuck[0].error[:200], icon="circle-alert"
        )


@bp.app_template_filter()
def rhythm(entry: Recurring) -> Words:
    """Return how often a piece of work comes back."""
    if entry.at is not None:
        return _("every day at %(time)s", time=entry.at.strftime("%H:%M"))
    assert entry.every is not None
    minutes = int(entry.every.total_seconds() // 60)
    if minutes % 60:
        return ngettext("every minute", "every %(num)s minutes", minutes)
    return ngettext("every hour", "every %(num)s hours", minutes // 60)
