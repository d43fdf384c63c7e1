"""The page of this device, what it is to keep for a person, and the script that serves it from there."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, current_app, g, jsonify, make_response, request, url_for
from flask_wtf.csrf import generate_csrf

from core.contract.plugins import entities
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.naming import DOT, called
from core.users.signin import devices, keys
from core.web import assets, lookup, waited
from core.web.pages import kept, page, public, signed_in
from core.web.verbs import url_of

bp = Blueprint("device", __name__)


@bp.get("/device")
@signed_in
@kept(_("This device"))
def index() -> Any:
    """Show what this device keeps and what waits on it; its script fills it in, since the server does not know."""
    return page("device/index.html", title=_("This device"))


@bp.get("/device/kept")
@signed_in
def wanted() -> Any:
    """Return what a device keeps for this person at the place where he works: {"user", "pages": [{"url", "title"}],
    "lists": [url]}; a list answers with all that its fields choose from."""
    verbs = list(_offered())
    forms = [page for verb in verbs for page in _forms(verb)]
    pages = {page["url"]: page for page in [*_pages(), *forms]}
    lists = dict.fromkeys(url_for(endpoint) for verb in verbs for endpoint in verb.offline or ())
    return jsonify(user=g.user.id, pages=list(pages.values()), lists=list(lists))


def _offered() -> Iterator[Verb]:
    """Yield the verbs that may wait on a device and that this person may do where he works."""
    for entity in entities():
        for verb in entity.verbs:
            here = verb.on is None or g.place is not None
            if verb.offline is not None and here and current().can(verb.permission, g.place):
                yield verb


def _forms(verb: Verb) -> Iterator[dict[str, str]]:
    """Yield the page of a verb, or those of its rows at this place: where its form stands."""
    if verb.kept_rows is None:
        yield {"url": url_of(verb, None if verb.on is None else g.place), "title": str(verb.label)}
        return
    rules = current_app.url_map.iter_rules(verb.page) if verb.page else ()
    shown = not verb.page or any("GET" in (rule.methods or ()) for rule in rules)
    for row in verb.kept_rows(g.place):
        url = url_of(verb, row) if shown else lookup.url_of(row)
        yield {"url": url, "title": called(row) if verb.page else f"{verb.label}{DOT}{called(row)}"}


def _pages() -> Iterator[dict[str, str]]:
    """Yield the pages that are marked to be kept, beside those of verbs."""
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        title, right = getattr(view, "kept", ""), getattr(view, "permission", "")
        if title and not rule.arguments and (not right or current().can(right, g.place)):
            yield {"url": url_for(rule.endpoint), "title": str(title)}


@bp.get("/device/state")
@signed_in
def state() -> Any:
    """Return who is signed in, the mark against forgery with which a script sends what has waited, and for how many
    days from now his PIN opens this device."""
    keys.seen_now(g.user.id, devices.here())
    return jsonify(user=g.user.id, token=generate_csrf(), days=current_app.config["PIN_DAYS"])


@bp.get("/device/may")
@signed_in
def may() -> Any:
    """Return whether the form of an address may wait on a device: a file that is read there may name no other."""
    return jsonify(may=waited.may_wait_at(request.args.get("action", "")))


@bp.get("/worker.js")
@public
def worker() -> Any:
    """Return the script that answers from the device where the server does not; it stands for all addresses."""
    answer = make_response(assets.packed(assets.manifest()["worker.js"]))
    answer.headers["Service-Worker-Allowed"] = "/"
    answer.headers["Cache-Control"] = "no-store"
    return answer
