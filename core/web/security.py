"""Headers and limits of every answer."""

from uuid import uuid4

from flask import Flask, Response, abort, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from core.web import assets

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' {inlined}; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def init_app(app: Flask) -> None:
    """Name each request, refuse bytes that are no text, and set the headers of each answer.

    Forwarded headers count only as far as proxies of ours wrote them; anybody may have written the rest.
    """
    if hops := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=1)  # type: ignore[method-assign]
    app.before_request(_name_request)
    app.after_request(_headers)


def _name_request() -> None:
    g.request_id = uuid4().hex
    if "\ufffd" in request.path or "\x00" in request.path:
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
    else:
        headers.setdefault("Cache-Control", "no-store")
    return response
