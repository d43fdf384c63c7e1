"""Loading the plugins and asking them: pluggy, and nothing of our own around it."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import pluggy
from flask import Flask, current_app

from core.contract import hookspecs
from core.contract.entities import Entities
from core.contract.ports import Permission

GROUP = "amagara.plugins"


class UnknownPlugin(RuntimeError):
    """Raised at start when the configuration names a plugin that is not installed."""


def load(app: Flask, names: Sequence[str] | None) -> pluggy.PluginManager:
    """Return the plugin manager: the core first, then `names` in order (None = all installed)."""
    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    installed = {point.name: point for point in entry_points(group=GROUP)}
    manager.register(import_module("core.plugin"), "core")
    for name in sorted(installed) if names is None else names:
        if name not in installed:
            raise UnknownPlugin(f"AMAGARA_PLUGINS names {name!r}; installed: {', '.join(sorted(installed)) or 'none'}")
        manager.register(installed[name].load(), name)
    manager.check_pending()
    app.extensions["amagara.plugins"] = manager
    app.extensions["amagara.entities"] = Entities()
    return manager


def hooks() -> Any:
    """Return the hook caller of the running application."""
    return current_app.extensions["amagara.plugins"].hook


def each(results: Sequence[Any]) -> Iterator[Any]:
    """Yield the items of all plugins' answers, the first plugin's first."""
    for items in reversed(results):
        yield from items or ()


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


def service(protocol: type) -> Any | None:
    """Return the implementation of a port, or None when its provider is off."""
    return current_app.extensions["amagara.services"].get(protocol)


def module_folder(plugin: Any) -> str:
    """Return the folder of a plugin's package, where its migrations and translations lie."""
    return str(plugin.__file__).rsplit("/", 1)[0]
