"""What a person does with his notices."""

from typing import Any

from flask import g, url_for

from core.contract.plugins import notice_kinds
from core.contract.verbs import Verb
from core.contract.words import _, ngettext
from core.jobs.services import enqueue
from core.notices import choosing, jobs, post, services
from core.notices.forms import ChannelForm, ChoicesForm, OneForm, UptoForm, stored_choices
from core.notices.models import Notice
from core.web.lookup import url_of

TEST = _("Test of a way out")


def page_of(row: Notice) -> str:
    """Return the page that a notice leads to; that of all notices, where there is none for this person."""
    kind = notice_kinds().get(row.kind)
    if kind is None or row.id not in services.readable([row]):
        return url_for("notices.index")
    obj = services.object_of(row.ref)
    return url_for(kind.endpoint) if kind.endpoint else url_of(obj) if obj is not None else url_for("notices.index")


def _read(id: int | None) -> Notice:
    return services.read(id or 0)


def _read_all(upto: int | None) -> str:
    number = services.read_all(upto or 0)
    return str(ngettext("%(num)s notice marked as read.", "%(num)s notices marked as read.", number))


def _here(_made: Any) -> str:
    return url_for("notices.index")


def _own_choices() -> ChoicesForm:
    return ChoicesForm(row=g.user, stored=stored_choices)


OPEN = Verb("core.notice.open", _("Open"), "", _read, form=OneForm, to=page_of, page="notices.follow")
READ = Verb("core.notice.read", _("Mark as read"), "", _read, form=OneForm, to=_here, page="notices.index")
READ_ALL = Verb(
    "core.notice.read_all", _("Mark all as read"), "", _read_all, form=UptoForm, said=lambda words: words, to=_here,
    page="notices.index",
)  # fmt: skip
TRY = Verb(
    "core.message.try", _("Send a test"), "core.system", lambda channel: enqueue(jobs.TRY, TEST, channel=channel),
    form=ChannelForm, to=lambda job: url_for("jobs.show", id=job.id),
)  # fmt: skip
AGAIN = Verb(
    "core.message.again", _("Send again"), "core.system", lambda: post.again() and None, to="upkeep.index",
    said=_("It is sent again within a minute."),
)  # fmt: skip
CHOOSE = Verb(
    "core.notice.choose", _("Choose the notices"), "", choosing.choose,
    form=_own_choices, said=_("Your choices are kept."),
    to="notices.choices", page="notices.choices",
)  # fmt: skip
