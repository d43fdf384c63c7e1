"""What elmis offers: the table of contents of the plugin. Each room says its own part in `hooks.py`:
ENTITIES, VERBS_OF_OTHERS (what it does to another room's nouns), IMPORTERS (of another room's nouns, by their names),
OWN_SETTINGS, BLUEPRINTS, MENU, FACTS, NOTICES, SERVICES, SCHEDULE (lists) and
inbox(), cards(facility), panels(obj), closing(facility), recorded_since(facility) where it has them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from core.contract.entities import Entity
from core.contract.hookspecs import hookimpl
from core.contract.ports import Card, Hit, Obstacle, Panel, Task
from core.contract.verbs import Verb
from core.contract.words import _
from plugins.elmis import cli, home, rights, seeds, series
from plugins.elmis.catalogue import hooks as catalogue
from plugins.elmis.counts import hooks as counts
from plugins.elmis.dashboards import hooks as dashboards
from plugins.elmis.history import hooks as history
from plugins.elmis.ledger import hooks as ledger
from plugins.elmis.lots import hooks as lots
from plugins.elmis.orders import hooks as orders
from plugins.elmis.recalls import hooks as recalls
from plugins.elmis.requisitions import hooks as requisitions
from plugins.elmis.settings import hooks as own_pages
from plugins.elmis.stock import hooks as stock
from plugins.elmis.store import hooks as store
from plugins.elmis.transfers import hooks as transfers

ROOMS = [
    catalogue,
    lots,
    ledger,
    stock,
    history,
    store,
    counts,
    requisitions,
    orders,
    transfers,
    recalls,
    dashboards,
    own_pages,
]
LABEL = _("eLMIS")


def _all(name: str, *arguments: Any) -> Iterator[Any]:
    """Yield what the rooms have under a name: the items of a list, or of what a function returns."""
    for room in ROOMS:
        part = getattr(room, name, ())
        yield from part(*arguments) if callable(part) else part


PERMISSIONS = [*rights.PERMISSIONS, *rights.ROLES]
BLUEPRINTS = [cli.bp, *_all("BLUEPRINTS")]
SETTINGS = list(_all("OWN_SETTINGS"))
NUMBERS = series.SERIES
MENU, FACTS, NOTICES = list(_all("MENU")), list(_all("FACTS")), list(_all("NOTICES"))
HOME = home.HOME
SERVICES, SCHEDULE = dict(_all("SERVICES")), dict(_all("SCHEDULE"))


@hookimpl
def entities() -> Iterable[Entity]:
    """Return the nouns of elmis, each with what other rooms than its own do to it too, and how it comes in."""
    done: dict[str, list[Verb]] = {}
    for verb in _all("VERBS_OF_OTHERS"):
        done.setdefault(verb.name.rpartition(".")[0], []).append(verb)
    comes = {name: importer for room in ROOMS for name, importer in getattr(room, "IMPORTERS", {}).items()}
    return [
        replace(noun, verbs=[*noun.verbs, *done.get(noun.name, ())], importer=comes.get(noun.name, noun.importer))
        if isinstance(noun, Entity)
        else noun
        for noun in _all("ENTITIES")
    ]


@hookimpl
def inbox() -> Iterable[Task]:
    """Return what waits for this person in elmis."""
    return list(_all("inbox"))


@hookimpl
def cards(facility: Any) -> Iterable[Card]:
    """Return the figures of a facility and all below it."""
    return list(_all("cards", facility))


@hookimpl
def panels(obj: Any) -> Iterable[Panel]:
    """Return what elmis shows on the page of an object."""
    return list(_all("panels", obj))


@hookimpl
def found(text: str) -> Iterable[Hit]:
    """Return the slips of stores under a number."""
    return list(_all("found", text))


@hookimpl
def closing(facility: Any) -> Iterable[Obstacle]:
    """Return the goods and orders that a closed facility would strand."""
    return list(_all("closing", facility))


@hookimpl
def recorded_since(facility: Any) -> Iterable[date]:
    """Return the day of the first movement of a facility."""
    return list(_all("recorded_since", facility))


@hookimpl
def seed(kind: str, size: str) -> None:
    """Insert the catalogue and reasons, or the demonstration's stocks."""
    seeds.seed(kind, size)
