"""THE CONTRACT: every hook a plugin may implement, on one page.

A plugin is a module named in the `amagara.plugins` entry-point group whose
functions carry `@hookimpl`. The core is the first plugin and uses the same
hooks. `docs/plugins.md` shows each of them at work.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pluggy
from flask import Blueprint

from core.contract.entities import Entity, FormerEntity
from core.contract.ports import (
    Card,
    Event,
    Fact,
    Hit,
    MenuItem,
    NoticeKind,
    Obstacle,
    Panel,
    Permission,
    Recurring,
    RoleSpec,
    Section,
    Task,
)
from core.contract.series import NumberSeries
from core.contract.settings import Setting

NAME = "amagara"
hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


@hookspec
def blueprints() -> Iterable[Blueprint]:
    """Return Flask blueprints; templates, static files and commands ride on them."""
    raise NotImplementedError


@hookspec
def permissions() -> Iterable[Permission | RoleSpec]:
    """Return the permissions this plugin knows, and roles that bundle them."""
    raise NotImplementedError


@hookspec
def entities() -> Iterable[Entity | FormerEntity]:
    """Return the entities: each gets list, export, import, search and audit labels."""
    raise NotImplementedError


@hookspec
def settings() -> Iterable[Setting[Any]]:
    """Return what an administration may set, each with what holds until then."""
    raise NotImplementedError


@hookspec
def numbers() -> Iterable[NumberSeries]:
    """Return the series of document numbers."""
    raise NotImplementedError


@hookspec
def menu() -> Iterable[MenuItem]:
    """Return menu items; those without the right or the page are not shown."""
    raise NotImplementedError


@hookspec
def services() -> Mapping[type, Any]:
    """Return {Protocol: implementation}; two providers of one Protocol fail at start."""
    raise NotImplementedError


@hookspec
def schedule() -> Mapping[str, Recurring]:
    """Return the work that comes back, by name; a name that was missed while nothing ran is done once."""
    raise NotImplementedError


@hookspec
def seed(kind: str, size: str) -> None:
    """Insert rows idempotently; kind is "reference" or "demo", size "district" or "country"."""


@hookspec
def panels(obj: Any) -> Iterable[Panel]:
    """Return panels to show on the detail page of any entity's object."""
    raise NotImplementedError


@hookspec
def home() -> Iterable[Section]:
    """Return the plugin's place on the home page, one section: for whom it is, and what is done there first."""
    raise NotImplementedError


@hookspec
def cards(facility: Any) -> Iterable[Card]:
    """Return figures for the dashboard of a facility and all below it."""
    raise NotImplementedError


@hookspec
def found(text: str) -> Iterable[Hit]:
    """Return what this person may read under a number, beside the rows of entities."""
    raise NotImplementedError


@hookspec
def closing(facility: Any) -> Iterable[Obstacle]:
    """Return what closing a facility would strand: as long as anything of it holds, the facility stays open."""
    raise NotImplementedError


@hookspec
def recorded_since(facility: Any) -> Iterable[date]:
    """Return the first day of what was recorded at a facility: it cannot have opened later."""
    raise NotImplementedError


@hookspec
def happened(event: Event) -> None:
    """React to a fact, after its commit; may be called again for the same event id."""


@hookspec
def facts() -> Iterable[Fact]:
    """Return the facts of which other systems may be told."""
    raise NotImplementedError


@hookspec
def notices() -> Iterable[NoticeKind]:
    """Return the kinds of notice: which facts people are told of, who is told, and what is said."""
    raise NotImplementedError


@hookspec
def inbox() -> Iterable[Task]:
    """Return what waits for the user who is signed in ("À faire")."""
    raise NotImplementedError
