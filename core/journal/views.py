"""The journal: every act, by person, facility, kind and day; and the check of its seals."""

from typing import Any

from flask import Blueprint, g, request, url_for
from werkzeug.datastructures import MultiDict

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.search import clean
from core.jobs.services import enqueue, latest
from core.journal import acts, services
from core.journal.forms import Filters
from core.web.doing import act
from core.web.fields import row_id
from core.web.pages import page, permission
from core.web.paging import pager

bp = Blueprint("journal", __name__)
VERIFY = "core.verify_audit"
CHECK = Verb(
    "core.audit.check", _("Check the trail"), services.VIEW,
    lambda: enqueue(VERIFY, _("Proof of the audit trail")), said=_("Every line is being checked."),
    to=lambda job: url_for("jobs.show", id=job.id),
)  # fmt: skip
OWN = ("person", "facility", "entity", "action", "since", "until")


@bp.get("/journal")
@permission(services.VIEW)
def index() -> Any:
    """Show the acts this person may read, the latest first."""
    asked = MultiDict((name, clean(value)) for name, value in request.args.items() if clean(value))
    form: Any = Filters(asked, meta={"csrf": False}) if asked.keys() & set(OWN) else Filters(formdata=None)
    fits = not asked.keys() & set(OWN) or form.validate()
    found, more = acts.find(_chosen(form, asked), asked.get("before", "")) if fits else ([], "")
    kept: dict[str, Any] = {name: value for name, value in asked.items() if name != "before"}
    urls = {
        "latest": url_for(".index", **kept) if asked.get("before") else None,
        "older": url_for(".index", **kept, before=more) if more else None,
    }
    return page(
        "journal/index.html", title=_("Journal"), filters=form, asked=asked, acts=found, urls=urls,
        checked=latest(VERIFY), user_id=current().user_id,
    )  # fmt: skip


def _chosen(form: Any, asked: MultiDict[str, str]) -> dict[str, Any]:
    """Return the filters of the form, and the one object or person that another page asks for."""
    found = {name: form[name].data for name in OWN if name != "person"}
    person = form.person.data
    user_id = person.id if person is not None else asked.get("user_id", type=row_id)
    return found | {"user_id": user_id, "entity_id": asked.get("entity_id")}


@bp.get("/journal/<stream>/<int:seq>")
@permission(services.VIEW)
def show(stream: str, seq: int) -> Any:
    """Show an act: who, when, where and why, and every line of it."""
    g.menu_endpoint, here = "journal.index", max(1, request.args.get("page", 1, type=row_id))
    found, lines = acts.of(stream, seq, here)

    def url(number: int) -> str:
        return url_for(".show", stream=stream, seq=seq, page=number)

    return page(
        "journal/show.html", act=found, line=found.main, lines=lines, pages=pager(here, acts.SHOWN, found.number, url)
    )


@bp.post("/journal/verify")
@permission(services.VIEW)
def verify() -> Any:
    """Start the check of every seal of the trail."""
    return act(CHECK)
