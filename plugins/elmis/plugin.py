"""What elmis offers: the table of contents of the plugin."""

from collections.abc import Iterable

from flask import Blueprint

from core.contract.entities import Entity
from core.contract.hookspecs import hookimpl
from core.contract.ports import MenuItem, Permission, RoleSpec
from core.contract.words import _
from plugins.elmis import cli, rights, seeds
from plugins.elmis.catalogue.models import Lot, Pack, Policy, Product, Programme
from plugins.elmis.ledger.models import Discrepancy, Movement, Reason, StockBalance, StockLocation
from plugins.elmis.requisitions import hooks as requisitions

STOCKS = _("Health products")


@hookimpl
def permissions() -> Iterable[Permission | RoleSpec]:
    """Return the rights and roles of elmis."""
    return [*rights.PERMISSIONS, *rights.ROLES]


@hookimpl
def entities() -> Iterable[Entity]:
    """Return the nouns of elmis."""
    return [
        Entity("elmis.product", Product, _("Product"), _("Products"), permission="elmis.catalogue.view"),
        Entity("elmis.pack", Pack, _("Pack"), _("Packs"), permission="elmis.catalogue.view"),
        Entity("elmis.lot", Lot, _("Lot"), _("Lots"), permission="elmis.catalogue.view"),
        Entity("elmis.programme", Programme, _("Programme"), _("Programmes"), permission="elmis.catalogue.view"),
        Entity("elmis.policy", Policy, _("Stock policy"), _("Stock policies"), permission="elmis.catalogue.view"),
        Entity("elmis.reason", Reason, _("Reason"), _("Reasons"), permission="elmis.catalogue.view"),
        Entity("elmis.location", StockLocation, _("Store"), _("Stores"), permission="elmis.stock.view"),
        Entity("elmis.movement", Movement, _("Movement"), _("Movements"), permission="elmis.stock.view"),
        Entity("elmis.balance", StockBalance, _("Stock"), _("Stocks"), permission="elmis.stock.view"),
        Entity("elmis.discrepancy", Discrepancy, _("Discrepancy"), _("Discrepancies"), permission="elmis.stock.view"),
        *requisitions.ENTITIES,
    ]


@hookimpl
def blueprints() -> Iterable[Blueprint]:
    """Return the pages and commands of elmis."""
    return [cli.bp]


@hookimpl
def menu() -> Iterable[MenuItem]:
    """Return the menu of elmis."""
    return []


@hookimpl
def seed(kind: str, size: str) -> None:
    """Insert the catalogue and reasons, or the demonstration's stocks."""
    seeds.seed(kind, size)
