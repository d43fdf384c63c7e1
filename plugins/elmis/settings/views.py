"""The pages of the settings: each a list, a page with its history, and the forms to change it."""

from typing import Any

from flask import Blueprint, g, url_for
from sqlalchemy import select

from core import journal
from core.contract.ports import Panel
from core.contract.words import _, label_of
from core.data.access import current
from core.data.db import db
from core.facilities.models import FacilityType
from core.web.doing import Done, act, submit
from core.web.pages import get_or_404, moment, number, page, permission
from plugins.elmis.ledger.limits import LABELS, Limit, set_limit
from plugins.elmis.ledger.models import KINDS, Reason
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.requisitions.models import SETTINGS, VIEW, Period, SupplyLine
from plugins.elmis.settings import forms, services, tables

bp = Blueprint("elmis_settings", __name__, url_prefix="/elmis/settings", template_folder="../templates")
TEMPLATES = "elmis/settings/"
STOCK = "elmis.stock.view"
HOME, LINES, LEVELS = _("eLMIS settings"), _("Supply lines"), _("Levels of approval")
MONTHS, REASONS, WAYS = _("Months"), _("Reasons of movements"), _("Ways of goods")


@bp.context_processor
def _words() -> dict[str, Any]:
    g.setdefault("menu_endpoint", "elmis_settings.index")
    return {"may_edit": current().can(SETTINGS)}


def crumbs(title: Any = None, endpoint: str = "", last: Any = None) -> list[tuple[Any, str | None]]:
    """Return the way to a page: the settings, their list, the page itself."""
    way: list[tuple[Any, str | None]] = [(HOME, url_for("elmis_settings.index"))]
    if title is not None:
        way.append((title, url_for(f"elmis_settings.{endpoint}") if last is not None else None))
    return [*way, (last, None)] if last is not None else way


def listed(table: Any, title: Any, subtitle: Any, *actions: Any) -> Any:
    """Return the page of a list, with its buttons for whoever may change it."""
    return table.respond(title, subtitle, crumbs=crumbs(title), actions=actions if current().can(SETTINGS) else ())


def form_page(form: Any, operation: Any, title: Any, way: Any, cancel: str, note: Any = "") -> Any:
    """Return the answer of a form, or its page."""
    template = f"{TEMPLATES}form.html"
    return submit(form, operation) or page(template, form=form, title=title, crumbs=way, cancel=cancel, note=note)


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show what can be set."""
    return page(f"{TEMPLATES}index.html", title=HOME)


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
        post=(url_for("elmis_settings.remove_supply_line", id=id), _("Remove"), "trash-2"),
        note=_("Without this line the nearest depot above supplies the facility. Orders on the way stay as they are."),
    )  # fmt: skip


@bp.route("/supply-lines/new", methods=["GET", "POST"])
@permission(SETTINGS)
def new_supply_line() -> Any:
    """Add a supply line."""
    return _supply_line(None, forms.SupplyLineForm(), _("New supply line"), url_for("elmis_settings.supply_lines"))


@bp.route("/supply-lines/<int:id>/edit", methods=["GET", "POST"])
@permission(SETTINGS)
def edit_supply_line(id: int) -> Any:
    """Change a supply line."""
    form = forms.SupplyLineForm(row=get_or_404(SupplyLine, id))
    return _supply_line(id, form, _("Change a supply line"), url_for("elmis_settings.supply_line", id=id))


def _supply_line(id: int | None, form: Any, title: Any, cancel: str) -> Any:
    def operation() -> Done:
        row = services.save_supply_line(id, form.facility.data, form.supplier.data)
        return Done(url_for("elmis_settings.supply_line", id=row.id), _("The supply line was recorded."))

    return form_page(form, operation, title, crumbs(LINES, "supply_lines", title), cancel)


@bp.post("/supply-lines/<int:id>/remove")
@permission(SETTINGS)
def remove_supply_line(id: int) -> Any:
    """Remove a supply line."""

    def operation() -> Done:
        services.remove_supply_line(id)
        return Done(url_for("elmis_settings.supply_lines"), _("The supply line was removed."))

    return act(operation)


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
        post=(url_for("elmis_settings.end_way", id=id), _("End this way"), "x"), history=journal.panel(row),
        note=_("Once it is ended nothing more is sent along it; what is on the way is received."),
    )  # fmt: skip


@bp.route("/ways/new", methods=["GET", "POST"])
@permission(SETTINGS)
def new_way() -> Any:
    """Open a way of goods."""
    return _way(None, forms.WayForm(), _("New way of goods"), url_for("elmis_settings.ways"))


@bp.route("/ways/<int:id>/edit", methods=["GET", "POST"])
@permission(SETTINGS)
def edit_way(id: int) -> Any:
    """Change a way of goods."""
    form, cancel = forms.WayForm(row=get_or_404(Route, id)), url_for("elmis_settings.way", id=id)
    return _way(id, form, _("Change a way of goods"), cancel)


def _way(id: int | None, form: Any, title: Any, cancel: str) -> Any:
    def operation() -> Done:
        row = services.save_way(id, form.from_kind.data, form.to_kind.data)
        return Done(url_for("elmis_settings.way", id=row.id), _("The way of goods was recorded."))

    return form_page(form, operation, title, crumbs(WAYS, "ways", title), cancel)


@bp.post("/ways/<int:id>/end")
@permission(SETTINGS)
def end_way(id: int) -> Any:
    """End a way of goods."""

    def operation() -> Done:
        services.end_way(id)
        return Done(url_for("elmis_settings.ways"), _("The way of goods is ended."))

    return act(operation)


# Levels of approval


@bp.get("/levels")
@permission(VIEW)
def levels() -> Any:
    """Show where the orders of each type of facility are approved."""
    return listed(tables.LevelTable(), LEVELS, _("One place after the other; nobody signs an order twice."))


@bp.get("/levels/<int:id>")
@permission(VIEW)
def levels_of(id: int) -> Any:
    """Show where the orders of a type of facility are approved, and how that changed."""
    kind = get_or_404(FacilityType, id)
    chain, labels = [level.place for level in services.levels_of(id)], tables.places()
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
@permission(SETTINGS)
def edit_levels(id: int) -> Any:
    """Say where the orders of a type of facility are approved."""
    kind, cancel = get_or_404(FacilityType, id), url_for("elmis_settings.levels_of", id=id)
    form = forms.LevelsForm(row=kind, stored=lambda kind: forms.stored_levels(services.levels_of(kind.id)))

    def operation() -> Done:
        services.save_levels(id, form.chain())
        return Done(cancel, _("The levels of approval were recorded."))

    note = _("Orders that wait for an approval now keep their present place; their next step follows the new levels.")
    return form_page(form, operation, label_of(kind), crumbs(LEVELS, "levels", label_of(kind)), cancel, note)


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
    orders, unfinished = db.session.execute(select(tables.ORDERS, tables.UNFINISHED).where(Period.id == id)).one()
    verb, label = ("reopen_month", _("Reopen")) if row.closed else ("close_again", _("Close this month"))
    return page(
        f"{TEMPLATES}show.html", title=name, crumbs=crumbs(MONTHS, "months", name), badge=tables.MONTHS[row.closed],
        facts=[(_("Orders you see"), number(orders)), (_("Not yet approved"), number(unfinished))],
        history=journal.panel(row),
        post=(url_for(f"elmis_settings.{verb}", id=id), label, "history" if row.closed else "check"),
        note=forms.CLOSED if row.closed else "",
    )  # fmt: skip


@bp.route("/months/close", methods=["GET", "POST"])
@permission(SETTINGS)
def close_month() -> Any:
    """Close a month that is chosen."""
    form: Any = forms.MonthForm()
    title = _("Close a month")

    def operation() -> Done:
        row = services.close_month(form.month.data)
        return Done(url_for("elmis_settings.month", id=row.id), _("The month is closed."))

    return form_page(form, operation, title, crumbs(MONTHS, "months", title), url_for("elmis_settings.months"))


@bp.post("/months/<int:id>/close")
@permission(SETTINGS)
def close_again(id: int) -> Any:
    """Close this month."""

    def operation() -> Done:
        services.close_month(get_or_404(Period, id).month)
        return Done(url_for("elmis_settings.month", id=id), _("The month is closed."))

    return act(operation)


@bp.post("/months/<int:id>/reopen")
@permission(SETTINGS)
def reopen_month(id: int) -> Any:
    """Let a month take orders and reports again."""

    def operation() -> Done:
        services.reopen_month(id)
        return Done(url_for("elmis_settings.month", id=id), _("The month is open again."))

    return act(operation)


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
    verb, label = ("retire_reason", _("Take out of use")) if row.active else ("restore_reason", _("Put to use again"))
    post = (url_for(f"elmis_settings.{verb}", id=id), label, "x" if row.active else "check")
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
        post=post if chosen else None, history=journal.panel(row), note=said if chosen else own,
    )  # fmt: skip


@bp.route("/reasons/<int:id>/edit", methods=["GET", "POST"])
@permission(SETTINGS)
def edit_reason(id: int) -> Any:
    """Change the words of a reason."""
    row, cancel = get_or_404(Reason, id), url_for("elmis_settings.reason", id=id)
    form = forms.ReasonForm(row=row)

    def operation() -> Done:
        services.label_reason(id, form.label_fr.data or "", form.label_en.data or "")
        return Done(cancel, _("The reason was changed."))

    return form_page(form, operation, row.label, crumbs(REASONS, "reasons", row.label), cancel)


@bp.post("/reasons/<int:id>/retire")
@permission(SETTINGS)
def retire_reason(id: int) -> Any:
    """Take a reason out of use."""
    return act(lambda: _switched(id, False, _("The reason is no longer offered.")))


@bp.post("/reasons/<int:id>/restore")
@permission(SETTINGS)
def restore_reason(id: int) -> Any:
    """Put a reason to use again."""
    return act(lambda: _switched(id, True, _("The reason is offered again.")))


def _switched(id: int, active: bool, message: Any) -> Done:
    services.switch_reason(id, active)
    return Done(url_for("elmis_settings.reason", id=id), message)


@bp.get("/limits")
@permission(VIEW)
def limits() -> Any:
    """Show beyond what quantities, expiries and days are asked before they are recorded."""
    rows = db.session.scalars(select(Limit).order_by(Limit.id)).all()
    title = _("Limits")
    return page(f"{TEMPLATES}limits.html", title=title, rows=rows, labels=LABELS, crumbs=crumbs(title))


@bp.route("/limits/<int:id>", methods=["GET", "POST"])
@permission(SETTINGS)
def limit(id: int) -> Any:
    """Set a limit."""
    row = get_or_404(Limit, id)
    form, home = forms.LimitForm(row=row), url_for("elmis_settings.limits")

    def operation() -> Done:
        set_limit(id, form.value.data or 0)
        return Done(home, _("The limit was saved."))

    note = _("What lies beyond is asked and recorded with a yes; nothing is refused for it.")
    return form_page(form, operation, LABELS[row.code], crumbs(_("Limits"), "limits", LABELS[row.code]), home, note)
