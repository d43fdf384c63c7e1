"""The built front-end files: hashed addresses, icons, and styles to put inside a page."""

import base64
import hashlib
import json
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, request, send_from_directory, url_for
from markupsafe import Markup
from werkzeug.security import safe_join

from core.data.access import current

ICON = Markup('<svg class="icon {}" {}><use href="{}#{}"/></svg>')
OWN = Markup('<svg class="icon {}" viewBox="{}" {}>{}</svg>')
DIST = Path(__file__).parent / "static" / "dist"


class NotBuilt(RuntimeError):
    """The front end was not built; `make build` does it."""


@lru_cache(maxsize=1)
def _manifest(stamp: int) -> dict[str, str]:
    """Return {plain name: hashed name}; `stamp` makes a new build be read again."""
    names: dict[str, str] = json.loads((DIST / "manifest.json").read_text("utf-8"))
    return names


def manifest() -> dict[str, str]:
    """Return {plain name: hashed name} of the last build."""
    try:
        return _manifest((DIST / "manifest.json").stat().st_mtime_ns)
    except FileNotFoundError as missing:
        raise NotBuilt("core/web/static/dist is empty: run `make build`") from missing


def asset(name: str) -> str:
    """Return the address of a built file, e.g. asset("app.css")."""
    kept = g.setdefault("assets", {}) if has_request_context() else {}  # one page asks for the sprite dozens of times
    if name not in kept:
        kept[name] = url_for("static", filename=manifest()[name])
    return str(kept[name])


def asset_if_built(name: str) -> str:
    """Return the address of a built file, or "" when the build has none: for parts that a page can do without."""
    return asset(name) if name in manifest() else ""


def icon(name: str, label: str = "", classes: str = "") -> Markup:
    """Return an icon of the sprite, or of a plugin's own ("visitors:icon"); without a label it is hidden from screen
    readers."""
    if ":" in name:
        return _own(name, label, classes)
    if not label:
        return _silent(asset("icons.svg"), name, classes)
    spoken = Markup('role="img" aria-label="{}"').format(label)
    return ICON.format(classes, spoken, asset("icons.svg"), name)


def _own(name: str, label: str, classes: str) -> Markup:
    """Return an icon that came with its plugin, whose shapes were looked at when the application started."""
    box, shapes = current_app.extensions["amagara.icons"][name]
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return OWN.format(classes, box, spoken, Markup(shapes))  # noqa: S704 (shapes alone: core/web/icons.py)


@lru_cache(512)  # a page has dozens, most of them in its menu
def _silent(sprite: str, name: str, classes: str) -> Markup:
    return ICON.format(classes, Markup('aria-hidden="true"'), sprite, name)


@lru_cache(maxsize=8)
def _text(hashed: str) -> str:
    """Return a built text file as it will stand in a page."""
    return (DIST / hashed).read_text("utf-8").strip()


def inline_style(name: str) -> Markup:
    """Return a built sheet as a <style> element; the page's policy admits it by its hash."""
    sheet = Markup(_text(manifest()[name]))  # noqa: S704  built from our own sources
    return Markup("<style>{}</style>").format(sheet)


@lru_cache(maxsize=8)
def _hash(hashed: str) -> str:
    digest = hashlib.sha256(_text(hashed).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def style_hash(name: str) -> str:
    """Return the source expression that lets a built sheet stand inside a page."""
    return _hash(manifest()[name])


def stylesheet(name: str) -> str:
    """Return the text of a built sheet, for documents drawn without a browser."""
    return _text(manifest()[name])


def _is_built(filename: str) -> bool:
    path = safe_join(str(DIST), filename)
    return path is not None and Path(path).is_file()


def packed(filename: str) -> Response:
    """Return a built file, in the smaller form made by the build when the browser can read it."""
    for coding, suffix in (("br", ".br"), ("gzip", ".gz")):
        if request.accept_encodings.quality(coding) and _is_built(filename + suffix):
            response = send_from_directory(DIST, filename + suffix, mimetype=mimetypes.guess_type(filename)[0])
            response.headers["Content-Encoding"] = coding
            response.vary.add("Accept-Encoding")
            return response
    return send_from_directory(DIST, filename)


def init_app(app: Flask) -> None:
    """Give every template `asset`, `icon`, `inline_style`, `has_page(endpoint)` and `may_open(endpoint)`."""
    helpers: dict[str, Any] = {"asset": asset, "icon": icon, "inline_style": inline_style}
    helpers["asset_if_built"] = asset_if_built
    helpers["has_page"] = lambda endpoint: endpoint in app.view_functions
    helpers["may_open"] = lambda endpoint: endpoint in app.view_functions and _may(app.view_functions[endpoint])
    app.jinja_env.globals.update(helpers)
    app.view_functions["static"] = packed


def _may(view: Any) -> bool:
    """Return whether this person holds the right that a view asks for."""
    right = getattr(view, "permission", "")
    return not right or current().can(right)
