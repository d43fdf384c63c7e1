"""The few helpers that views call: rights, pages, forms through the write door."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from babel.dates import format_date
from flask import (
    Flask,
    current_app,
    g,
    get_flashed_messages,
    render_template,
    request,
    session,
    url_for,
)  # fmt: skip
from markupsafe import Markup

from core.contract.plugins import asked, entities, failed, hooks
from core.contract.ports import PUBLIC, Panel, Words
from core.contract.words import _, label_of, locale
from core.data.access import current, each_right
from core.data.calendar import local, utcnow, zone
from core.data.db import db
from core.data.errors import (
    Missing,
)
from core.data.figures import SIGNS, rounded, spoken
from core.data.readings import looked_at
from core.web import cookies, problems, sending, steps, waited
from core.web.errors import WORDS, to_sign_in
from core.web.fields import is_hidden
from core.web.panels import ordered

View = TypeVar("View", bound=Callable[..., Any])
LANGUAGES = {"fr": "Français", "en": "English"}


def permission(name: str) -> Callable[[View], View]:
    """Mark a view with the right it needs (held anywhere; its service checks where)."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            if g.get("user") is None:
                return to_sign_in()
            if name:
                current().require(name)
            return view(*args, **values)

        guarded.permission = name  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


signed_in = permission("")


def kept(title: Words) -> Callable[[View], View]:
    """Mark a page that a device keeps to be read without a network, by a title for its list; never one with what is
    confidential, or of another facility."""

    def mark(view: View) -> View:
        view.kept = title  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as open to everybody, on purpose."""
    view.permission = PUBLIC  # type: ignore[attr-defined]
    return view


def back(otherwise: str) -> str:
    """Return the page on this host that the request came from."""
    referrer = request.referrer or ""
    return referrer if referrer.startswith(request.host_url) else otherwise


def page(template: str, status: int = 200, **context: Any) -> Any:
    """Return a page; a form with errors makes it a 422, one that the machine could not keep a 503."""
    form = context.get("form")
    if status == 200 and form is not None and (form.errors or getattr(form, "refused", False)):
        status = 409 if getattr(form, "clashes", None) else getattr(form, "answer_status", 422)
    g.failed = status >= 400
    if g.failed and form is not None and sending.to_machine():
        return problems.of_form(form, status, str(WORDS[status][0]))
    steps.show(context)
    return render_template(template, **context), status


def said() -> list[tuple[str, str]]:
    """Return the messages to show; beside a failure none of an earlier success: it is kept for the next page."""
    found: list[Any] = list(get_flashed_messages(with_categories=True))
    if not g.get("failed"):
        return found
    if kept := [pair for pair in found if pair[0] == "ok"]:
        session["_flashes"] = kept
    return [pair for pair in found if pair[0] != "ok"]


def panels(obj: Any) -> list[Panel]:
    """Return the panels of all plugins for the page of an object, in their order."""
    return ordered(asked(hooks().panels, obj=obj))


def draw(panel: Panel) -> Markup:
    """Return the body of a panel, drawn by its own template."""
    try:
        return Markup(render_template(panel.template, **panel.context))  # noqa: S704 (a rendered template)
    except Exception:  # a plugin's fault stays its own
        db.session.rollback()
        failed(panel.template.partition("/")[0], "panels")
        return Markup("<p class='muted'>{}</p>").format(_("This part cannot be shown now. The fault was noted."))


def get_or_404(model: type[Any], key: Any, *options: Any) -> Any:
    """Return the row if it exists and this person may read it, else raise Missing; so does an address without a key.
    `options` are loader options.

    A page that shows a confidential row comes by here: that it was read is kept.
    """
    row = None if key is None else db.session.get(model, key, options=options)
    if row is None:
        raise Missing(None)
    if request and request.method == "GET":
        looked_at(row)
    return row


def language() -> str:
    """Return the language of the page: the person's, the cookie's, else the default; a program says which it reads."""
    if request and sending.by_token():
        return request.accept_languages.best_match(LANGUAGES) or str(current_app.config["BABEL_DEFAULT_LOCALE"])
    user = g.get("user") if request else None
    chosen = user.language if user is not None else cookies.read("language") if request else None
    return chosen if chosen in LANGUAGES else str(current_app.config["BABEL_DEFAULT_LOCALE"])


def init_app(app: Flask) -> None:
    """Give the templates their context and filters."""
    app.context_processor(_context)
    app.jinja_env.globals |= {
        "draw": draw,
        "said": said,
        "shown_steps": steps.carried,
        "made_mark": waited.mark,
        "now_here": lambda: round(utcnow().timestamp() * 1000),
        "zone_here": zone,
    }
    app.jinja_env.tests["hidden"] = is_hidden
    app.jinja_env.filters |= {
        "number": number, "day": day, "month": month, "moment": moment, "money": money, "label_of": label_of,
    }  # fmt: skip


def _context() -> dict[str, Any]:
    user = g.get("user")
    return {
        "user": user,
        "place": g.get("place"),
        "language": str(locale() or "fr"),
        "languages": LANGUAGES,
        "theme": (user.theme if user is not None else "") or cookies.read("theme"),
        "density": user.density if user is not None else "",
        "menu": menu,
        "can": lambda name, facility=None: user is not None and current().can(name, facility),
        "entities": entities,
        "config": current_app.config,
    }


def menu() -> list[dict[str, Any]]:
    """Return the side menu in sections: what this person may open."""
    sections: dict[str, dict[str, Any]] = {}
    for item in sorted(asked(hooks().menu), key=lambda item: item.order):
        if item.permission is not None and not any(map(current().can, each_right(item.permission))):
            continue
        section = sections.setdefault(str(item.section), {"label": item.section, "items": []})
        section["items"].append(
            {
                "label": item.label,
                "url": url_for(item.endpoint, **item.values),
                "icon": item.icon,
                "endpoint": item.endpoint,
                "current": _is_current(item.endpoint),
            }
        )
    return list(sections.values())


def _is_current(endpoint: str) -> bool:
    here = request.endpoint or ""
    return here == endpoint or g.get("menu_endpoint") == endpoint


def number(value: Any, decimals: int | None = None) -> str:
    """Return a figure in the page's language, a half rounded upwards as on paper; an unknown one is a dash, never 0."""
    if value is None:
        return "–"
    if not isinstance(value, int):
        value = rounded(value, 3 if decimals is None else decimals)
    return spoken(value, decimals, locale())


def money(value: Any, currency: str | None = None) -> str:
    """Return an amount with its currency, e.g. "2 412 300 FBu"."""
    if value is None:
        return "–"
    sign = currency or current_app.config["CURRENCY"]
    decimals = 0 if value == int(value) or abs(value) >= 100 else 2
    return f"{number(value, decimals)}\N{NO-BREAK SPACE}{SIGNS.get(sign, sign)}"


def day(value: Any) -> str:
    """Return a date as written here, e.g. 22/11/2026."""
    if value is None:
        return ""
    return f"{value.day:02}/{value.month:02}/{value.year:04}"


def month(value: Any) -> str:
    """Return the month of a date, e.g. novembre 2026."""
    return "" if value is None else format_date(value, "MMMM yyyy", locale=locale())


def moment(value: Any) -> str:
    """Return a moment in the facilities' time zone, e.g. 22/11/2026 07:31."""
    if value is None:
        return ""
    here = local(value)
    return f"{day(here)} {here.hour:02}:{here.minute:02}"
