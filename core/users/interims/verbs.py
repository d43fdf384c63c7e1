"""What is done with interims."""

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.users.accounts.models import User
from core.users.interims import services
from core.users.interims.forms import InterimForm
from core.users.interims.models import Interim
from core.users.signin.login import proved
from core.web.forms import ReasonForm


def _page_of(row: Interim) -> str:
    return url_for("users.interim", id=row.id)


def _form_for(absent: User) -> InterimForm:
    return InterimForm(absent)


BEGIN = Verb(
    "core.interim.begin", _("New interim"), "", services.begin, User, _form_for,
    lambda row: _("%(name)s: the interim is kept; both are told.", name=row.name), _page_of, "users.new_interim",
    guard=proved,
)  # fmt: skip
END = Verb(
    "core.interim.end", _("End the interim"), "", services.end, Interim, ReasonForm, _("The interim has ended."),
    _page_of, warning=_("What it lends ends at once."),
)  # fmt: skip
VERBS = [BEGIN, END]
