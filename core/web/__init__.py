"""How pages and answers are made."""

from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect
from pluggy import PluginManager

from core.contract.plugins import module_folder
from core.web import assets, errors, icons, limits, packing, pages, security, texts

locale_of = cache(Locale.parse)  # one object for each language: what is kept for it is found at once


def init_app(app: Flask, manager: PluginManager) -> None:
    """Give the application its languages, headers, sign-in, error pages and template helpers."""
    Babel(
        app,
        default_translation_directories=";".join(catalogues(manager)),
        locale_selector=lambda: locale_of(pages.language()),
    )
    security.init_app(app)
    packing.init_app(app)
    app.extensions["amagara.limits"] = limits.Limits(app)
    errors.init_app(app)
    pages.init_app(app)
    assets.init_app(app)
    app.extensions["amagara.icons"] = icons.icons_of(manager)
    texts.init_app(app)
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.policies["ext.i18n.trimmed"] = True  # as scripts/messages.py reads the templates


def catalogues(manager: PluginManager) -> list[str]:
    """Return the folders of translations: of two words for a text the last one counts, so the core's, then the first
    plugin's."""
    folders = [Path(module_folder(plugin)) / "translations" for _name, plugin in reversed(manager.list_name_plugin())]
    return [str(folder) for folder in folders if folder.is_dir()]


def refuse_forged(app: Flask) -> None:
    """Refuse forms without their token; asked last, so that the refusal knows the request and the person."""
    CSRFProtect(app)


def public_static(app: Flask) -> Any:
    """Mark the built files as public: they hold no data."""
    return pages.public(app.view_functions["static"])
