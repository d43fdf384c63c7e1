"""Headers and limits of every answer."""

import re
from typing import Any
from uuid import uuid4

from flask import Flask, Response, abort, current_app, g, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from core.web import assets, sending

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' {inlined}; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
WRITING = {"POST", "PUT", "PATCH", "DELETE"}
HOST = re.compile(r"[a-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?", re.I | re.A)
LONGEST_NAME = 255  # of a file, on the usual disks


class Id(IntegerConverter):
    """The number of a row in an address: what no database can hold is no page."""

    def __init__(self, map: Any, **options: Any) -> None:
        super().__init__(map, **{"max": 2**63 - 1, **options})


def init_app(app: Flask) -> None:
    """Name each request, refuse bytes that are no text, and set the headers of each answer.

    Forwarded headers count only as far as proxies of ours wrote them; anybody may have written the rest.
    """
    if hops := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=1)  # type: ignore[method-assign]
    app.url_map.converters["int"] = Id
    app.before_request(_name_request)
    app.before_request(_refuse_strange_bodies)
    app.after_request(_headers)


def _name_request() -> None:
    g.request_id = uuid4().hex
    host = request.environ.get("HTTP_HOST", "localhost")
    if "\ufffd" in request.path or "\x00" in request.path or not HOST.fullmatch(host):
        abort(400)
    if request.endpoint == "static" and any(len(part.encode()) > LONGEST_NAME for part in request.path.split("/")):
        abort(404)


def _refuse_strange_bodies() -> None:
    """Refuse what no form sends: it would pass by what is compared when a form comes twice. JSON is read as the form
    that it stands for, so that it passes by nothing; where tokens count it is read once they are known."""
    view = current_app.view_functions.get(request.endpoint or "")
    if sending.by_token() and not getattr(view, "takes_files", False):
        request.max_content_length = request.max_form_memory_size  # said before anybody has looked into the body
    if request.method not in WRITING or sending.by_token() or not (request.mimetype or request.content_length):
        return
    if request.mimetype == sending.JSON:
        request.max_content_length = request.max_form_memory_size
        try:
            form = sending.form_of(request.get_data(), sending.named())
        except ValueError:
            abort(400)
        request.__dict__.update(form=form, files=ImmutableMultiDict())  # what Werkzeug has read of other bodies
    elif request.mimetype not in FORMS:
        abort(415)
    names = [*request.form, *request.files]
    files = [file.filename or "" for file in request.files.values()]
    if None in names or any("\ud800" <= letter <= "\udfff" for text in (*names, *files) for letter in text):
        abort(400)


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY.format(inlined=assets.style_hash("login.css")))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["X-Request-Id"] = g.get("request_id", "")
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static" and response.status_code == 200:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif _is_kept(response):
        place = g.place.id if g.get("place") is not None else ""
        headers["Cache-Control"], headers["Amagara-Keep"] = "no-store", f"{g.user.id}-{place}"  # by our worker alone
    elif "no-store" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = "no-store"
    return response


def _is_kept(response: Response) -> bool:
    """Return whether a device may keep this page for its person: a form that may wait there, or one that is marked."""
    marked = g.get("waits") or getattr(current_app.view_functions.get(request.endpoint or ""), "kept", "")
    return bool(marked and request.method == "GET" and response.status_code == 200 and g.get("user") is not None)
