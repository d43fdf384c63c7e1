"""The pages of the settings: each a list, a page with its history, and the forms to change it."""

from typing import Any

from flask import Blueprint, g, url_for
from sqlalchemy import select

from core import journal
from core.contract.ports import Panel
from core.contract.verbs import Verb
from core.contract.words import _, label_of
from core.data.access import current
from core.data.db import db
from core.facilities.models import FacilityType
from core.web.doing import submit
from core.web.pages import get_or_404, moment, number, page, permission
from core.web.verbs import blank, url_of
from plugins.elmis.ledger.models import KINDS, Period, Reason
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.requisitions.approvals import places
from plugins.elmis.requisitions.models import SET_UP, VIEW, SupplyLine
from plugins.elmis.settings import forms, services, tables, verbs

bp = Blueprint("elmis_settings", __name__, url_prefix="/elmis/settings", template_folder="../templates")
TEMPLATES = "elmis/settings/"
STOCK = "elmis.stock.view"
TITLE, LINES, LEVELS = _("eLMIS settings"), _("Supply lines"), _("Levels of approval")
MONTHS, REASONS, WAYS = _("Months"), _("Reasons of movements"), _("Ways of goods")


@bp.context_processor
def _words() -> dict[str, Any]:
    g.setdefault("menu_endpoint", "elmis_settings.index")
    return {"may_edit": current().can(SET_UP)}


def crumbs(title: Any = None, endpoint: str = "", last: Any = None) -> list[tuple[Any, str | None]]:
    """Return the way to a page: the settings, their list, the page itself."""
    way: list[tuple[Any, str | None]] = [(TITLE, url_for("elmis_settings.index"))]
    if title is not None:
        way.append((title, url_for(f"elmis_settings.{endpoint}") if last is not None else None))
    return [*way, (last, None)] if last is not None else way


def listed(table: Any, title: Any, subtitle: Any, *actions: Any) -> Any:
    """Return the page of a list, with its buttons for whoever may change it."""
    return table.respond(title, subtitle, crumbs=crumbs(title), actions=actions if current().can(SET_UP) else ())


def form_page(verb: Verb, row: Any, title: Any, way: Any, cancel: str, note: Any = "") -> Any:
    """Return the answer of the form of a verb, or its page."""
    template, form = f"{TEMPLATES}form.html", blank(verb, row)
    done = submit(form, verb, row.id if row is not None else None)
    return done or page(template, form=form, title=title, crumbs=way, cancel=cancel, note=note)


def button(verb: Verb, row: Any, icon: str) -> tuple[str, Any, str]:
    """Return the address, the label and the icon of a button."""
    return url_of(verb, row), verb.label, icon


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show what can be set."""
    return page(f"{TEMPLATES}index.html", title=TITLE)


# Supply lines


@bp.get("/supply-lines")
@permission(VIEW)
def supply_lines() -> Any:
    """Show who supplies whom."""
    action = (url_for("elmis_settings.new_supply_line"), _("New supply line"), "plus", True)
    subtitle = _("A facility without a line here is supplied by the nearest depot above it.")
    return listed(tables.SupplyLineTable(), LINES, subtitle, action)


@bp.get("/supply-lines/<int:id>")
@permission(VIEW)
def supply_line(id: int) -> Any:
    """Show a supply line and its history."""
    row = get_or_404(SupplyLine, id)
    facts = [(_("Facility"), row.facility.name), (_("Supplier"), row.supplier.name)]
    return page(
        f"{TEMPLATES}show.html", title=row.facility.name, crumbs=crumbs(LINES, "supply_lines", row.facility.name),
        facts=facts, change=url_for("elmis_settings.edit_supply_line", id=id), history=journal.panel(row),
        post=button(verbs.REMOVE_LINE, row, "trash-2"),
        note=_(
            "Without this line the nearest depot above supplies the facility. Requisitions on the way stay as they are."
        ),
    )  # fmt: skip


@bp.route("/supply-lines/new", methods=["GET", "POST"])
@permission(SET_UP)
def new_supply_line() -> Any:
    """Add a supply line."""
    return _supply_line(verbs.ADD_LINE, None, url_for("elmis_settings.supply_lines"))


@bp.route("/supply-lines/<int:id>/edit", methods=["GET", "POST"])
@permission(SET_UP)
def edit_supply_line(id: int) -> Any:
    """Change a supply line."""
    row = get_or_404(SupplyLine, id)
    return _supply_line(verbs.CHANGE_LINE, row, url_for("elmis_settings.supply_line", id=id))


def _supply_line(verb: Verb, row: SupplyLine | None, cancel: str) -> Any:
    return form_page(verb, row, verb.label, crumbs(LINES, "supply_lines", verb.label), cancel)


# Ways of goods


@bp.get("/ways")
@permission(VIEW)
def ways() -> Any:
    """Show who may send goods to whom without an order."""
    action = (url_for("elmis_settings.new_way"), _("New way of goods"), "plus", True)
    subtitle = _("Who may send goods to whom without an order. What does not stand here is refused.")
    return listed(tables.WayTable(), WAYS, subtitle, action)


@bp.get("/ways/<int:id>")
@permission(VIEW)
def way(id: int) -> Any:
    """Show a way of goods and its history."""
    row = get_or_404(Route, id)
    source, target = KEEPING[row.from_kind], KEEPING[row.to_kind]
    title = f"{source} → {target}"
    return page(
        f"{TEMPLATES}show.html", title=title, crumbs=crumbs(WAYS, "ways", title),
        facts=[(_("Goes from"), source), (_("Goes to"), target)], change=url_for("elmis_settings.edit_way", id=id),
        post=button(verbs.END_WAY, row, "x"), history=journal.panel(row),
        note=_("Once it is ended nothing more is sent along it; what is on the way is received."),
    )  # fmt: skip


@bp.route("/ways/new", methods=["GET", "POST"])
@permission(SET_UP)
def new_way() -> Any:
    """Open a way of goods."""
    return _way(verbs.OPEN_WAY, None, url_for("elmis_settings.ways"))


@bp.route("/ways/<int:id>/edit", methods=["GET", "POST"])
@permission(SET_UP)
def edit_way(id: int) -> Any:
    """Change a way of goods."""
    return _way(verbs.CHANGE_WAY, get_or_404(Route, id), url_for("elmis_settings.way", id=id))


def _way(verb: Verb, row: Route | None, cancel: str) -> Any:
    return form_page(verb, row, verb.label, crumbs(WAYS, "ways", verb.label), cancel)


# Levels of approval


@bp.get("/levels")
@permission(VIEW)
def levels() -> Any:
    """Show where the requisitions of each type of facility are approved."""
    return listed(tables.LevelTable(), LEVELS, _("One place after the other; nobody signs a requisition twice."))


@bp.get("/levels/<int:id>")
@permission(VIEW)
def levels_of(id: int) -> Any:
    """Show where the requisitions of a type of facility are approved, and how that changed."""
    kind = get_or_404(FacilityType, id)
    chain, labels = [level.place for level in services.levels_of(id)], places()
    events = [
        {"title": tables.in_words(past, labels), "detail": f"{step.user_label}, {moment(step.at)}"}
        for step, past in services.past_levels(kind)
    ]
    return page(
        f"{TEMPLATES}show.html", title=label_of(kind), crumbs=crumbs(LEVELS, "levels", label_of(kind)),
        facts=[(_("Approved by"), tables.in_words(chain, labels))],
        change=url_for("elmis_settings.edit_levels", id=id),
        history=Panel(_("History"), f"{TEMPLATES}events.html", {"events": events}),
        note=_("Where no such area lies above a facility, the place directly above it approves."),
    )  # fmt: skip


@bp.route("/levels/<int:id>/edit", methods=["GET", "POST"])
@permission(SET_UP)
def edit_levels(id: int) -> Any:
    """Say where the requisitions of a type of facility are approved."""
    kind, cancel = get_or_404(FacilityType, id), url_for("elmis_settings.levels_of", id=id)
    note = _(
        "Requisitions that wait for an approval now keep their present place; their next step follows the new levels."
    )
    way = crumbs(LEVELS, "levels", label_of(kind))
    return form_page(verbs.SET_LEVELS, kind, label_of(kind), way, cancel, note)


# Months


@bp.get("/months")
@permission(VIEW)
def months() -> Any:
    """Show the months, open and closed."""
    action = (url_for("elmis_settings.close_month"), _("Close a month"), "check", True)
    return listed(tables.MonthTable(), MONTHS, forms.SHUT, action)


@bp.get("/months/<int:id>")
@permission(VIEW)
def month(id: int) -> Any:
    """Show a month and its history."""
    row = get_or_404(Period, id)
    name = tables.month_name(row)
    made, unfinished = db.session.execute(select(tables.REQUISITIONS, tables.UNFINISHED).where(Period.id == id)).one()
    verb, icon = (verbs.REOPEN, "history") if row.closed else (verbs.CLOSE, "check")
    return page(
        f"{TEMPLATES}show.html", title=name, crumbs=crumbs(MONTHS, "months", name), badge=tables.MONTHS[row.closed],
        facts=[(_("Requisitions you see"), number(made)), (_("Not yet approved"), number(unfinished))],
        history=journal.panel(row), post=button(verb, row, icon),
        note=forms.CLOSED if row.closed else "",
    )  # fmt: skip


@bp.route("/months/close", methods=["GET", "POST"])
@permission(SET_UP)
def close_month() -> Any:
    """Close a month that is chosen."""
    title = verbs.CLOSE_MONTH.label
    way = crumbs(MONTHS, "months", title)
    return form_page(verbs.CLOSE_MONTH, None, title, way, url_for("elmis_settings.months"))


# Reasons of movements


@bp.get("/reasons")
@permission(STOCK)
def reasons() -> Any:
    """Show why goods move."""
    return listed(tables.ReasonTable(), REASONS, _("What stock cards say, and what storekeepers choose."))


@bp.get("/reasons/<int:id>")
@permission(STOCK)
def reason(id: int) -> Any:
    """Show a reason and its history."""
    row = get_or_404(Reason, id)
    verb, icon = (verbs.RETIRE, "x") if row.active else (verbs.RESTORE, "check")
    facts = [
        (_("Code"), row.code, "code"), (_("French label"), row.label_fr),
        (_("English label"), row.label_en, "english"),
        (_("Goes from"), KINDS[row.from_kind]), (_("Goes to"), KINDS[row.to_kind]),
        (_("Counts as consumption"), _("Yes") if row.counts_as_consumption else _("No")),
        (_("Needs a comment"), _("Yes") if row.needs_comment else _("No")),
    ]  # fmt: skip
    chosen = services.may_switch(row)
    said = _("Out of use, it is no longer offered; what was recorded under it stays.")
    own = _("The pages record this reason by themselves; it cannot be taken out of use.")
    return page(
        f"{TEMPLATES}show.html", title=row.label, crumbs=crumbs(REASONS, "reasons", row.label),
        badge=tables.IN_USE[row.active], facts=facts, change=url_for("elmis_settings.edit_reason", id=id),
        post=button(verb, row, icon) if chosen else None, history=journal.panel(row), note=said if chosen else own,
    )  # fmt: skip


@bp.route("/reasons/<int:id>/edit", methods=["GET", "POST"])
@permission(SET_UP)
def edit_reason(id: int) -> Any:
    """Change the words of a reason."""
    row, cancel = get_or_404(Reason, id), url_for("elmis_settings.reason", id=id)
    return form_page(verbs.LABEL, row, row.label, crumbs(REASONS, "reasons", row.label), cancel)
