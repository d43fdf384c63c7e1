"""The pages of the calendar: public holidays, and when places work."""

from collections.abc import Iterator
from typing import Any

from babel.dates import format_date
from flask import Blueprint, g, url_for

from core import journal
from core.calendar import display
from core.calendar.forms import own_hours
from core.calendar.tables import HolidayTable, HoursTable
from core.calendar.verbs import ADD, CHANGE, PROPOSE, WORK
from core.contract.ports import Panel
from core.contract.verbs import Verb
from core.contract.words import _, locale
from core.data.access import current
from core.data.calendars import EDIT, Holiday, calendar_of, hours_at
from core.data.db import today
from core.data.worktime import OFFICE
from core.facilities.models import Facility
from core.web.doing import submit
from core.web.pages import get_or_404, page, panels, permission, signed_in
from core.web.verbs import blank, url_of

bp = Blueprint("calendar", __name__, url_prefix="/calendar")
IMPORT = "core.import"
HOLIDAYS, HOURS = _("Public holidays"), _("Working hours")


@bp.context_processor
def _words() -> dict[str, Any]:
    g.setdefault("menu_endpoint", "calendar.index")
    return {"states": display.STATES, "weekday": lambda on: format_date(on, "EEEE d MMMM y", locale())}


def crumbs(last: Any = None) -> list[tuple[Any, str | None]]:
    """Return the way from the list of holidays to a page."""
    return [(HOLIDAYS, url_for("calendar.index")), *([(last, None)] if last else [])]


@bp.get("/")
@signed_in
def index() -> Any:
    """Show the public holidays of the country and its parts."""
    actions = [(url_for("calendar.all_hours"), HOURS, "clock", False)]
    if current().can(EDIT):
        if current().can(IMPORT):
            actions.append((url_for("imports.new", entity="core.holiday"), _("Import"), "upload", False))
        actions.append((url_of(PROPOSE), PROPOSE.label, "calendar", False))
        actions.append((url_for("calendar.new"), ADD.label, "plus", True))
    words = _("Deadlines in working days and hours pass over these days, and over the days on which a place is closed.")
    return HolidayTable().respond(HOLIDAYS, words, actions=actions)


@bp.get("/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Show a public holiday and its history."""
    row = get_or_404(Holiday, id)
    may = current().can(EDIT, row.facility)
    return page("calendar/holiday.html", row=row, crumbs=crumbs(row.label_fr), may_edit=may, history=journal.panel(row),
                panels=panels(row))  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@permission(EDIT)
def new() -> Any:
    """Add a public holiday."""
    return _form(ADD, None, url_for("calendar.index"), crumbs(ADD.label))


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Move a public holiday, name it otherwise, or settle its day."""
    row = get_or_404(Holiday, id)
    current().require(EDIT, row.facility)
    cancel = url_for("calendar.show", id=id)
    return _form(CHANGE, row, cancel, [*crumbs(), (row.label_fr, cancel), (CHANGE.label, None)])


def _form(verb: Verb, row: Any, cancel: str, way: Any, **more: Any) -> Any:
    form = blank(verb, row)
    done = submit(form, verb, None if row is None else row.id)
    return done or page("calendar/form.html", form=form, title=verb.label, cancel=cancel, crumbs=way, **more)


@bp.get("/hours")
@signed_in
def all_hours() -> Any:
    """Show the places with working hours of their own."""
    words = _("A place without hours of its own works as the place above it.")
    return HoursTable().respond(HOURS, words, crumbs=crumbs(HOURS))


@bp.get("/hours/<int:id>")
@signed_in
def hours(id: int) -> Any:
    """Show when a place works, and from where it has that."""
    place = get_or_404(Facility, id)
    row = hours_at(place)
    own, day = own_hours(row, place), today()
    calendar = calendar_of(place)
    coming = [calendar.working_day_after(day, number) for number in (1, 2, 3)]
    return page(
        "calendar/hours.html", place=place, week=display.said(calendar.week), row=row, own=own, today=day,
        works=calendar.is_working_day(day), coming=coming, may_edit=current().can(EDIT, place),
        crumbs=[*crumbs(), (HOURS, url_for("calendar.all_hours")), (place.name, None)],
        history=journal.panel(row) if own else None,
    )  # fmt: skip


@bp.route("/hours/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit_hours(id: int) -> Any:
    """Give a place working hours of its own, or change them."""
    place = get_or_404(Facility, id)
    current().require(EDIT, place)
    cancel = url_for("calendar.hours", id=id)
    way = [*crumbs(), (HOURS, url_for("calendar.all_hours")), (place.name, cancel), (WORK.label, None)]
    note = _(
        "Write hours as 07:30-12:00 14:00-17:30, 24h for the whole day, nothing for a day without work. A night goes "
        "up to 24:00 and on from 00:00 the next day."
    )
    return _form(WORK, place, cancel, way, note=note, subtitle=place.name)


def panel(obj: Any) -> Iterator[Panel]:
    """Yield when a facility works, for its page."""
    if isinstance(obj, Facility):
        row = hours_at(obj)
        week = OFFICE if row is None else row.week
        context = {"week": display.said(week), "row": row, "own": own_hours(row, obj)}
        url = url_for("calendar.hours", id=obj.id)
        yield Panel(HOURS, "calendar/panel.html", context, url, _("Open"), aside=True, order=90)
