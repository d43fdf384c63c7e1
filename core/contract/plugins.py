"""Loading the plugins and asking them: pluggy, and nothing of our own around it."""

import logging
from collections.abc import Collection, Container, Iterator, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
from flask import Flask, current_app, g

from core.config import CannotStart
from core.contract import hookspecs
from core.contract.entities import Entities
from core.contract.ports import Fact, NoticeKind, Permission, Words
from core.contract.rooms import answers_of, lists_of
from core.contract.series import NumberSeries
from core.contract.settings import Setting
from core.data.db import db

GROUP = "amagara.plugins"
LISTS = (
    "blueprints", "permissions", "entities", "settings", "numbers", "menu", "facts", "notices", "services", "schedule",
    "home",
)  # fmt: skip
log = logging.getLogger("amagara.plugins")


class UnknownPlugin(CannotStart):
    """Raised at start when the configuration names a plugin that is not installed."""


def installed() -> Collection[EntryPoint]:
    """Return the plugins that are installed, switched on or not."""
    return entry_points(group=GROUP)


def load(app: Flask, names: Sequence[str] | None) -> pluggy.PluginManager:
    """Return the plugin manager: the core first, then `names` in order (None = all installed)."""
    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    points = {point.name: point for point in installed()}
    manager.register(import_module("core.plugin"), "core")
    for name in sorted(points) if names is None else names:
        if name not in points:
            raise UnknownPlugin(f"AMAGARA_PLUGINS names {name!r}; installed: {', '.join(sorted(points)) or 'none'}")
        manager.register(with_lists(points[name].load()), name)
    manager.check_pending()
    app.extensions["amagara.plugins"] = manager
    app.extensions["amagara.entities"] = Entities()
    return manager


def with_lists(module: Any) -> Any:
    """Return a plugin whose lists that bear the name of a hook in capitals (MENU, ENTITIES) answer that hook: what is
    always the same needs no function. What it does not answer itself, its `ROOMS` answer together."""
    rooms = getattr(module, "ROOMS", ())
    for name in LISTS:
        if hasattr(module, name.upper()):
            _answer(module, name, _of_module(module, name.upper()))
        elif any(hasattr(room, name.upper()) for room in rooms):
            _answer(module, name, _of_rooms(rooms, name))
    for name, answer in answers_of(rooms).items():
        _answer(module, name, answer)
    return module


def _answer(module: Any, name: str, answer: Any) -> None:
    """Let a function answer a hook of a plugin, unless the plugin has one of its own."""
    if not hasattr(getattr(module, name, None), f"{hookspecs.NAME}_impl"):
        setattr(module, f"_{name}", hookspecs.hookimpl(answer, specname=name))


def _of_module(module: Any, name: str) -> Any:
    return lambda: getattr(module, name)


def _of_rooms(rooms: Sequence[Any], name: str) -> Any:
    listed = lists_of(rooms, name)  # once: a page asks for menu and home
    return lambda: listed


def hooks() -> Any:
    """Return the hook caller of the running application."""
    return current_app.extensions["amagara.plugins"].hook


def each(results: Sequence[Any]) -> Iterator[Any]:
    """Yield the items of all plugins' answers, the first plugin's first."""
    for items in reversed(results):
        yield from items or ()


def asked(hook: Any, **values: Any) -> Iterator[Any]:
    """Yield the items of the plugins' answers for a page, the first plugin's first.

    Of a plugin that fails nothing is shown: the fault is logged, and the page says whose part is missing.
    """
    for _plugin, items in answers(hook, **values):
        yield from items or ()


def answers(hook: Any, among: Container[str] | None = None, **values: Any) -> Iterator[tuple[str, list[Any] | None]]:
    """Yield (plugin, the items of its answer for a page) of all plugins or of some, the first plugin's first; None for
    the items of one that fails, which is logged and said on the page."""
    for implementation in hook.get_hookimpls():
        if among is not None and implementation.plugin_name not in among:
            continue
        try:
            items = list(implementation.function(*(values[name] for name in implementation.argnames)) or ())
        except Exception:  # a plugin's fault stays its own
            if db.session().info.get("work") is not None:
                raise
            db.session.rollback()
            failed(implementation.plugin_name, hook.name)
            yield implementation.plugin_name, None
        else:
            yield implementation.plugin_name, items


def failed(plugin: str, part: str) -> None:
    """Note that a part of this page cannot be shown, from where its fault is handled."""
    log.exception("%s of the plugin %s failed", part, plugin)
    g.setdefault("missing", {})[plugin] = part


def listeners() -> list[str]:
    """Return the names of the plugins that hear of facts."""
    return [each.plugin_name for each in hooks().happened.get_hookimpls()]


def tell(plugin: str, event: Any) -> None:
    """Tell one plugin of a fact."""
    for implementation in hooks().happened.get_hookimpls():
        if implementation.plugin_name == plugin:
            implementation.function(event)


def in_order(hook: Any, **values: Any) -> None:
    """Call a hook's implementations for their effect, the first plugin's first."""
    for implementation in hook.get_hookimpls():
        implementation.function(*(values[name] for name in implementation.argnames))


def entities() -> Entities:
    """Return the entity registry of the running application."""
    registry: Entities = current_app.extensions["amagara.entities"]
    return registry


def permissions() -> dict[str, Permission]:
    """Return the permissions of all plugins that are switched on, by name."""
    known: dict[str, Permission] = current_app.extensions["amagara.permissions"]
    return known


def notice_kinds() -> dict[str, NoticeKind]:
    """Return the kinds of notice of all plugins that are switched on, by name."""
    known: dict[str, NoticeKind] = current_app.extensions["amagara.notices"]
    return known


def facts() -> dict[str, Fact]:
    """Return the facts that other systems may be told of, by topic, of all plugins that are switched on."""
    known: dict[str, Fact] = current_app.extensions["amagara.facts"]
    return known


def settings() -> dict[str, Setting[Any]]:
    """Return what may be set in all plugins that are switched on, by name, the first plugin's first."""
    known: dict[str, Setting[Any]] = current_app.extensions["amagara.settings"]
    return known


def number_series() -> dict[str, NumberSeries]:
    """Return the series of document numbers of all plugins that are switched on, by name."""
    known: dict[str, NumberSeries] = current_app.extensions["amagara.numbers"]
    return known


def label_of(name: str) -> Words:
    """Return what people call a plugin: its `LABEL`, else its name."""
    return getattr(current_app.extensions["amagara.plugins"].get_plugin(name), "LABEL", name)


def service(protocol: type) -> Any | None:
    """Return the implementation of a port, or None when its provider is off."""
    return current_app.extensions["amagara.services"].get(protocol)


def module_folder(plugin: Any) -> str:
    """Return the folder of a plugin's package, where its migrations and translations lie."""
    return str(plugin.__file__).rsplit("/", 1)[0]
