"""Amagara: an open suite for hospitals and health assets. `create_app` tells how it starts."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from core import config
from core.contract import plugins
from core.data import bulk, calendars, clocks, notes, numbers, outbox, states, work  # noqa: F401 (their tables)
from core.data.db import db


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return the application: configuration, then extensions, then plugins, then their pages."""
    app = Flask("core", static_folder="web/static/dist", static_url_path="/static", template_folder="web/templates")
    app.config.update(config.from_environment())
    app.config.update(settings or {})
    config.refuse_unsafe(app.config)
    manager = plugins.load(app, app.config["PLUGINS"])
    db.init_app(app)
    with app.app_context():
        bulk.guard(db.engine)
    notes.init_app(app)
    _register(app, manager)
    return app


def _register(app: Flask, manager: Any) -> None:
    """Ask the plugins for everything they offer, and refuse to start when something does not fit."""
    from core import api, web
    from core.contract import checks
    from core.jobs import services, worker
    from core.users.signin import login, signed

    web.init_app(app, manager)
    login.init_app(app)
    api.init_app(app)
    web.refuse_forged(app)
    signed.init_app(app)
    login.follow_page(app)
    worker.init_app(app)
    checks.hooks_are_heard(manager)
    app.extensions["amagara.services"] = checks.one_provider_each(manager.hook.services())
    for entity in plugins.each(manager.hook.entities()):
        app.extensions["amagara.entities"].add(entity)
    app.extensions["amagara.permissions"] = checks.named_permissions(manager.hook.permissions())
    known = app.extensions["amagara.permissions"]
    series = checks.known_series(plugins.each(manager.hook.numbers()))
    app.extensions["amagara.numbers"] = series
    settable = [*manager.hook.settings(), [each.setting for each in series.values() if not each.bare]]
    app.extensions["amagara.settings"] = checks.named_settings(settable, known)
    for blueprint in plugins.each(manager.hook.blueprints()):
        app.register_blueprint(blueprint)
    web.public_static(app)
    app.extensions["amagara.schedule"] = checks.known_work(manager.hook.schedule(), services.KINDS)
    app.extensions["amagara.facts"] = checks.known_facts(manager.hook.facts())
    app.extensions["amagara.notices"] = checks.known_kinds(app, manager.hook.notices())
    checks.every_endpoint_declares_its_right(app)
    with app.app_context():
        checks.every_name_is_known(app, manager)
        checks.everything_leads_somewhere(app, manager)
        checks.sections_fit(app, manager)
    checks.every_model_has_its_scope(app, manager)
    checks.what_belongs_can_be_kept(app)
    checks.labels_can_be_printed(app)
    checks.own_fields_can_be_kept(app)
