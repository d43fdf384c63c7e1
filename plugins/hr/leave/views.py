"""The pages of leave: the list, a request, one's own, the working of a balance, the month of a unit."""

from typing import Any

from babel.dates import format_date
from flask import Blueprint, g

from core.contract.words import _, locale
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Missing
from core.data.states import history
from core.facilities.where import place_here
from core.nouns.pages import pages
from core.nouns.views import show
from core.web import documents
from core.web.doing import submit
from core.web.months import month_asked, month_beside
from core.web.pages import get_or_404, page, panels, permission, signed_in
from core.web.verbs import blank
from plugins.hr.leave.balances import accounts_of, own_leave
from plugins.hr.leave.models import BEYOND, PERIODS, ROUNDINGS, UNITS, LeaveCause, LeaveRequest
from plugins.hr.leave.month import at_place, month_of, touched
from plugins.hr.leave.reckoning import policies_of
from plugins.hr.leave.service import Service, known, person_of, service_of
from plugins.hr.leave.states import COUNTED, SHOWN, shown, shown_state
from plugins.hr.leave.tables import EntryTable, LeaveTable, PolicyTable, TypeTable
from plugins.hr.leave.verbs import ASK_FOR_LEAVE, OF_POLICIES, OF_TYPES
from plugins.hr.leave.words import said
from plugins.hr.persons.models import Person
from plugins.hr.rights import ASK, DECIDE, LEAVE

FILES = "files/panel.html"  # what proves a confidential reason hangs on that reason, which fewer people read
TEMPLATES, LIST = "hr/leave/", "hr_leave.index"
bp = Blueprint("hr_leave", __name__, template_folder="../templates", url_prefix="/hr/leave")
types = Blueprint("hr_leave_types", __name__, url_prefix="/hr/leave-types")
policies = Blueprint("hr_leave_policies", __name__, url_prefix="/hr/leave-rules")
entries = Blueprint("hr_leave_entries", __name__, url_prefix="/hr/leave-ledger")
causes = Blueprint("hr_leave_causes", __name__, url_prefix="/hr/leave-causes")
pages(types, TypeTable, OF_TYPES[0])
pages(policies, PolicyTable, OF_POLICIES[0])
pages(entries, EntryTable)


def drawn(row: LeaveRequest) -> Any:
    """Return the page of a leave: the days, the balance of who may read it, and who is away meanwhile."""
    others = [one for one in _beside(row) if one.id != row.id]
    return show(
        row, f"{TEMPLATES}show.html", state=shown_state(row), others=others, shown_state=shown_state,
        paper=row.state in COUNTED, kind=_account_of(row), file=db.session.get(Person, row.person_id),
        panels=[one for one in panels(row) if row.type is not None or one.template != FILES],
    )  # fmt: skip


def _account_of(row: LeaveRequest) -> int | None:
    """Return the kind of which there is an account that this person may read."""
    kind = row.type or (row.cause.type if row.cause else None)
    return kind.id if kind is not None and any(one.annual for one in policies_of([kind.id]).get(kind.id, [])) else None


def _beside(row: LeaveRequest) -> Any:
    if not current().can(LEAVE, row.facility):
        return []
    return at_place(row.facility, row.first_day, row.last_day)


pages(bp, LeaveTable, None, _("Who is away, when, and who stands in."), drawn)


@causes.get("/<int:id>", endpoint="show")
@signed_in
def cause(id: int) -> Any:
    """Show why somebody is away, to few; that it was read is kept."""
    g.menu_endpoint = LIST
    return show(get_or_404(LeaveCause, id))


def _own() -> Service:
    """Return the person who is signed in; Missing where his account belongs to no file."""
    found = person_of(current().own_id)
    if found is None:
        raise Missing(_("Your account is linked to no personal file: ask those who keep the files."))
    return service_of(found)


@bp.get("/mine")
@signed_in
def mine() -> Any:
    """Show one's own leave: what is left, what was asked for, what comes next."""
    found = person_of(current().own_id)
    service = None if found is None else service_of(found)
    return page(
        f"{TEMPLATES}mine.html", service=service, accounts=[] if service is None else accounts_of(service),
        rows=[] if service is None else own_leave(service), may_ask=current().can(ASK), days_said=said,
        shown_state=shown_state, today=today(),
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@permission(ASK)
def new() -> Any:
    """Ask for leave."""
    g.menu_endpoint = "hr_leave.mine"
    service, form = _own(), blank(ASK_FOR_LEAVE)
    return submit(form, ASK_FOR_LEAVE) or page(
        f"{TEMPLATES}new.html",
        form=form,
        verb=ASK_FOR_LEAVE,
        accounts=accounts_of(service),
        days_said=said,
        today=today(),
    )


@bp.get("/account/<int:id>/<int:kind>")
@signed_in
def account(id: int, kind: int) -> Any:
    """Show what is left of a kind of leave of somebody, with its whole working."""
    service = _readable(id)
    found = next((one for one in accounts_of(service) if one.type.id == kind), None)
    if found is None:
        raise Missing(None)
    day = today()
    rows = {row.id: row for row in own_leave(service)}
    return page(
        f"{TEMPLATES}account.html", service=service, account=found, lots=found.lots(day), balance=found.at(day),
        today=day, days_said=said, rows=rows, shown_state=shown_state, states=SHOWN,
        own=person_of(current().own_id) == id,
        units=UNITS, periods=PERIODS, roundings=ROUNDINGS, beyond=BEYOND,
    )  # fmt: skip


def _readable(person_id: int) -> Service:
    """Return somebody whose leave this person may read: his own, or of a place where he reads leave; Missing else."""
    if person_of(current().own_id) == person_id:
        return service_of(person_id)
    found = known(person_id)
    if found is None or not current().can(LEAVE, found.place):
        raise Missing(None)
    return found


@bp.get("/month")
@permission(LEAVE)
def month() -> Any:
    """Show who is away in a month, day by day."""
    place, first = place_here(LEAVE), month_asked()
    days = month_of(place, first)
    keep = {"facility": place.id} if place.id != g.place.id else {}
    rows = {one.id: one for each in days for one in each.away}
    return page(
        f"{TEMPLATES}month.html", place=place, first=first, days=days, rows=list(rows.values()), keep=keep,
        before=month_beside(first, -1), after=month_beside(days[-1].day, 1), today=today(), shown_state=shown_state,
        shown=shown, weekday=lambda day: format_date(day, "EEE d", locale()),
    )  # fmt: skip


@bp.get("/touched")
@permission(DECIDE)
def changed_calendar() -> Any:
    """List the leave that the calendar counts otherwise by now."""
    g.menu_endpoint = LIST
    return page(f"{TEMPLATES}touched.html", found=touched(), shown_state=shown_state)


@bp.get("/<int:id>/paper")
@signed_in
def paper(id: int) -> Any:
    """Return the paper of a leave (PDF): its title, and the record of the return, to be signed."""
    row = get_or_404(LeaveRequest, id)
    if row.state not in COUNTED:
        raise Missing(None)
    content = documents.paper(
        f"{TEMPLATES}paper.html", _("Leave"), row.number, row.facility.name, row=row, steps=history(row),
        state=shown_state(row), units=UNITS,
    )  # fmt: skip
    return documents.answer(row.number, content)
