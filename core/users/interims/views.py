"""The pages of interims: one's own, those of the people one looks after, and what was done in whose name."""

from typing import Any

from flask import g, request, url_for

from core.contract.words import _
from core.data import behalf
from core.data.access import current
from core.data.trail import AuditEntry
from core.journal import acts
from core.journal.services import readable
from core.nouns.views import show
from core.users.accounts.models import User
from core.users.blueprint import bp
from core.users.interims import services
from core.users.interims.models import Interim
from core.users.interims.tables import InterimTable
from core.users.interims.verbs import BEGIN, END
from core.users.rights.periods import STATES, period, state
from core.users.signin.login import proved
from core.web.doing import submit
from core.web.pages import get_or_404, page, signed_in
from core.web.verbs import blank


@bp.get("/interims")
@signed_in
def interims() -> Any:
    """List the interims of this person, and of those whom he sees."""
    own = [(url_for(".new_interim", id=g.user.id), _("Let somebody stand in for me"), "plus", True)]
    return InterimTable().respond(_("Interims"), actions=own if services.lendable(g.user.id) else [])


@bp.route("/users/<int:id>/interim", methods=["GET", "POST"])
@signed_in
@proved
def new_interim(id: int) -> Any:
    """Say who stands in for a person."""
    absent = get_or_404(User, id)
    services.require_begin(absent)
    form = blank(BEGIN, absent)
    return submit(form, BEGIN, id) or page(
        "users/new_interim.html", form=form, absent=absent, title=_("Who stands in for %(name)s?", name=absent.name),
        crumbs=[(_("Interims"), url_for(".interims")), (_("New interim"), None)],
    )  # fmt: skip


@bp.get("/interims/<int:id>")
@signed_in
def interim(id: int) -> Any:
    """Show an interim, and what was done by it."""
    row = get_or_404(Interim, id)
    days = {"since": row.first_day, "until": row.last_day}
    found, more = acts.find(days, request.args.get("before", ""), _done(row))
    return show(
        row, "users/interim.html", title=row.name, state=STATES[state(row)], days=period(row), acts=found,
        older=url_for(".interim", id=id, before=more) if more else None,
        verbs=lambda _row: [END] if services.may_end(row) else [],
    )  # fmt: skip


def _done(row: Interim) -> Any:
    """Return the condition on what the stand-in did in the name of the absent person: all of it for the two of them,
    for others what they may read anyway."""
    done = (AuditEntry.user_id == row.stand_in_id) & behalf.names(AuditEntry.behalf, row.absent_id)
    return done if current().user_id in (row.absent_id, row.stand_in_id) else done & readable()
